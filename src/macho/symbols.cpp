#include "macho/symbols.h"

namespace strata::macho {
namespace {

template <typename Nlist>
SymbolEntry decode(base::ByteView nlists, base::ByteView pool, uint64_t index) {
    const auto& raw = nlists.get<Nlist>(index * sizeof(Nlist), "symbol table entry");
    return {pool.text(raw.strx), raw.type, raw.sect, raw.desc, raw.value};
}

}  // namespace

SymbolEntry SymbolTable::operator[](uint64_t index) const {
    return is_64_ ? decode<Nlist64>(nlists_, pool_, index) : decode<Nlist32>(nlists_, pool_, index);
}

}  // namespace strata::macho
