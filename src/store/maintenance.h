// Keeping a store in shape: dropping what nobody refers to, merging files, compressing what is seldom read. Each call
// opens the store for writing by itself, and may be killed at any moment: every state in between is a valid store with
// the same answers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace strata::store {

struct CollectResult {
    uint64_t columns_dropped = 0;
    uint64_t bytes_before = 0;  ///< of the store's files
    uint64_t bytes_after = 0;
};

/// Drops columns that no firmware refers to and heads of firmwares that are gone, and gives the space of table files
/// that are mostly dead back. Memory: 12 bytes a column id.
CollectResult collect_garbage(const std::filesystem::path& directory);

/// Rewrites every table file without what was overwritten or deleted.
CollectResult compact(const std::filesystem::path& directory);

struct FreezeResult {
    uint64_t columns_changed = 0;
    uint64_t bytes_before = 0;
    uint64_t bytes_after = 0;
};

/// Marks firmwares as frozen (or not) and re-lays columns to match: the string-bearing columns (symbols, strings) that
/// only frozen firmwares refer to are kept as LZ4 blocks; all others as they are read in place. Answers do not change.
/// Throws Error(kUsage) when a firmware is not there. `progress`: column ids gone through.
FreezeResult set_frozen(const std::filesystem::path& directory, const std::vector<std::string>& firmwares, bool frozen,
                        const std::function<void(uint64_t done, uint64_t total)>& progress = {});

}  // namespace strata::store
