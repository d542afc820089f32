// One address table for all files of a cache.
#pragma once

#include <cstdint>
#include <vector>

#include "dyld/cache_files.h"

namespace strata::dyld {

/// A mapping of one file. 40 bytes; at most some hundreds.
struct Region {
    uint64_t address = 0;
    uint64_t size = 0;
    uint64_t file_offset = 0;
    uint32_t file = 0;     ///< index into CacheFiles::files
    uint32_t mapping = 0;  ///< index into that file's header.mappings
};

/// Sorted, free of overlaps. Immutable after construction; safe to share.
class Mappings {
  public:
    /// Throws Error(kInput) when two mappings overlap.
    explicit Mappings(const CacheFiles& files);

    /// The region that holds unslid `address`, or null.
    const Region* find(uint64_t address) const;

    const std::vector<Region>& regions() const { return regions_; }

  private:
    std::vector<Region> regions_;
};

}  // namespace strata::dyld
