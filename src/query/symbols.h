// The stored symbols of one image: names, kinds, addresses, where imports come from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "query/pattern.h"
#include "record/head.h"
#include "record/symbols.h"
#include "store/reader.h"

namespace strata::query {

/// One symbol; texts are borrowed for the time of the call.
struct Symbol {
    std::string_view name;
    record::SymbolKind kind = record::SymbolKind::kLocal;
    uint8_t flags = 0;                ///< record::kSymbolExported and so on
    std::optional<uint64_t> address;  ///< unslid; imports and re-exports have none
    std::string_view dylib;           ///< where an import or a re-export comes from, when known
    std::string_view target;          ///< re-exports: its name there, when it is another
};
using OnSymbol = std::function<void(const Symbol&)>;

/// What is asked for; empty: everything.
struct SymbolFilter {
    const Pattern* pattern = nullptr;
    std::vector<record::SymbolKind> kinds;
};

/// Calls `on_symbol` for all symbols of an image that pass, sorted by name. Memory: one chunk at a time, in place.
/// Throws Error(kStore) on damage.
void for_each_symbol(store::Reader& reader, const record::Head& head, const SymbolFilter& filter,
                     const OnSymbol& on_symbol);

}  // namespace strata::query
