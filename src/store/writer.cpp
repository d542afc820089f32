#include "store/writer.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <utility>

#include "store/catalog.h"
#include "store/filters.h"
#include "store/keys.h"
#include "store/record_file.h"

namespace strata::store {
namespace {

constexpr uint64_t kCommitBatchBytes = 2U << 20;

}  // namespace

Writer::Writer(const std::filesystem::path& directory)
    : database_(directory, Database::Mode::kReadWrite), columns_(database_) {}

std::optional<record::Firmware> Writer::find(const std::string& name) {
    return find_firmware(database_, name);
}

std::vector<record::Firmware> Writer::firmwares() {
    return list_firmwares(database_);
}

uint32_t Writer::new_firmware_id() {
    const uint32_t id = next_firmware_id(database_);
    database_.check(database_.db().Put({}, database_.settings(), kNextFirmwareKey, big_endian(id + 1)),
                    "cannot write to the store");
    return id;
}

void Writer::put_firmware(const record::Firmware& firmware) {
    const auto message = record::encode_firmware(firmware);
    const auto bytes = message.bytes();
    database_.check(
        database_.db().Put({}, database_.firmwares(), firmware.name, rocksdb::Slice(bytes.data(), bytes.size())),
        "cannot write to the store");
}

Writer::HeadState Writer::head_state(uint32_t firmware, const std::string& path) {
    rocksdb::PinnableSlice value;
    const auto status = database_.db().Get({}, database_.images(), image_key(firmware, path), &value);
    if (status.IsNotFound()) return HeadState::kAbsent;
    database_.check(status, "cannot read the store");
    return decode_stored_head(value.ToStringView()).failure ? HeadState::kFailed : HeadState::kWhole;
}

std::optional<record::Head> Writer::whole_head(uint32_t firmware, const std::string& path) {
    const std::string key = image_key(firmware, path);
    rocksdb::PinnableSlice value;
    std::string_view bytes;
    if (const auto* pending = find_head(key)) {
        bytes = *pending;
    } else {
        const auto status = database_.db().Get({}, database_.images(), key, &value);
        if (status.IsNotFound()) return std::nullopt;
        database_.check(status, "cannot read the store");
        bytes = value.ToStringView();
    }
    auto head = decode_stored_head(bytes);
    if (head.failure) return std::nullopt;
    return head;
}

std::optional<uint16_t> Writer::source_of(uint32_t firmware, const std::string& path) {
    rocksdb::PinnableSlice value;
    const auto status = database_.db().Get({}, database_.images(), image_key(firmware, path), &value);
    if (status.IsNotFound()) return std::nullopt;
    database_.check(status, "cannot read the store");
    return decode_stored_head(value.ToStringView()).source;
}

std::optional<uint64_t> Writer::find_chunk(const base::Digest& digest) {
    const std::string key(digest.view());
    for (const auto* batch : {&batch_, &committing_})
        if (const auto found = batch->digests.find(key); found != batch->digests.end()) return found->second;
    return find_column(database_, digest);
}

const std::string* Writer::find_head(const std::string& key) const {
    for (const auto* batch : {&batch_, &committing_})
        if (const auto found = batch->heads.find(key); found != batch->heads.end()) return &found->second;
    return nullptr;
}

uint64_t Writer::put_chunk(const record::Chunk& chunk) {
    if (const auto found = find_chunk(chunk.digest)) {
        ++counters_.chunks_shared;
        counters_.bytes_shared += chunk.message.size();
        return *found;
    }
    const uint64_t id = columns_.add(chunk.message.bytes());
    ++counters_.chunks_written;
    counters_.bytes_written += chunk.message.size();
    const auto key = chunk.digest.view();
    batch_.writes.Put(database_.digests(), rocksdb::Slice(key.data(), key.size()), big_endian(id));
    put_filter(database_, batch_.writes, chunk.kind, id, chunk.message.bytes());
    batch_.digests.emplace(key, id);
    if (columns_.staged_bytes() >= next_file_bytes_) {
        next_file_bytes_ = std::min(2 * next_file_bytes_, kColumnFileBytes);
        begin_commit();
    }
    return id;
}

void Writer::count_shared(const record::Head& head) {
    for (const auto& column : head.columns) {
        counters_.chunks_shared += column.chunks.size();
        counters_.bytes_shared += column.bytes;
    }
}

void Writer::put_head(uint32_t firmware, const std::string& path, const record::Head& head) {
    const std::string key = image_key(firmware, path);
    value_.clear();
    frame_record(key.size(), record::encode_head(head).bytes(), value_);
    batch_.writes.Put(database_.images(), key, value_);
    batch_.heads[key] = value_;
    if (batch_.writes.GetDataSize() >= kCommitBatchBytes) begin_commit();
}

void Writer::commit() {
    begin_commit();
    end_commit();
}

/// One at a time: columns files must come to the database in their order.
void Writer::begin_commit() {
    end_commit();
    StagedFile columns = columns_.take();
    if (columns.empty() && batch_.writes.Count() == 0) return;
    std::swap(batch_, committing_);
    commit_ = std::async(std::launch::async, [this, staged = std::move(columns)]() mutable {
                  columns_.ingest(std::move(staged));
                  if (committing_.writes.Count() == 0) return;
                  database_.check(database_.db().Write({}, &committing_.writes), "cannot write to the store");
              }).share();
}

/// Throws again whenever it is called after a commit has failed: what comes later may refer to what that one lost.
void Writer::end_commit() {
    if (!commit_.valid()) return;
    commit_.get();
    commit_ = {};
    committing_.writes.Clear();
    committing_.digests.clear();
    committing_.heads.clear();
}

void Writer::flush() {
    commit();
    const std::vector<rocksdb::ColumnFamilyHandle*> families{
        database_.settings(), database_.firmwares(), database_.images(), database_.digests(), database_.filters()};
    database_.check(database_.db().Flush({}, families), "cannot flush the store");
}

void Writer::remove_firmware(const record::Firmware& firmware) {
    rocksdb::WriteBatch batch;
    batch.Delete(database_.firmwares(), firmware.name);
    batch.DeleteRange(database_.images(), big_endian(firmware.id), big_endian(firmware.id + 1));
    database_.check(database_.db().Write({}, &batch), "cannot write to the store");
}

}  // namespace strata::store
