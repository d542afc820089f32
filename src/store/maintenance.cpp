#include "store/maintenance.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <set>

#include "store/catalog.h"
#include "store/column_writer.h"
#include "store/database.h"
#include "store/filters.h"
#include "store/keys.h"
#include "store/record_file.h"
#include "store/references.h"

namespace strata::store {
namespace {

constexpr uint64_t kBatchBytes = 1U << 20;
// A file is rewritten when at least this part of its ids is dead: less would cost more writing than it gives back.
constexpr uint64_t kDeadDivisor = 4;

rocksdb::CompactRangeOptions forced() {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    return options;
}

uint64_t directory_bytes(const std::filesystem::path& directory) {
    uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        if (entry.is_regular_file(error)) bytes += entry.file_size(error);
    return bytes;
}

void flush(Database& database) {
    const std::vector<rocksdb::ColumnFamilyHandle*> families{database.settings(), database.firmwares(),
                                                             database.images(),   database.columns(),
                                                             database.digests(),  database.filters()};
    database.check(database.db().Flush({}, families), "cannot flush the store");
}

class Collector {
  public:
    explicit Collector(const std::filesystem::path& directory)
        : database_(directory, Database::Mode::kReadWrite),
          columns_(database_),
          references_(collect_references(database_, columns_.end_of_ids())) {}

    CollectResult run() {
        CollectResult result;
        result.bytes_before = directory_bytes(database_.directory());
        drop_stray_heads();
        // Digests first: a column that no digest finds cannot be given to a new image any more.
        result.columns_dropped = drop_digests();
        drop_filters();
        drop_columns();
        flush(database_);
        compact_dead_files();
        for (auto* family : {database_.images(), database_.filters()})
            database_.check(database_.db().CompactRange(forced(), family, nullptr, nullptr),
                            "cannot compact the store");
        result.bytes_after = directory_bytes(database_.directory());
        return result;
    }

  private:
    /// Heads of a firmware whose manifest is gone (removed, or an import that was killed).
    void drop_stray_heads() {
        std::set<uint32_t> known;
        for (const auto& firmware : list_firmwares(database_)) known.insert(firmware.id);
        const std::unique_ptr<rocksdb::Iterator> at(database_.db().NewIterator({}, database_.images()));
        for (at->SeekToFirst(); at->Valid();) {
            const auto id = static_cast<uint32_t>(from_big_endian(at->key().ToStringView().substr(0, kFirmwareIdSize)));
            if (!known.contains(id))
                database_.check(database_.db().DeleteRange({}, database_.images(), big_endian(id), big_endian(id + 1)),
                                "cannot write to the store");
            at->Seek(big_endian(id + 1));
        }
        database_.check(at->status(), "cannot read the store");
    }

    bool is_dead(uint64_t id) const { return id >= references_.size() || !references_[id].is_referenced(); }

    uint64_t drop_digests() {
        uint64_t dropped = 0;
        rocksdb::WriteBatch batch;
        const std::unique_ptr<rocksdb::Iterator> at(database_.db().NewIterator({}, database_.digests()));
        for (at->SeekToFirst(); at->Valid(); at->Next()) {
            if (!is_dead(from_big_endian(at->value().ToStringView()))) continue;
            batch.Delete(database_.digests(), at->key());
            ++dropped;
            if (batch.GetDataSize() >= kBatchBytes) write(batch);
        }
        database_.check(at->status(), "cannot read the store");
        write(batch);
        return dropped;
    }

    void drop_filters() {
        rocksdb::WriteBatch batch;
        store::drop_filters(
            database_, batch, [this](uint64_t id) { return is_dead(id); },
            [&] {
                if (batch.GetDataSize() >= kBatchBytes) write(batch);
            });
        write(batch);
    }

    void drop_columns() {
        rocksdb::WriteBatch batch;
        const std::unique_ptr<rocksdb::Iterator> at(database_.db().NewIterator({}, database_.columns()));
        for (uint64_t begin = 1; begin < references_.size();) {
            if (!is_dead(begin)) {
                ++begin;
                continue;
            }
            uint64_t end = begin;
            while (end < references_.size() && is_dead(end)) ++end;
            // Runs that an earlier collection emptied need no second tombstone.
            at->Seek(column_key(begin));
            if (at->Valid() && from_big_endian(at->key().ToStringView()) < end)
                batch.DeleteRange(database_.columns(), column_key(begin), column_key(end));
            begin = end;
        }
        database_.check(at->status(), "cannot read the store");
        write(batch);
    }

