// Symbol table entries (nlist) of an image, decoded one at a time from the mapping.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "macho/format.h"

namespace strata::macho {

/// One nlist entry. The name views the string pool; it is empty when the entry has none or points outside the pool.
struct SymbolEntry {
    std::string_view name;
    uint8_t type = 0;
    uint8_t section = 0;  ///< 1-based; 0 = none
    uint16_t desc = 0;
    uint64_t value = 0;  ///< unslid address, or what the type says

    bool is_stab() const { return (type & kNStab) != 0; }
    bool is_external() const { return (type & kNExternal) != 0; }
    bool is_private() const { return (type & kNPrivateExtern) != 0; }
    uint8_t kind() const { return type & kNTypeMask; }
    bool is_undefined() const { return kind() == kNUndefined || kind() == kNPrebound; }
    /// Two-level namespace library ordinal (GET_LIBRARY_ORDINAL).
    unsigned library_ordinal() const { return desc >> 8; }
};

/// Entries of a table of 32- or 64-bit nlists with its string pool. Views; free to copy.
class SymbolTable {
  public:
    SymbolTable(base::ByteView nlists, base::ByteView pool, bool is_64) : nlists_(nlists), pool_(pool), is_64_(is_64) {}

    uint64_t size() const { return nlists_.size() / (is_64_ ? sizeof(Nlist64) : sizeof(Nlist32)); }
    SymbolEntry operator[](uint64_t index) const;

  private:
    base::ByteView nlists_;
    base::ByteView pool_;
    bool is_64_;
};

}  // namespace strata::macho
