// Sorted texts as one blob and offsets: the form that is merged fastest where it lies.
#pragma once

#include <capnp/any.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "record/message.h"

namespace strata::record {

/// A primitive list of a message as plain memory (Cap'n Proto stores it so: contiguous, little-endian).
template <typename T>
std::span<const T> raw_list(typename capnp::List<T>::Reader list) {
    const auto bytes = capnp::AnyList::Reader(list).getRawBytes();
    return {reinterpret_cast<const T*>(bytes.begin()), list.size()};
}

/// Reads entry i as blob[offsets[i], offsets[i+1]). Bounds are checked on each access: a stored record may be damaged.
class BlobView {
  public:
    BlobView() = default;
    /// `entries` is what the other lists of the record say; throws Error(kStore) when the offsets do not fit.
    BlobView(capnp::Data::Reader blob, capnp::List<uint32_t>::Reader offsets, uint64_t entries, const char* what);

    uint64_t size() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
    std::string_view operator[](uint64_t index) const {
        const uint64_t begin = offsets_[index];
        const uint64_t end = offsets_[index + 1];
        if (begin > end || end > blob_.size()) fail_record(what_, "an entry leaves the blob");
        return blob_.substr(begin, end - begin);
    }

    /// All entries, one after the other without anything between them.
    std::string_view bytes() const { return blob_; }
    /// Where entry `index` starts in bytes(); with size() its end. Not checked against bytes().
    uint64_t offset(uint64_t index) const { return offsets_[index]; }
    /// The first entry that is not less than `text`; size() when there is none. Touches some 2 log2(size()) places.
    uint64_t lower_bound(std::string_view text) const;
    /// The entry that the byte at `offset` of bytes() belongs to, `first` or one behind it; size() when it belongs to
    /// none. Touches some 2 log2(its distance from `first`) places.
    uint64_t entry_at(uint64_t offset, uint64_t first = 0) const;

  private:
    std::string_view blob_;
    std::span<const uint32_t> offsets_;
    const char* what_ = "";
};

}  // namespace strata::record
