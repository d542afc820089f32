#include "store/filters.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>

#include "record/text_filter.h"
#include "store/block_check.h"
#include "store/keys.h"

namespace strata::store {
namespace {

std::string key_of(record::ColumnKind kind, uint64_t id) {
    return filter_key(static_cast<uint8_t>(kind), id);
}

uint64_t id_of(const rocksdb::Slice& key) {
    return from_big_endian(key.ToStringView().substr(kFilterKindSize));
}

}  // namespace

void put_filter(Database& database, rocksdb::WriteBatch& batch, record::ColumnKind kind, uint64_t id,
                std::string_view message) {
    const std::string filter = record::text_filter_of(kind, message);
    if (!filter.empty()) batch.Put(database.filters(), key_of(kind, id), filter);
}

void drop_filters(Database& database, rocksdb::WriteBatch& batch, const std::function<bool(uint64_t id)>& is_dead,
                  const std::function<void()>& written) {
    const std::unique_ptr<rocksdb::Iterator> at(database.db().NewIterator({}, database.filters()));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        if (at->key().size() == kFilterKindSize + sizeof(uint64_t) && !is_dead(id_of(at->key()))) continue;
        batch.Delete(database.filters(), at->key());
        written();
    }
    database.check(at->status(), "cannot read the store");
}

void for_each_filter(Database& database, record::ColumnKind kind, IdRange ids,
                     const std::function<void(uint64_t id, std::string_view filter)>& visit) {
    if (database.filters() == nullptr) return;
    const std::string end = key_of(kind, ids.end);
    const rocksdb::Slice end_slice(end);
    const auto status = checked_read(database, BlockCheck::kChecksum, [&](rocksdb::ReadOptions options) {
        options.iterate_upper_bound = &end_slice;
        const std::unique_ptr<rocksdb::Iterator> at(database.db().NewIterator(options, database.filters()));
        for (at->Seek(key_of(kind, ids.begin)); at->Valid(); at->Next())
            visit(id_of(at->key()), at->value().ToStringView());
        return at->status();
    });
    database.check(status, "cannot read the store");
}

std::string filter_of(Database& database, record::ColumnKind kind, uint64_t id) {
    if (database.filters() == nullptr) return {};
    std::string filter;
    const auto status = database.db().Get({}, database.filters(), key_of(kind, id), &filter);
    if (status.IsNotFound()) return {};
    database.check(status, "cannot read the store");
    return filter;
}

}  // namespace strata::store
