// LC_FUNCTION_STARTS: ULEB128 deltas, the first from the mach header, each next from the start before it.
#pragma once

#include <cstdint>
#include <functional>

#include "macho/image.h"

namespace strata::macho {

/// Calls `visit` with each start in ascending order. On 32-bit ARM bit 0 (Thumb) is cleared. A zero delta or the end of
/// the data ends the list. Throws Error(kInput) when a start leaves __TEXT.
void walk_function_starts(const Image& image, const std::function<void(uint64_t address)>& visit);

}  // namespace strata::macho
