#include "store/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "record/firmware.h"
#include "store/block_check.h"
#include "store/keys.h"

namespace strata::store {
namespace fs = std::filesystem;
namespace {

constexpr size_t kBlockCache = 8U << 20;
constexpr size_t kWriteBuffer = 4U << 20;
constexpr size_t kAllWriteBuffers = 16U << 20;
constexpr size_t kFilterBlock = 64U << 10;
constexpr size_t kHeadBlock = 16U << 10;
constexpr int kBloomBits = 12;
constexpr int kWriterOpenFiles = 512;
// RocksDB starts as many for each family, however few its files: at its default of 16, starting and ending eighty
// threads costs more than opening the tables of a firmware.
constexpr int kOpeningThreads = 2;
constexpr int kReadOnlyAttempts = 20;
constexpr const char* kSchemaKey = "schema_version";

class SilentLogger : public rocksdb::Logger {
  public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

/// Readers keep every table file open, writers many: about 340 for a firmware at the default limits of other systems.
void raise_file_limit() {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

rocksdb::BlockBasedTableOptions table_options(bool records_in_place, const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.checksum = rocksdb::kXXH3;  // crc32c is software-only in Debian's build: a fifth of the speed
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
    table.index_type = rocksdb::BlockBasedTableOptions::kBinarySearchWithFirstKey;
    if (records_in_place) {
        // One record a block at an aligned offset; the padding of record_file.h does the rest.
        table.block_align = true;
        table.block_size = 64;
    }
    return table;
}

rocksdb::ColumnFamilyOptions family_options(bool records_in_place, const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options;
    options.compression = rocksdb::kNoCompression;
    options.write_buffer_size = kWriteBuffer;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(records_in_place, cache)));
    return options;
}

/// For what is read one after the other, thousands at a time.
rocksdb::ColumnFamilyOptions walked_options(const std::shared_ptr<rocksdb::Cache>& cache, size_t block_size) {
    auto options = family_options(false, cache);
    auto table = table_options(false, cache);
    table.block_size = block_size;
    // Whole blocks are read, and no more: they are large, the kernel reads ahead, and a block can be checked as it is
    // read (block_check.h). RocksDB's own reading ahead copies each once more.
    table.max_auto_readahead_size = 0;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

rocksdb::DBOptions database_options(Database::Mode mode) {
    rocksdb::DBOptions options;
    options.info_log = std::make_shared<SilentLogger>();
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.max_file_opening_threads = kOpeningThreads;
    options.advise_random_on_open = false;  // mapped scans of cold files are ten times slower with it
    if (mode != Database::Mode::kReadWrite) {
        options.env = checking_environment();
        options.allow_mmap_reads = mode == Database::Mode::kReadOnly;
        options.skip_stats_update_on_db_open = true;  // they choose what to compact: nothing, here
        options.max_open_files = -1;                  // values are only read in place when the table stays open
    } else {
        options.create_if_missing = true;
        options.create_missing_column_families = true;
        options.max_open_files = kWriterOpenFiles;
        options.db_write_buffer_size = kAllWriteBuffers;
        options.max_background_jobs = 2;
        options.keep_log_file_num = 1;
        options.max_total_wal_size = kAllWriteBuffers;
    }
    return options;
}

/// Held by another process or by this one; not: the lock file cannot be written (which names the file, too).
bool is_locked(const rocksdb::Status& status) {
    const std::string text = status.ToString();
    return status.IsIOError() &&
           (text.find("While lock file") != std::string::npos || text.find("lock hold by") != std::string::npos);
}

/// True also when that cannot be told: opening the store says why.
bool has_family(const fs::path& directory, const char* name) {
    std::vector<std::string> families;
    const auto status = rocksdb::DB::ListColumnFamilies({}, directory.string(), &families);
    return !status.ok() || std::find(families.begin(), families.end(), name) != families.end();
}

/// Changes whenever a commit or a flush changes the list of table files: the manifest's name and size.
std::string file_list_state(const fs::path& directory) {
    std::string manifest;
    std::getline(std::ifstream(directory / "CURRENT"), manifest);
    std::error_code error;
    return manifest + " " + std::to_string(fs::file_size(directory / manifest, error));
}

}  // namespace

bool store_exists(const fs::path& directory) {
    std::error_code error;
    if (!fs::exists(directory / "CURRENT", error)) return false;
    // A writer that is only making the store, or was killed at it, has not come to the last family yet.
    return has_family(directory, kFamilyDigests);
}

Database::Database(const fs::path& directory, Mode mode) : directory_(directory) {
    if (mode != Mode::kReadWrite && !store_exists(directory))
        throw base::Error::usage("no store at " + directory.string() +
                                 ": index a firmware first (strata index SOURCE)");
    if (mode == Mode::kReadWrite) {
        std::error_code error;
        fs::create_directories(directory, error);
        if (error) throw base::Error::store(directory.string(), "cannot create the store: " + error.message());
    }
    raise_file_limit();
    open(mode);
    check_schema(mode);
}

Database::~Database() = default;

Database::Opened::Opened() = default;

Database::Opened::~Opened() {
    close();
}

void Database::Opened::close() {
    if (!db) return;
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    handles.clear();
    db->Close();
    db.reset();
}

void Database::open(Mode mode) {
    // Who reads whole values once keeps none: the memory of one is still in the processor's cache for the next. A cache
    // it has all the same: only from one are values handed out without a copy.
    const auto cache = rocksdb::NewLRUCache(mode == Mode::kReadWhole ? 0 : kBlockCache);
    const auto plain = family_options(false, cache);
    auto columns = family_options(true, cache);
    columns.disable_auto_compactions = true;  // column files never overlap: there is nothing to merge
    const rocksdb::DBOptions options = database_options(mode);
    const auto heads = walked_options(cache, kHeadBlock);
    column_file_options_ = std::make_unique<rocksdb::Options>(options, columns);
    head_file_options_ = std::make_unique<rocksdb::Options>(options, heads);
    std::vector<rocksdb::ColumnFamilyDescriptor> families{{rocksdb::kDefaultColumnFamilyName, plain},
                                                          {kFamilyFirmwares, plain},
                                                          {kFamilyImages, heads},
                                                          {kFamilyColumns, columns},
                                                          {kFamilyDigests, plain}};
    // A writer makes what is missing; a reader of a store without filters does without.
    if (mode == Mode::kReadWrite || has_family(directory_, kFamilyFilters))
        families.emplace_back(kFamilyFilters, walked_options(cache, kFilterBlock));
    rocksdb::Status status;
    // A writer at work deletes files between our reading the list of files and opening them, and adds heads to the log
    // whose columns joined the list after we read it: try again until the list stays as it is meanwhile.
    const int attempts = mode == Mode::kReadWrite ? 1 : kReadOnlyAttempts;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (attempt != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5 * attempt));
        opened_.close();
        rocksdb::DB* db = nullptr;
        const std::string files_before = file_list_state(directory_);
        status = mode == Mode::kReadWrite
                     ? rocksdb::DB::Open(options, directory_.string(), families, &opened_.handles, &db)
                     : rocksdb::DB::OpenForReadOnly(options, directory_.string(), families, &opened_.handles, &db);
        opened_.db.reset(db);
        if (mode == Mode::kReadWrite || file_list_state(directory_) == files_before) break;
        if (status.ok()) status = rocksdb::Status::Busy("a writer commits without a pause");
    }
    if (is_locked(status))
        throw base::Error::store(directory_.string(), "is locked by another writer: try again when it is done");
    check(status, "cannot open the store");
}

void Database::check_schema(Mode mode) {
    std::string stored;
    const auto status = opened_.db->Get({}, settings(), kSchemaKey, &stored);
    const auto known = std::to_string(record::kSchemaVersion);
    if (status.IsNotFound()) {
        if (mode == Mode::kReadWrite)
            check(opened_.db->Put({}, settings(), kSchemaKey, known), "cannot write to the store");
        return;
    }
    check(status, "cannot read the store");
    const bool number = !stored.empty() && stored.size() < 10 &&
                        std::all_of(stored.begin(), stored.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number && std::stoul(stored) < record::kSchemaVersion)
        throw base::Error::store(directory_.string(), "was made by an older strata (schema " + stored +
                                                          "; this one knows " + known +
                                                          "): index the firmwares again into another --store");
    if (!number || std::stoul(stored) > record::kSchemaVersion)
        throw base::Error::store(directory_.string(),
                                 "was made by a newer strata (schema " + stored + "; this one knows " + known + ")");
}

void Database::check(const rocksdb::Status& status, const char* what) const {
    if (!status.ok()) throw base::Error::store(directory_.string(), std::string(what) + ": " + status.ToString());
}

}  // namespace strata::store
