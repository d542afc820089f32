// The one writer of a store: firmware manifests, image heads, columns.
//
// A commit waits for the disk, so it goes on behind the writer's back while what comes after it is staged.
// Order of every commit: first the columns (durable table files), then one atomic batch with the digests that find them
// and the heads that refer to them. So whatever has a head is whole, whenever the process dies; columns that lost their
// heads are only unused space.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "record/column.h"
#include "record/firmware.h"
#include "record/head.h"
#include "store/column_writer.h"
#include "store/database.h"

namespace strata::store {

/// Work done since opening.
struct WriteCounters {
    uint64_t chunks_written = 0;
    uint64_t chunks_shared = 0;
    uint64_t bytes_written = 0;
    uint64_t bytes_shared = 0;
};

/// Holds the store's lock. Not thread-safe, except head_state(), source_of() and find(). Pending work is bounded to
/// about 32 MiB on disk and, in memory, 60 bytes a chunk plus twice the heads of those images; and as much again while
/// one commit is under way.
class Writer {
  public:
    explicit Writer(const std::filesystem::path& directory);

    std::optional<record::Firmware> find(const std::string& name);
    std::vector<record::Firmware> firmwares();

    /// A firmware id that was never used.
    uint32_t new_firmware_id();

    /// Writes the manifest at once.
    void put_firmware(const record::Firmware& firmware);

    enum class HeadState { kAbsent, kWhole, kFailed };
    HeadState head_state(uint32_t firmware, const std::string& path);
    /// The head of an image whose facts are all in the store, or were put and are not committed yet; nothing when it
    /// has none, or one that says why it failed.
    std::optional<record::Head> whole_head(uint32_t firmware, const std::string& path);
    /// Which of the firmware's sources the image of this path is from; empty when there is none.
    std::optional<uint16_t> source_of(uint32_t firmware, const std::string& path);

    /// Stores a chunk unless its content is there already; gives its id either way.
    uint64_t put_chunk(const record::Chunk& chunk);
    /// Counts the chunks of a head that another image has already, as if they had been put again.
    void count_shared(const record::Head& head);

    /// Completes an image; durable against a kill after the next commit(), which happens by itself every so often.
    void put_head(uint32_t firmware, const std::string& path, const record::Head& head);

    /// Makes everything put so far part of the store. A commit that happened by itself and failed throws here, or in
    /// the put that begins the next one; and so does every one after that.
    void commit();

    /// commit(), and everything is on disk in table files when it returns.
    void flush();

    /// Removes the manifest and all heads. Columns stay until they are collected.
    void remove_firmware(const record::Firmware& firmware);

    const WriteCounters& counters() const { return counters_; }
    /// A place for files of this run, cleared by the next one.
    std::filesystem::path staging_directory() const { return database_.directory() / kStagingDirectory; }

  private:
    /// What one commit adds after its columns, and what has to be found before it has.
    struct Batch {
        rocksdb::WriteBatch writes;
        std::unordered_map<std::string, uint64_t> digests;   // of its chunks
        std::unordered_map<std::string, std::string> heads;  // by their keys
    };

    std::optional<uint64_t> find_chunk(const base::Digest& digest);
    const std::string* find_head(const std::string& key) const;
    void begin_commit();
    void end_commit();

    Database database_;
    ColumnWriter columns_;
    Batch batch_;
    Batch committing_;  // while commit_ is under way
    std::string value_;
    WriteCounters counters_;
    uint64_t next_file_bytes_ = 4U << 20;  // grows up to kColumnFileBytes: who is killed soon has not lost all
    std::shared_future<void> commit_;      // the last member: its end is waited for before what it uses goes
};

}  // namespace strata::store
