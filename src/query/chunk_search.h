// The entries of one chunk that match a pattern, without regard to the images that have it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/pattern.h"
#include "record/column.h"
#include "store/reader.h"

namespace strata::query {

/// An entry of a symbols or strings chunk, with all that is told of it but its address.
struct FoundText {
    uint32_t entry = 0;
    std::string text;
    std::string_view kind;  ///< of a symbol; static
    std::string from;       ///< the dylib of a symbol; the section of a string
    std::string value;      ///< a re-exported symbol's other name
};

/// What a search of one chunk found. Where few entries of a chunk that was read with its checksum match, they are
/// copied out at once: who tells them need not read the chunk again.
struct SearchedChunk {
    std::vector<uint32_t> entries;  ///< ascending; of a layout, which is one entry, 0
    std::vector<FoundText> texts;   ///< of all of `entries`, or none
    uint64_t size = 0;              ///< entries that the chunk has; set with `texts`

    /// Bytes on the heap, about.
    uint64_t cost() const;
};

/// Safe from many threads; both references must outlive it.
class ChunkSearch {
  public:
    ChunkSearch(store::Reader& reader, const Pattern& pattern) : reader_(reader), pattern_(pattern) {}

    /// Throws Error(kStore) on damage.
    SearchedChunk search(record::ColumnKind kind, uint64_t id) const;

  private:
    SearchedChunk search_texts(record::ColumnKind kind, uint64_t id) const;
    std::vector<uint32_t> search_layout(const store::Lease& lease) const;
    std::vector<uint32_t> search_facts(const store::Lease& lease) const;

    store::Reader& reader_;
    const Pattern& pattern_;
};

}  // namespace strata::query
