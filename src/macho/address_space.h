// What a Mach-O image is read through: addresses to bytes. A shared cache gives one made of the mappings of all its
// files; a standalone file can give one made of its segments. So one reader serves both and nothing is extracted first.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace strata::macho {

/// What a pointer word stored in data stands for.
struct StoredPointer {
    enum class Kind : uint8_t {
        kNull,
        kAddress,  ///< of this image (or, in a cache, of any image): `value` is unslid
        kBind,     ///< filled in when loading: `value` is the number of an import (chained fixups: index into their
                   ///< imports; object files: index into the symbol table)
    };
    Kind kind = Kind::kNull;
    uint64_t value = 0;
    uint64_t addend = 0;         ///< of a bind
    bool authenticated = false;  ///< arm64e: signed when loaded
};

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

    /// The unslid address that a pointer word stored in data stands for; 0 for null, and for a pointer that is bound to
    /// another image. `where` is the word's own address.
    virtual uint64_t decode_pointer(uint64_t raw, uint64_t where) const = 0;

    /// The same, with binds told apart. Of files older than chained fixups (LC_DYLD_INFO) a bound word is plain data,
    /// in practice null: only the bind opcodes tell.
    virtual StoredPointer stored_pointer(uint64_t raw, uint64_t where) const {
        const uint64_t address = decode_pointer(raw, where);
        return {address == 0 ? StoredPointer::Kind::kNull : StoredPointer::Kind::kAddress, address};
    }
};

}  // namespace strata::macho
