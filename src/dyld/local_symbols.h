// Local symbols that the cache builder took out of the images ("unmapped"): at the end of the main file up to iOS 14,
// in the .symbols file from iOS 15 on (dyld_cache_local_symbols_info).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "dyld/cache_header.h"
#include "macho/symbols.h"

namespace strata::dyld {

/// An index over the table: 16 bytes an image. The entries themselves stay in the mapping.
class LocalSymbols {
  public:
    LocalSymbols() = default;

    /// `file` and `header` are of the file that holds the table. Throws Error(kInput) when the tables leave it.
    LocalSymbols(base::ByteView file, const CacheHeader& header, bool is_64);

    bool empty() const { return by_offset_.empty(); }

    /// Local symbols of the image whose mach header is `vm_offset` bytes after the cache's base; empty when it has
    /// none. Throws Error(kInput) when its entry leaves the table.
    macho::SymbolTable of(uint64_t vm_offset) const;

  private:
    struct Entry {
        uint64_t offset;
        uint64_t index;
    };

    base::ByteView entries_;
    base::ByteView nlists_;
    base::ByteView pool_;
    bool wide_ = false;
    bool is_64_ = true;
    std::vector<Entry> by_offset_;
};

}  // namespace strata::dyld
