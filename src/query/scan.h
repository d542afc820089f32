// Finding the entries of one sorted column chunk that match a pattern.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "query/chunk_filter.h"
#include "query/pattern.h"
#include "record/column.h"
#include "record/sorted_blob.h"
#include "store/reader.h"

namespace strata::query {

using Visit = std::function<void(uint64_t)>;

/// Calls `visit` with the indexes of all entries of `texts` (sorted bytewise) that match, ascending.
///
/// Exact patterns, prefixes, and what globs and anchored expressions begin with are found by binary search. Where a
/// pattern has a literal, the rest is scanned for that as one piece of memory, and only entries that hold it are
/// matched; else entry by entry.
void for_each_match(const record::BlobView& texts, const Pattern& pattern, const Visit& visit);

/// Calls `rule_out` with those ids of the store's chunks in `ids` that certainly hold no match, as their filters tell
/// (record/text_filter.h).
void rule_out_chunks(store::Reader& reader, record::ColumnKind kind, const ChunkFilter& filter, store::IdRange ids,
                     const std::function<void(uint64_t id)>& rule_out);

/// Of the chunks of one sorted column, those that may hold a match, told by the chunks' first entries. Reads some
/// log2(chunks) of them, without checksums.
std::span<const uint64_t> chunks_of_range(store::Reader& reader, record::ColumnKind kind,
                                          std::span<const uint64_t> chunk_ids, const Pattern& pattern);

}  // namespace strata::query
