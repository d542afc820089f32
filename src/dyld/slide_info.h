// Slide info: how pointers are stored in a cache's data (dyld_cache_slide_info 1 to 5, Apple's dyld_cache_format.h).
//
// Data pages hold unslid but encoded pointers. Reading one pointer never needs the chain of its page, only the version
// and its constants; the chains are still checked once when a cache is opened, so that damage is reported and not
// decoded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/residency.h"
#include "dyld/cache_header.h"

namespace strata::dyld {

/// Constants of one slide info. Value type.
struct SlideInfo {
    uint32_t version = 0;
    uint32_t page_size = 0;
    uint64_t delta_mask = 0;  ///< versions 2 and 4
    uint64_t value_add = 0;   ///< versions 2 to 5 (version 3: of authenticated pointers)
    unsigned pointer_size = 8;

    /// The unslid address that `raw` stands for, without tags; 0 for null.
    uint64_t decode(uint64_t raw) const;

    /// What else `raw` says and no layout changes: how it is signed, its top byte. 0 for a plain pointer.
    uint64_t tag(uint64_t raw) const;
};

/// A range of addresses whose stored pointers cannot be trusted, and why.
struct BadRange {
    uint64_t address = 0;
    uint64_t size = 0;
    base::Error error;
};

/// Reads the constants and checks tables against their bounds. Throws Error(kInput).
SlideInfo read_slide_info(base::ByteView file, const Mapping& mapping, unsigned pointer_size);

/// Calls `visit` with the place (bytes into the mapping) and the raw word of every pointer that begins in [begin, end)
/// of the mapping, page by page; the order within a page is the chains'. Throws Error(kInput) when a chain is broken.
void walk_pointers(base::ByteView file, const Mapping& mapping, const SlideInfo& info, uint64_t begin, uint64_t end,
                   const std::function<void(uint64_t at, uint64_t raw)>& visit);

/// Walks every chain of `mapping`; each page that has a broken one gives a BadRange (at most `limit`, then the whole
/// mapping is one). Touches every page that has pointers.
void check_chains(base::ByteView file, const Mapping& mapping, const SlideInfo& info, size_t limit,
                  std::vector<BadRange>& bad, base::Residency& residency);

}  // namespace strata::dyld
