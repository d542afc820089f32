// Read-only access to a store: any number of readers, beside a writer, none of them waiting for another.
#pragma once

#include <rocksdb/slice.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/residency.h"
#include "record/firmware.h"
#include "record/head.h"
#include "store/catalog.h"
#include "store/database.h"
#include "store/filters.h"

namespace strata::store {

/// The right to read one column record where it lies: keeps the mapping alive as long as it lives. Movable.
class Lease {
  public:
    std::string_view message() const { return message_; }

  private:
    friend class Reader;
    std::unique_ptr<rocksdb::PinnableSlice> slice_;
    std::vector<uint64_t> copy_;  // only when the record could not be read in place (or is frozen)
    std::string_view message_;
};

/// Records read since opening.
struct ReadCounters {
    std::atomic<uint64_t> records_in_place{0};
    std::atomic<uint64_t> records_copied{0};
    std::atomic<uint64_t> bytes_in_place{0};
    std::atomic<uint64_t> bytes_copied{0};
    std::atomic<uint64_t> records_thawed{0};
    std::atomic<uint64_t> bytes_thawed{0};
};

/// Sizes of a store's parts in bytes.
struct StoreSizes {
    uint64_t total = 0;  ///< all files
    uint64_t columns = 0;
    uint64_t images = 0;
    uint64_t digests = 0;
    uint64_t filters = 0;
};

/// A snapshot of the store as it was when opened. Safe from many threads. Keeps about 48 MiB of mapped pages resident
/// at most, whatever it reads.
class Reader {
  public:
    /// Throws Error(kUsage) when there is no store, Error(kStore) when it cannot be read.
    explicit Reader(const std::filesystem::path& directory, Database::Mode mode = Database::Mode::kReadOnly);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    std::optional<record::Firmware> find(const std::string& name);
    std::vector<record::Firmware> firmwares();

    /// Throws Error(kUsage) naming the firmware when it is not there.
    record::Firmware firmware(const std::string& name);

    /// Heap-allocated because its iterator refers to its bounds.
    std::unique_ptr<HeadCursor> heads(uint32_t firmware);

    /// The head of one image; empty when there is none.
    std::optional<record::Head> head(uint32_t firmware, std::string_view path);

    /// One column record, in place. Its checksum is verified. Throws Error(kStore) when it is missing or damaged.
    Lease column(uint64_t id);

    /// The same without its checksum, which would read all of it: for a binary search that looks at a dozen entries.
    /// Whoever reports a fact from it reads the record again by column().
    Lease peek(uint64_t id);

    /// Calls `visit` with the filter of each column of this kind in `ids` that has one (store/filters.h), by id.
    void for_each_filter(record::ColumnKind kind, IdRange ids,
                         const std::function<void(uint64_t id, std::string_view filter)>& visit);

    const ReadCounters& counters() const { return counters_; }
    StoreSizes sizes();
    /// For maintenance (verify.h, references.h), which looks at more than firmwares.
    Database& database() { return database_; }

  private:
    struct Range {
        uintptr_t begin;
        uintptr_t end;
        bool operator==(const Range&) const = default;
    };
    static std::vector<Range> all_mapped_files();
    Lease read_column(uint64_t id, bool verify);
    void open_record(std::string_view value, Lease& lease);
    bool is_mapped(const char* data) const;
    void release_pages() const;
    void touched(uint64_t bytes);

    // Held while the database is opened and while it is closed: what is mapped in between is this reader's own. The
    // pages of another one's files may be memory of quite another kind by the time they are given back.
    std::unique_lock<std::mutex> opening_;
    const bool maps_;  // table files; else there are no pages to give back
    std::vector<Range> mapped_before_;
    Database database_;
    std::vector<Range> mapped_;  // its table files, sorted
    base::Residency residency_;
    ReadCounters counters_;
};

}  // namespace strata::store
