// Which image of a cache an address belongs to.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "dyld/cache.h"

namespace strata::extract {

/// Made when first asked: reads the load commands of all images once. 32 bytes a segment. Safe from many threads.
class CacheOwners {
  public:
    /// `cache` must outlive this.
    explicit CacheOwners(const dyld::SharedCache& cache) : cache_(cache) {}

    /// The path of the image, a view of the cache; empty when `address` is in none.
    std::string_view of(uint64_t address) const;

  private:
    struct Range {
        uint64_t begin = 0;
        uint64_t end = 0;
        std::string_view path;
    };
    void read() const;

    const dyld::SharedCache& cache_;
    mutable std::once_flag once_;
    mutable std::vector<Range> ranges_;  // by address
};

}  // namespace strata::extract
