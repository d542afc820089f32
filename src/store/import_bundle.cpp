#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/bundle.h"
#include "store/catalog.h"
#include "store/column_writer.h"
#include "store/database.h"
#include "store/filters.h"
#include "store/keys.h"
#include "store/record_file.h"

namespace strata::store {
namespace {

constexpr uint64_t kFilterBatchBytes = 1U << 20;

/// A column of the bundle as this store has it.
struct Placed {
    uint64_t id = 0;
    base::Digest digest;
};

class Import {
  public:
    Import(const std::filesystem::path& directory, const std::string& name, const BundleReader::Fill& fill)
        : database_(directory, Database::Mode::kReadWrite),
          columns_(database_),
          bundle_(name, fill),
          name_(name),
          next_firmware_(next_firmware_id(database_)) {}

    ImportResult run() {
        try {
            for (BundleItem item; bundle_.next(item);) take(item);
            finish_firmware();
        } catch (...) {
            discard();
            throw;
        }
        commit();
        return std::move(result_);
    }

  private:
    void take(const BundleItem& item) {
        switch (item.kind) {
            case BundleEntry::kColumn:
                return take_column(item);
            case BundleEntry::kFirmware:
                return take_firmware(item);
            case BundleEntry::kHead:
                return take_head(item);
            default:
                fail("unknown entry in the bundle");
        }
    }

    [[noreturn]] void fail(const std::string& message) const {
        throw base::Error::input(name_, 0, message, "a bundle as strata export writes it");
    }

    void take_column(const BundleItem& item) {
        if (item.first.size() != 1 + sizeof(uint64_t) ||
            static_cast<uint8_t>(item.first[0]) >= record::kColumnKinds.size())
            fail("malformed column entry");
        const auto kind = static_cast<record::ColumnKind>(item.first[0]);
        const uint64_t source_id = from_big_endian(std::string_view(item.first).substr(1));
        Placed placed{0, record::column_digest(kind, item.second())};
        const std::string key(placed.digest.view());
        if (const auto known = find_column(database_, placed.digest)) {
            placed.id = *known;
            ++result_.columns_shared;
        } else if (const auto staged = staged_.find(key); staged != staged_.end()) {
            placed.id = staged->second;
        } else {
            placed.id = columns_.add(item.second());
            staged_.emplace(key, placed.id);
            if (has_filter(kind)) new_.emplace_back(placed.id, kind);
            batch_.Put(database_.digests(), key, big_endian(placed.id));
            ++result_.columns_written;
        }
        placed_[source_id] = placed;
    }

    void take_firmware(const BundleItem& item) {
        finish_firmware();
        firmware_ = record::decode_firmware(item.first, item.second());
        heads_ = 0;
        const auto existing = find_firmware(database_, item.first);
        if (existing && existing->identity != firmware_->identity)
            throw base::Error::usage("firmware \"" + item.first +
                                     "\" of the bundle has other content than the one of that name in the store: "
                                     "remove or rename one first");
        skip_ = existing && existing->complete && existing->failed <= firmware_->failed;
        if (skip_) {
            result_.present.push_back(item.first);
            return;
        }
        firmware_->id = next_firmware_++;
        firmware_->frozen = false;
        result_.added.push_back(item.first);
    }

    void take_head(const BundleItem& item) {
        if (!firmware_) fail("an image before its firmware");
        ++heads_;
        record::Head head = record::decode_head(item.second());
        for (auto& column : head.columns) {
            for (auto& chunk : column.chunks) {
                const auto placed = placed_.find(chunk.id);
                if (placed == placed_.end() || placed->second.digest != chunk.digest)
                    fail("an image refers to a column that the bundle does not hold");
                chunk.id = placed->second.id;
            }
        }
        if (!skip_) stage_head(item.first, head);
    }

