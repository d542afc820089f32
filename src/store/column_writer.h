// Writes column records into table files of their own and hands them to the database whole.
//
// Ids are handed out in ascending order, so each file's keys follow the last one's: files never overlap, RocksDB places
// them without merging, and every byte is written once. A file is durable before anything refers to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/database.h"
#include "store/rocksdb_forward.h"

namespace strata::store {

/// When a file has so much in it, the next record begins another one. Whoever opens the store opens each of its files,
/// which costs some 70 us; a killed writer loses what is in the one that is not full.
inline constexpr uint64_t kColumnFileBytes = 32U << 20;

/// A table file that nothing more is put into, and that is not part of the database yet.
class StagedFile {
  public:
    StagedFile();
    ~StagedFile();
    StagedFile(StagedFile&&) noexcept;
    StagedFile& operator=(StagedFile&&) noexcept;

    bool empty() const { return writer_ == nullptr; }

  private:
    friend class ColumnWriter;
    std::unique_ptr<rocksdb::SstFileWriter> writer_;
    std::string path_;
    uint64_t bytes_ = 0;
};

/// One at a time, by the one writer. Costs the table's index while a file is open: some 60 bytes a record.
class ColumnWriter {
  public:
    /// Removes staged files that a killed writer left, and finds the next free id.
    explicit ColumnWriter(Database& database);
    ~ColumnWriter();

    /// Stages one record and returns its id.
    uint64_t add(std::string_view message);

    /// Stages a record that replaces the one with this id, frozen or for reading in place. Ids must ascend between two
    /// ingest() calls, and must not be mixed with add().
    void replace(uint64_t id, std::string_view message, bool frozen);

    /// Ids handed out so far are below this.
    uint64_t end_of_ids() const { return next_id_; }

    /// Forgets what is staged.
    void discard();

    /// Makes everything staged part of the database. Nothing staged: does nothing.
    void ingest() { ingest(take()); }

    /// In two steps: what is staged, and the next record begins another file; then that file becomes part of the
    /// database, which waits for the disk and may be done by another thread. Files must be ingested in their order.
    StagedFile take();
    void ingest(StagedFile file) const;

    uint64_t staged_bytes() const { return file_.bytes_; }

  private:
    void start_file();
    void stage(uint64_t id);

    Database& database_;
    StagedFile file_;
    std::string value_;
    uint64_t next_id_ = 1;
    uint64_t next_file_ = 0;
};

}  // namespace strata::store
