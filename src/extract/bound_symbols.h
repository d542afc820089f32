// Which symbol the loader binds a pointer of a standalone image to: superclasses and Swift descriptors of other images
// are known by that alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "macho/segment_space.h"

namespace strata::extract {

/// A function that gives the symbol bound to the pointer at an address, empty when there is none. Chained fixups and
/// relocations of object files are looked up in place; of the bind opcodes of LC_DYLD_INFO the binds of classes and
/// Swift symbols are kept, 24 bytes each, at most 1 Mi. Borrows both. Malformed opcodes give what came before them:
/// they are an error of the imports column, not of this one.
std::function<std::string_view(uint64_t)> bound_symbols(const macho::SegmentSpace& space, const macho::Image& image);

}  // namespace strata::extract
