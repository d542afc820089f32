// Checks blocks of table files while RocksDB reads them: their checksums faster than RocksDB can, or, where a checksum
// would cost more than the look-up, just that RocksDB can find its way in them.
//
// RocksDB as Debian builds it computes XXH3 with what every x86-64 has, and that was a fifth of all that a search of a
// firmware cost; libxxhash takes what this processor has. And RocksDB does not check the borders of a block whose
// checksum it does not verify: a flipped bit in its last bytes can crash it.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <cstddef>

#include "store/database.h"

namespace strata::store {

enum class BlockCheck {
    kNone,      ///< by us; RocksDB does what its options say
    kChecksum,  ///< the checksum, in place of RocksDB
    kShape      ///< that it is a block with one restart, whose first entry lies in it
};

/// Whether the checksum of a block with its trailer (RocksDB's table format: one byte for the compression, four for the
/// checksum) is right, for tables with XXH3.
bool has_right_checksum(const char* block, size_t size);
/// As for kShape; again with its trailer.
bool has_sound_shape(const char* block, size_t size);

/// As long as it lives, whatever this thread reads from a table file in a checking environment must be one block: what
/// fails the check is Corruption. They do not nest.
class BlockCheckScope {
  public:
    explicit BlockCheckScope(BlockCheck check);
    ~BlockCheckScope();
    BlockCheckScope(const BlockCheckScope&) = delete;
    BlockCheckScope& operator=(const BlockCheckScope&) = delete;
};

/// Calls `read`, with the options to read `database` with, and returns its status. It is called a second time, from the
/// start, when a check failed: then RocksDB verifies, and says what is wrong with the block, or knows a form that we do
/// not. After the first sound block whose checksum was not ours, this database's checksums are left to RocksDB.
template <typename Read>
rocksdb::Status checked_read(Database& database, BlockCheck check, const Read& read) {
    rocksdb::ReadOptions options;
    const bool checks = check != BlockCheck::kChecksum || database.knows_checksums();
    if (checks) {
        options.verify_checksums = false;
        const BlockCheckScope scope(check);
        const rocksdb::Status status = read(options);
        if (!status.IsCorruption()) return status;
    }
    options.verify_checksums = true;
    const rocksdb::Status status = read(options);
    if (checks && check == BlockCheck::kChecksum && status.ok()) database.forget_checksums();
    return status;
}

/// The usual environment, with these checks. Lives as long as the program.
rocksdb::Env* checking_environment();

}  // namespace strata::store
