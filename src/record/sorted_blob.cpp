#include "record/sorted_blob.h"

#include <algorithm>
#include <bit>

namespace strata::record {

static_assert(std::endian::native == std::endian::little,
              "records are read in place: lists are little-endian in memory");

BlobView::BlobView(capnp::Data::Reader blob, capnp::List<uint32_t>::Reader offsets, uint64_t entries, const char* what)
    : blob_(view_of(blob)), offsets_(raw_list<uint32_t>(offsets)), what_(what) {
    if (offsets_.size() != entries + 1) fail_record(what, "offsets and entries differ in number");
}

uint64_t BlobView::lower_bound(std::string_view text) const {
    uint64_t low = 0;
    uint64_t high = size();
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if ((*this)[middle] < text) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t BlobView::entry_at(uint64_t offset, uint64_t first) const {
    if (first >= size()) return size();
    uint64_t distance = 1;
    while (first + distance < offsets_.size() && offsets_[first + distance] <= offset) distance *= 2;
    const auto begin = offsets_.begin() + static_cast<ptrdiff_t>(first);
    const auto end =
        offsets_.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(first + distance + 1, offsets_.size()));
    const auto after = std::upper_bound(begin, end, offset);
    if (after == begin || after == offsets_.end()) return size();
    return static_cast<uint64_t>(after - offsets_.begin()) - 1;
}

}  // namespace strata::record
