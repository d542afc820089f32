// Look-ups shared by the writer and by readers: manifests and heads.
#pragma once

#include <rocksdb/slice.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/residency.h"
#include "record/firmware.h"
#include "record/head.h"
#include "store/database.h"

namespace strata::store {

std::optional<record::Firmware> find_firmware(Database& database, const std::string& name);

/// All firmwares, by name.
std::vector<record::Firmware> list_firmwares(Database& database);

/// The id of the column with this digest, when it is stored and committed.
std::optional<uint64_t> find_column(Database& database, const base::Digest& digest);

/// The next firmware id to hand out; written back, one higher, by whoever uses it.
uint32_t next_firmware_id(Database& database);
inline constexpr const char* kNextFirmwareKey = "next_firmware_id";

/// Decodes a framed head as it lies in the store; copies it first when it is not aligned. Throws Error(kStore).
record::Head decode_stored_head(std::string_view value);

/// Walks the heads of one firmware by path. Borrows the database.
class HeadCursor {
  public:
    ~HeadCursor();
    bool valid() const;
    std::string_view path() const;
    record::Head head() const;
    /// The head's record, aligned for reading in place (record/head_view.h); holds until the cursor moves. Throws
    /// Error(kStore).
    std::string_view message();
    void next();
    void seek(std::string_view path);
    /// Throws Error(kStore) when the walk ended because of damage.
    void check() const;

  private:
    friend std::unique_ptr<HeadCursor> walk_heads(Database& database, uint32_t firmware, base::Residency* residency);
    HeadCursor(Database& database, uint32_t firmware, base::Residency* residency);

    Database& database_;
    base::Residency* residency_;
    std::string begin_;
    std::string end_;
    rocksdb::Slice end_slice_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
    std::vector<uint64_t> copy_;  // of a head that does not lie aligned
};

/// Heap-allocated because its iterator refers to its bounds. `residency` (may be null) is told of the heads that were
/// passed: those of fifty firmwares are some 300 MB of mapped pages.
std::unique_ptr<HeadCursor> walk_heads(Database& database, uint32_t firmware, base::Residency* residency = nullptr);

}  // namespace strata::store
