// Independent pieces of work on all cores.
#pragma once

#include <cstdint>
#include <functional>

namespace strata::query {

/// Calls `work` with 0 to count - 1, in any order, on `jobs` threads (0 = all cores), and returns when all is done. The
/// first exception ends the rest early and is thrown here.
void for_each_parallel(uint64_t count, unsigned jobs, const std::function<void(uint64_t)>& work);

}  // namespace strata::query
