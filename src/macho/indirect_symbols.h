// The indirect symbol table (LC_DYSYMTAB): which symbol each stub and each symbol pointer of an image stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "macho/image.h"
#include "macho/symbols.h"

namespace strata::macho {

/// Views; free to copy. A table that is not there or leaves the linkedit names nothing.
class IndirectSymbols {
  public:
    IndirectSymbols(const AddressSpace& space, const Image& image);

    /// Entries of `section`, and how many bytes each has; nothing for a section that has no indirect symbols.
    struct Slots {
        uint64_t count = 0;
        uint64_t size = 0;
        uint32_t first = 0;  ///< index of its first entry in the table
    };
    Slots slots(const Section& section) const;

    /// The name that entry `index` of the table stands for; empty for none. It views the string pool.
    std::string_view name(uint64_t index) const;

  private:
    SymbolTable symbols_;
    base::ByteView table_;
    unsigned pointer_size_;
};

}  // namespace strata::macho
