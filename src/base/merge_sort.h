// A sort that stays inside its array even when the comparison lies.
//
// Names and strings are compared where they lie, in a mapped file. When that file shrinks or is written to in the
// middle of a sort, a page turns into zeros and an order that held a moment ago does not hold any more. std::sort then
// runs out of its array: its inner loops have no bounds but a smaller element that they expect to meet. Whoever sorts
// mapped bytes uses this merge sort, whose loops are bounded by positions alone; the wrong order it may give is thrown
// away when the file is found changed (MappedFile::check_intact).
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace strata::base {

/// Sorts stably. Needs as much memory again as `items` has. `less` may be inconsistent: the result is then some
/// permutation.
template <typename T, typename Less>
void merge_sort(std::vector<T>& items, const Less& less) {
    constexpr size_t kRun = 16;
    for (size_t begin = 0; begin < items.size(); begin += kRun) {
        const size_t end = std::min(begin + kRun, items.size());
        for (size_t i = begin + 1; i < end; ++i) {
            T item = std::move(items[i]);
            size_t at = i;
            for (; at > begin && less(item, items[at - 1]); --at) items[at] = std::move(items[at - 1]);
            items[at] = std::move(item);
        }
    }
    std::vector<T> merged(items.size() > kRun ? items.size() : 0);
    for (size_t width = kRun; width < items.size(); width *= 2) {
        for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
            const auto first = items.begin() + static_cast<std::ptrdiff_t>(begin);
            const auto middle = items.begin() + static_cast<std::ptrdiff_t>(std::min(begin + width, items.size()));
            const auto last = items.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 2 * width, items.size()));
            std::merge(first, middle, middle, last, merged.begin() + static_cast<std::ptrdiff_t>(begin), less);
        }
        items.swap(merged);
    }
}

}  // namespace strata::base
