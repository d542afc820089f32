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
#include <span>
#include <utility>
#include <vector>

namespace strata::base {

/// Sorts stably, without memory: for a few items.
template <typename T, typename Less>
void insertion_sort(std::span<T> items, const Less& less) {
    for (size_t i = 1; i < items.size(); ++i) {
        T item = std::move(items[i]);
        size_t at = i;
        for (; at > 0 && less(item, items[at - 1]); --at) items[at] = std::move(items[at - 1]);
        items[at] = std::move(item);
    }
}

/// Sorts stably. `scratch` grows to as many items and may be used again. `less` may be inconsistent: the result is then
/// some permutation.
template <typename T, typename Less>
void merge_sort(std::span<T> items, std::vector<T>& scratch, const Less& less) {
    constexpr size_t kRun = 16;
    for (size_t begin = 0; begin < items.size(); begin += kRun)
        insertion_sort(items.subspan(begin, std::min(kRun, items.size() - begin)), less);
    if (items.size() <= kRun) return;
    if (scratch.size() < items.size()) scratch.resize(items.size());
    std::span<T> from = items;
    std::span<T> to = std::span<T>(scratch).first(items.size());
    for (size_t width = kRun; width < items.size(); width *= 2) {
        for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
            const auto first = from.begin() + static_cast<std::ptrdiff_t>(begin);
            const auto middle = from.begin() + static_cast<std::ptrdiff_t>(std::min(begin + width, from.size()));
            const auto last = from.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 2 * width, from.size()));
            std::merge(first, middle, middle, last, to.begin() + static_cast<std::ptrdiff_t>(begin), less);
        }
        std::swap(from, to);
    }
    if (from.data() != items.data()) std::copy(from.begin(), from.end(), items.begin());
}

/// The same with memory of its own: as much again as `items` has.
template <typename T, typename Less>
void merge_sort(std::vector<T>& items, const Less& less) {
    std::vector<T> scratch;
    merge_sort(std::span<T>(items), scratch, less);
}

}  // namespace strata::base
