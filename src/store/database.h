// How RocksDB is opened: options, column families, errors. The only file that knows them; what each option is worth is
// measured in docs/store-format.md.
#pragma once

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace strata::store {

/// One open RocksDB with strata's families. A writer's caches and write buffers cost at most about 40 MiB; a reader costs
/// the table indexes (some 60 bytes a record) and whatever pages are mapped.
class Database {
  public:
    enum class Mode { kReadOnly, kReadWrite };

    /// Creates the store when writing and it is not there. Throws Error(kStore) when it is locked by another writer, corrupt
    /// or of a newer schema; Error(kUsage) when it is not there and only reading is asked for.
    Database(const std::filesystem::path& directory, Mode mode);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    rocksdb::DB& db() { return *db_; }
    rocksdb::ColumnFamilyHandle* firmwares() const { return handles_[1]; }
    rocksdb::ColumnFamilyHandle* images() const { return handles_[2]; }
    rocksdb::ColumnFamilyHandle* columns() const { return handles_[3]; }
    rocksdb::ColumnFamilyHandle* digests() const { return handles_[4]; }
    rocksdb::ColumnFamilyHandle* settings() const { return handles_[0]; }
    const std::filesystem::path& directory() const { return directory_; }

    /// Throws Error(kStore or kIo) saying `what` was being done.
    void check(const rocksdb::Status& status, const char* what) const;

    /// Options for table files written outside the database and ingested into `columns`.
    const rocksdb::Options& column_file_options() const { return column_file_options_; }

  private:
    void open(Mode mode);
    void check_schema(Mode mode);

    std::filesystem::path directory_;
    rocksdb::Options column_file_options_;
    std::unique_ptr<rocksdb::DB> db_;
    std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

/// Whether there is a store in `directory`.
bool store_exists(const std::filesystem::path& directory);

/// Name of the sub-directory in which column files are staged; anything in it that a writer finds is a dead one's.
inline constexpr const char* kStagingDirectory = "staging";

}  // namespace strata::store