    void compact_dead_files() {
        std::vector<rocksdb::LiveFileMetaData> files;
        database_.db().GetLiveFilesMetaData(&files);
        for (const auto& file : files) {
            if (file.column_family_name != kFamilyColumns || file.level == 0) continue;
            const uint64_t first = from_big_endian(file.smallestkey);
            const uint64_t last = from_big_endian(file.largestkey);
            uint64_t dead = 0;
            for (uint64_t id = first; id <= last; ++id) dead += is_dead(id) ? 1 : 0;
            if (dead == 0 || dead * kDeadDivisor < last - first + 1) continue;
            const std::string begin = column_key(first);
            const std::string end = column_key(last);
            const rocksdb::Slice begin_slice(begin);
            const rocksdb::Slice end_slice(end);
            database_.check(database_.db().CompactRange(forced(), database_.columns(), &begin_slice, &end_slice),
                            "cannot compact the store");
        }
    }

    void write(rocksdb::WriteBatch& batch) {
        if (batch.Count() == 0) return;
        database_.check(database_.db().Write({}, &batch), "cannot write to the store");
        batch.Clear();
    }

    Database database_;
    ColumnWriter columns_;
    References references_;
};

bool holds_strings(uint8_t kind) {
    return kind == static_cast<uint8_t>(record::ColumnKind::kSymbols) ||
           kind == static_cast<uint8_t>(record::ColumnKind::kStrings);
}

/// Rewrites every column whose form is not the wanted one.
uint64_t re_lay(Database& database, ColumnWriter& columns, const References& references,
                const std::function<void(uint64_t, uint64_t)>& progress) {
    uint64_t changed = 0;
    std::vector<uint64_t> memory;
    for (uint64_t id = 1; id < references.size(); ++id) {
        const Reference& reference = references[id];
        if (progress) progress(id + 1, references.size());
        if (!reference.is_referenced() || !holds_strings(reference.kind)) continue;
        rocksdb::PinnableSlice value;
        database.check(database.db().Get({}, database.columns(), column_key(id), &value), "cannot read a column");
        const bool frozen = is_frozen(value.ToStringView());
        const bool wanted = !reference.thawed_wanted;
        if (frozen == wanted) continue;
        const auto message = frozen ? thaw_record(value.ToStringView(), memory) : unframe_record(value.ToStringView());
        if (message.empty())
            throw base::Error::store(database.directory().string(), "column " + std::to_string(id) + " is damaged");
        columns.replace(id, message, wanted);
        ++changed;
        if (columns.staged_bytes() >= kColumnFileBytes) columns.ingest();
    }
    columns.ingest();
    return changed;
}

void compact_all(Database& database) {
    for (auto* family : {database.settings(), database.firmwares(), database.images(), database.columns(),
                         database.digests(), database.filters()})
        database.check(database.db().CompactRange(forced(), family, nullptr, nullptr), "cannot compact the store");
}

}  // namespace

CollectResult collect_garbage(const std::filesystem::path& directory) {
    return Collector(directory).run();
}

CollectResult compact(const std::filesystem::path& directory) {
    Database database(directory, Database::Mode::kReadWrite);
    const ColumnWriter clean_staging(database);
    CollectResult result;
    result.bytes_before = directory_bytes(directory);
    flush(database);
    compact_all(database);
    result.bytes_after = directory_bytes(directory);
    return result;
}

FreezeResult set_frozen(const std::filesystem::path& directory, const std::vector<std::string>& firmwares, bool frozen,
                        const std::function<void(uint64_t done, uint64_t total)>& progress) {
    Database database(directory, Database::Mode::kReadWrite);
    ColumnWriter columns(database);
    FreezeResult result;
    result.bytes_before = directory_bytes(directory);
    rocksdb::WriteBatch batch;
    for (const auto& name : firmwares) {
        auto firmware = find_firmware(database, name);
        if (!firmware)
            throw base::Error::usage("no firmware named \"" + name + "\" in " + directory.string() +
                                     " (strata list shows them)");
        firmware->frozen = frozen;
        const auto message = record::encode_firmware(*firmware);
        batch.Put(database.firmwares(), name, rocksdb::Slice(message.bytes().data(), message.bytes().size()));
    }
    database.check(database.db().Write({}, &batch), "cannot write to the store");
    result.columns_changed = re_lay(database, columns, collect_references(database, columns.end_of_ids()), progress);
    flush(database);
    if (result.columns_changed != 0)
        database.check(database.db().CompactRange(forced(), database.columns(), nullptr, nullptr),
                       "cannot compact the store");
    result.bytes_after = directory_bytes(directory);
    return result;
}

}  // namespace strata::store
