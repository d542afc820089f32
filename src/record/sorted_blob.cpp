#include "record/sorted_blob.h"

#include <bit>

namespace strata::record {

static_assert(std::endian::native == std::endian::little,
              "records are read in place: lists are little-endian in memory");

BlobView::BlobView(capnp::Data::Reader blob, capnp::List<uint32_t>::Reader offsets, uint64_t entries, const char* what)
    : blob_(view_of(blob)), offsets_(raw_list<uint32_t>(offsets)), what_(what) {
    if (offsets_.size() != entries + 1) fail_record(what, "offsets and entries differ in number");
}

}  // namespace strata::record
