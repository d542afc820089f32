#include "store/column_writer.h"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <unistd.h>

#include <utility>

#include "store/keys.h"
#include "store/record_file.h"
#include "store/references.h"

namespace strata::store {
namespace fs = std::filesystem;

StagedFile::StagedFile() = default;
StagedFile::~StagedFile() = default;
StagedFile::StagedFile(StagedFile&&) noexcept = default;
StagedFile& StagedFile::operator=(StagedFile&&) noexcept = default;

ColumnWriter::~ColumnWriter() = default;

ColumnWriter::ColumnWriter(Database& database) : database_(database) {
    std::error_code error;
    const fs::path staging = database.directory() / kStagingDirectory;
    // A killed writer's file may share its inode with an ingested one: it is removed, never written to again.
    fs::remove_all(staging, error);
    fs::create_directories(staging, error);
    if (error) throw base::Error::store(staging.string(), "cannot create: " + error.message());
    next_id_ = end_of_column_ids(database);
}

void ColumnWriter::start_file() {
    file_.path_ = (database_.directory() / kStagingDirectory /
                   (std::to_string(::getpid()) + "-" + std::to_string(next_file_++) + ".sst"))
                      .string();
    // By default each MiB is thrown out of the page cache, which waits for the disk; and the next one to read it, a
    // diff, does so again.
    constexpr bool kInvalidatePageCache = false;
    file_.writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), database_.column_file_options(),
                                                             nullptr, kInvalidatePageCache);
    database_.check(file_.writer_->Open(file_.path_), "cannot stage columns");
}

uint64_t ColumnWriter::add(std::string_view message) {
    value_.clear();
    frame_record(column_key(next_id_).size(), message, value_);
    stage(next_id_);
    return next_id_++;
}

void ColumnWriter::replace(uint64_t id, std::string_view message, bool frozen) {
    value_.clear();
    if (frozen) {
        frame_frozen(message, value_);
    } else {
        frame_record(column_key(id).size(), message, value_);
    }
    stage(id);
}

void ColumnWriter::stage(uint64_t id) {
    if (file_.empty()) start_file();
    database_.check(file_.writer_->Put(column_key(id), value_), "cannot stage columns");
    file_.bytes_ += value_.size();
}

void ColumnWriter::discard() {
    if (file_.empty()) return;
    const auto path = std::exchange(file_, {}).path_;
    std::error_code error;
    fs::remove(path, error);
}

StagedFile ColumnWriter::take() {
    return std::exchange(file_, {});
}

void ColumnWriter::ingest(StagedFile file) const {
    if (file.empty()) return;
    database_.check(file.writer_->Finish(), "cannot write columns");
    file.writer_.reset();
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;  // the file is ours and final: nothing is patched into it
    options.allow_blocking_flush = true;
    database_.check(database_.db().IngestExternalFile(database_.columns(), {file.path_}, options),
                    "cannot add columns to the store");
}

}  // namespace strata::store
