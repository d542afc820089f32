// The entries of one chunk that match a pattern, without regard to the images that have it.
#pragma once

#include <cstdint>
#include <vector>

#include "query/pattern.h"
#include "record/column.h"
#include "store/reader.h"

namespace strata::query {

/// Safe from many threads; both references must outlive it.
class ChunkSearch {
  public:
    ChunkSearch(store::Reader& reader, const Pattern& pattern) : reader_(reader), pattern_(pattern) {}

    /// Indexes of entries, ascending; of a layout, which is one entry, 0. Throws Error(kStore) on damage.
    std::vector<uint32_t> search(record::ColumnKind kind, uint64_t id) const;

  private:
    std::vector<uint32_t> search_texts(record::ColumnKind kind, uint64_t id) const;
    std::vector<uint32_t> search_layout(const store::Lease& lease) const;
    std::vector<uint32_t> search_facts(const store::Lease& lease) const;

    store::Reader& reader_;
    const Pattern& pattern_;
};

}  // namespace strata::query