    /// Heads come by path and firmware ids ascend: keys ascend, as a table file wants them.
    void stage_head(const std::string& path, const record::Head& head) {
        if (!head_file_) {
            head_path_ = (database_.directory() / kStagingDirectory / ("import-" + std::to_string(::getpid()) + ".sst"))
                             .string();
            head_file_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), database_.head_file_options());
            database_.check(head_file_->Open(head_path_), "cannot stage images");
        }
        const std::string key = image_key(firmware_->id, path);
        std::string value;
        frame_record(key.size(), record::encode_head(head).bytes(), value);
        const auto status = head_file_->Put(key, value);
        if (status.IsInvalidArgument()) fail("images are not in the order of their paths");
        database_.check(status, "cannot stage images");
    }

    void finish_firmware() {
        if (!firmware_) return;
        if (heads_ != firmware_->images)
            fail("firmware " + firmware_->name + " has " + std::to_string(heads_) + " images, not " +
                 std::to_string(firmware_->images));
        if (!skip_) {
            const auto message = record::encode_firmware(*firmware_);
            batch_.Put(database_.firmwares(), firmware_->name,
                       rocksdb::Slice(message.bytes().data(), message.bytes().size()));
        }
        firmware_.reset();
    }

    void discard() {
        columns_.discard();
        if (!head_file_) return;
        head_file_.reset();
        ::unlink(head_path_.c_str());
    }

    /// They are made when the columns are in the store: ids of a bundle that is refused go to other columns.
    void add_filters() {
        rocksdb::WriteBatch batch;
        std::vector<uint64_t> message;  // aligned for reading
        for (const auto& [id, kind] : new_) {
            rocksdb::PinnableSlice value;
            database_.check(database_.db().Get({}, database_.columns(), column_key(id), &value),
                            "cannot read a column");
            const auto bytes = unframe_record(value.ToStringView());
            message.resize((bytes.size() + 7) / 8);
            if (!bytes.empty()) std::memcpy(message.data(), bytes.data(), bytes.size());
            put_filter(database_, batch, kind, id, {reinterpret_cast<const char*>(message.data()), bytes.size()});
            if (batch.GetDataSize() < kFilterBatchBytes) continue;
            database_.check(database_.db().Write({}, &batch), "cannot write to the store");
            batch.Clear();
        }
        database_.check(database_.db().Write({}, &batch), "cannot write to the store");
    }

    /// Columns and their filters, then heads, then one batch with what makes them count. Killed in between, they are
    /// unreferenced and the next collection drops them.
    void commit() {
        columns_.ingest();
        add_filters();
        if (head_file_) {
            database_.check(head_file_->Finish(), "cannot write images");
            head_file_.reset();
            rocksdb::IngestExternalFileOptions options;
            options.move_files = true;
            database_.check(database_.db().IngestExternalFile(database_.images(), {head_path_}, options),
                            "cannot add images to the store");
        }
        batch_.Put(database_.settings(), kNextFirmwareKey, big_endian(next_firmware_));
        database_.check(database_.db().Write({}, &batch_), "cannot write to the store");
        const std::vector<rocksdb::ColumnFamilyHandle*> families{
            database_.settings(), database_.firmwares(), database_.images(), database_.digests(), database_.filters()};
        database_.check(database_.db().Flush({}, families), "cannot flush the store");
    }

    Database database_;
    ColumnWriter columns_;
    BundleReader bundle_;
    std::string name_;
    uint32_t next_firmware_;
    std::optional<record::Firmware> firmware_;
    bool skip_ = false;
    uint64_t heads_ = 0;
    std::unordered_map<uint64_t, Placed> placed_;
    std::unordered_map<std::string, uint64_t> staged_;
    std::vector<std::pair<uint64_t, record::ColumnKind>> new_;  // of kinds that have filters
    std::unique_ptr<rocksdb::SstFileWriter> head_file_;
    std::string head_path_;
    rocksdb::WriteBatch batch_;
    ImportResult result_;
};

}  // namespace

ImportResult import_bundle(const std::filesystem::path& directory, const std::string& name,
                           const BundleReader::Fill& fill) {
    return Import(directory, name, fill).run();
}

}  // namespace strata::store
