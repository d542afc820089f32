// What a Mach-O image is read through: addresses to bytes. A shared cache gives one made of the mappings of all its
// files; a standalone file can give one made of its segments. So one reader serves both and nothing is extracted first.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace strata::macho {

class AddressSpace {
  public:
    AddressSpace() = default;
    AddressSpace(const AddressSpace&) = delete;
    AddressSpace& operator=(const AddressSpace&) = delete;
    virtual ~AddressSpace() = default;

    /// Everything from unslid `address` to the end of the mapping that holds it. Throws Error(kInput) naming `what`,
    /// and what is missing, when no opened file holds it. The view lives as long as this object.
    virtual base::ByteView rest(uint64_t address, const char* what) const = 0;

    /// [address, address+size), which must lie in one mapping.
    base::ByteView at(uint64_t address, uint64_t size, const char* what) const {
        return rest(address, what).sub(0, size, what);
    }

    /// The unslid address that a pointer word stored in data stands for; 0 for null. `where` is the word's own address.
    virtual uint64_t decode_pointer(uint64_t raw, uint64_t where) const = 0;
};

}  // namespace strata::macho
