// A head read in place: for walks over thousands of heads that want a few of their fields.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "record/column.h"
#include "record/message.h"
#include "schema/head.capnp.h"

namespace strata::record {

/// Decoding a head as a whole (decode_head) copies every list it has, some 5 us; this reads only what is asked for.
/// Views the message, which must be 8-byte aligned and outlive it. Everything throws Error(kStore) on damage.
class HeadView {
  public:
    explicit HeadView(std::string_view message);

    /// The image could not be read; no other field is set then.
    bool failed() const;
    /// 16 bytes or empty.
    std::string_view uuid() const;
    /// Of the mach header, unslid.
    uint64_t address() const;
    /// In the order of the layout column.
    std::span<const uint64_t> section_addresses() const;
    std::span<const uint64_t> segment_addresses() const;
    /// Keys of the chunks in the `columns` family; empty when the image has no column of this kind.
    std::span<const uint64_t> chunk_ids(ColumnKind kind) const;
    /// Other install names of the image.
    std::vector<std::string_view> aliases() const;

  private:
    mutable MessageView message_;
    schema::Head::Reader root_;
};

}  // namespace strata::record
