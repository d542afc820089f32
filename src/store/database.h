// How RocksDB is opened: options, column families, errors. The only file that knows them; what each option is worth is
// measured in docs/store-format.md.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/rocksdb_forward.h"

namespace strata::store {

/// One open RocksDB with strata's families. A writer's caches and write buffers cost at most about 40 MiB; a reader
/// costs the table indexes (some 60 bytes a record) and whatever pages are mapped.
class Database {
  public:
    enum class Mode {
        kReadOnly,   ///< table files are mapped: values are read where they lie
        kReadWhole,  ///< read-only too, but values are read into memory: half the cost for who reads them whole, once
        kReadWrite
    };

    /// Creates the store when writing and it is not there. Throws Error(kStore) when it is locked by another writer,
    /// corrupt or of a newer schema; Error(kUsage) when it is not there and only reading is asked for.
    Database(const std::filesystem::path& directory, Mode mode);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    rocksdb::DB& db() { return *opened_.db; }
    rocksdb::ColumnFamilyHandle* firmwares() const { return opened_.handles[1]; }
    rocksdb::ColumnFamilyHandle* images() const { return opened_.handles[2]; }
    rocksdb::ColumnFamilyHandle* columns() const { return opened_.handles[3]; }
    rocksdb::ColumnFamilyHandle* digests() const { return opened_.handles[4]; }
    /// Null in a reader of a store that has none: it was made before there were filters.
    rocksdb::ColumnFamilyHandle* filters() const { return opened_.handles.size() > 5 ? opened_.handles[5] : nullptr; }
    rocksdb::ColumnFamilyHandle* settings() const { return opened_.handles[0]; }
    const std::filesystem::path& directory() const { return directory_; }

    /// Throws Error(kStore or kIo) saying `what` was being done.
    void check(const rocksdb::Status& status, const char* what) const;

    /// Whether the checksums of its tables are those that block_check.h computes: so it is taken to be until it is not.
    bool knows_checksums() const { return knows_checksums_.load(std::memory_order_relaxed); }
    void forget_checksums() { knows_checksums_.store(false, std::memory_order_relaxed); }

    /// Options for table files written outside the database and ingested into `columns`.
    const rocksdb::Options& column_file_options() const { return *column_file_options_; }
    /// The same for `images`.
    const rocksdb::Options& head_file_options() const { return *head_file_options_; }

  private:
    /// Closes in the order RocksDB asks for, also when a constructor ends half-way: first the handles, then the
    /// database.
    struct Opened {
        std::unique_ptr<rocksdb::DB> db;
        std::vector<rocksdb::ColumnFamilyHandle*> handles;
        Opened();
        ~Opened();
        void close();
        Opened(const Opened&) = delete;
        Opened& operator=(const Opened&) = delete;
    };

    void open(Mode mode);
    void check_schema(Mode mode);

    std::filesystem::path directory_;
    std::atomic<bool> knows_checksums_ = true;
    std::unique_ptr<rocksdb::Options> column_file_options_;
    std::unique_ptr<rocksdb::Options> head_file_options_;
    Opened opened_;
};

/// Whether there is a store in `directory`.
bool store_exists(const std::filesystem::path& directory);

/// Name of the sub-directory in which column files are staged; anything in it that a writer finds is a dead one's.
inline constexpr const char* kStagingDirectory = "staging";

}  // namespace strata::store
