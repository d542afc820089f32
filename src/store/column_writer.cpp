#include "store/column_writer.h"

#include <unistd.h>

#include "store/keys.h"
#include "store/record_file.h"

namespace strata::store {
namespace fs = std::filesystem;

ColumnWriter::ColumnWriter(Database& database) : database_(database) {
    std::error_code error;
    const fs::path staging = database.directory() / kStagingDirectory;
    // A killed writer's file may share its inode with an ingested one: it is removed, never written to again.
    fs::remove_all(staging, error);
    fs::create_directories(staging, error);
    if (error) throw base::Error::store(staging.string(), "cannot create: " + error.message());
    const std::unique_ptr<rocksdb::Iterator> last(database.db().NewIterator({}, database.columns()));
    last->SeekToLast();
    if (last->Valid()) next_id_ = from_big_endian(last->key().ToStringView()) + 1;
    database.check(last->status(), "cannot read the store");
}

void ColumnWriter::start_file() {
    path_ = (database_.directory() / kStagingDirectory / (std::to_string(::getpid()) + "-" + std::to_string(next_file_++) + ".sst")).string();
    file_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), database_.column_file_options());
    database_.check(file_->Open(path_), "cannot stage columns");
}

uint64_t ColumnWriter::add(std::string_view message) {
    if (!file_) start_file();
    const std::string key = column_key(next_id_);
    value_.clear();
    frame_record(key.size(), message, value_);
    database_.check(file_->Put(key, value_), "cannot stage columns");
    staged_bytes_ += value_.size();
    return next_id_++;
}

void ColumnWriter::ingest() {
    if (!file_) return;
    database_.check(file_->Finish(), "cannot write columns");
    file_.reset();
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;  // the file is ours and final: nothing is patched into it
    options.allow_blocking_flush = true;
    database_.check(database_.db().IngestExternalFile(database_.columns(), {path_}, options), "cannot add columns to the store");
    written_bytes_ += staged_bytes_;
    staged_bytes_ = 0;
}

}  // namespace strata::store
