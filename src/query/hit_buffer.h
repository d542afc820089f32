// Hits that are told later.
#pragma once

#include <memory_resource>
#include <vector>

#include "query/hit.h"

namespace strata::query {

/// Owns copies of what hits refer to, but for the names of firmware and image, which must outlive it. Memory: some 200
/// bytes a hit, and its texts. Not copyable, because hits refer to its memory.
class HitBuffer {
  public:
    HitBuffer() = default;
    HitBuffer(const HitBuffer&) = delete;
    HitBuffer& operator=(const HitBuffer&) = delete;

    void add(const Hit& hit);
    /// In the order in which they were added.
    void tell(const OnHit& on_hit) const;

  private:
    std::string_view keep(std::string_view text);

    std::pmr::monotonic_buffer_resource memory_;
    std::vector<Hit> hits_;
};

}  // namespace strata::query
