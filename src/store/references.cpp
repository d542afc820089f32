#include "store/references.h"

#include <rocksdb/db.h>

#include "store/catalog.h"
#include "store/keys.h"

namespace strata::store {
namespace {

void add_head(const record::Head& head, const record::Firmware& firmware, References& references) {
    for (const auto kind : record::kColumnKinds) {
        for (const auto& chunk : head.column(kind).chunks) {
            if (chunk.id >= references.size()) continue;  // a dangling reference: verify reports it
            Reference& reference = references[chunk.id];
            if (reference.is_referenced() && reference.first_firmware != firmware.id) reference.shared = true;
            if (!reference.is_referenced()) reference.first_firmware = firmware.id;
            reference.kind = static_cast<uint8_t>(kind);
            reference.bytes = chunk.bytes;
            if (!firmware.frozen) reference.thawed_wanted = true;
        }
    }
}

}  // namespace

References collect_references(Database& database, uint64_t end_of_ids) {
    References references(end_of_ids);
    for (const auto& firmware : list_firmwares(database)) {
        const auto heads = walk_heads(database, firmware.id);
        for (; heads->valid(); heads->next()) add_head(heads->head(), firmware, references);
        heads->check();
    }
    return references;
}

uint64_t end_of_column_ids(Database& database) {
    const std::unique_ptr<rocksdb::Iterator> last(database.db().NewIterator({}, database.columns()));
    last->SeekToLast();
    database.check(last->status(), "cannot read the store");
    return last->Valid() ? from_big_endian(last->key().ToStringView()) + 1 : 1;
}

}  // namespace strata::store
