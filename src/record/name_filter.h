// A filter over the texts of a symbols or strings chunk: can this chunk hold a text that is, or that begins with, a
// given one? It never says no wrongly, and yes wrongly about once in a hundred times, in a tenth of the chunk's size.
//
// A binary search in a chunk touches a handful of its pages, and every touched page brings its neighbours into the
// process: searching all chunks of a firmware for one name maps nearly all of its columns, and most of the time goes
// into that. The filters of a firmware's symbols lie together, are read in one go, and leave the chunks with a hit.
//
// It is a blocked Bloom filter: 10 bits an entry, 6 of them in one block of 64 bytes. Entries are whole texts and, for
// searches by prefix, the first 8, 16 and 24 bytes of longer ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/column.h"

namespace strata::record {

/// The filter of a chunk; empty for kinds that have none, and for a damaged chunk, which must be read to say so.
std::string name_filter_of(ColumnKind kind, std::string_view message);

/// What is looked for, hashed once and asked of many filters.
class NameProbe {
  public:
    static NameProbe exact(std::string_view text);
    /// Empty when `prefix` is so short that filters say nothing about it.
    static std::optional<NameProbe> prefix(std::string_view prefix);

    /// False: the chunk of this filter certainly has no such text. True also for what is no filter.
    bool may_be_in(std::string_view filter) const;

  private:
    explicit NameProbe(uint64_t hash) : hash_(hash) {}
    uint64_t hash_;
};

}  // namespace strata::record
