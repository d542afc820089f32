// Where the selectors of "direct" method lists are found in a shared cache.
#pragma once

#include "dyld/cache.h"
#include "macho/objc.h"

namespace strata::dyld {

/// What direct selectors of this cache are offsets from:
///  - up to dyld-852 (header up to 0x140): each from its own field;
///  - dyld-940 to 960 (header 0x1c8): the address in libobjc's __TEXT,__objc_opt_ro (objc_opt_t version 16,
///    relativeMethodListsBaseAddressOffset at 0x28);
///  - since dyld-1042 (header from 0x1e0 on): ObjCOptimizationHeader.relativeMethodSelectorBaseAddressOffset (0x30),
///    found by the header's objcOptsOffset.
/// A base of 0 means that there is none. When the file that would tell is missing or damaged the answer is kUnknown:
/// a wrong base would give wrong names. Throws nothing; reads a few hundred bytes.
macho::SelectorBase find_selector_base(const SharedCache& cache);

}  // namespace strata::dyld
