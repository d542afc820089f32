// The filters of symbols and strings chunks (record/text_filter.h), by kind and column id. They make searches quick and
// nothing else: a chunk without one is searched.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "record/column.h"
#include "record/sorted_texts.h"
#include "store/database.h"

namespace strata::store {

/// Whether columns of this kind have filters.
inline constexpr bool has_filter(record::ColumnKind kind) {
    return record::has_sorted_texts(kind);
}

/// Adds the filter of a new column to `batch`. Must be written with, or before, what first refers to the column.
void put_filter(Database& database, rocksdb::WriteBatch& batch, record::ColumnKind kind, uint64_t id,
                std::string_view message);

/// Adds to `batch` the removal of all filters whose column `is_dead`; `written` is called after each and may write it.
/// Ids can be handed out again once their columns are gone, so this comes before that.
void drop_filters(Database& database, rocksdb::WriteBatch& batch, const std::function<bool(uint64_t id)>& is_dead,
                  const std::function<void()>& written);

/// Column ids from `begin` to before `end`.
struct IdRange {
    uint64_t begin = 0;
    uint64_t end = UINT64_MAX;
};

/// Calls `visit` with the id and the filter of each column of this kind in `ids` that has one, by id; where a block has to
/// be read twice (block_check.h), from the first one on again. Their checksums are verified. Throws Error(kStore).
void for_each_filter(Database& database, record::ColumnKind kind, IdRange ids,
                     const std::function<void(uint64_t id, std::string_view filter)>& visit);

/// The filter of one column; empty when it has none.
std::string filter_of(Database& database, record::ColumnKind kind, uint64_t id);

}  // namespace strata::store
