// What a search tells.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "query/areas.h"
#include "record/code.h"

namespace strata::query {

/// One place where something was found; texts are borrowed for the time of the call.
struct Hit {
    std::string_view firmware;
    std::string_view image;
    Area area = Area::kSymbols;
    std::string_view text;   ///< what matched: the symbol's name, the string, ...; of a fact its name
    std::string_view kind;   ///< of a symbol or dependency
    std::string_view from;   ///< symbol: dylib it comes from; string: its section; fact: its owner
    std::string_view value;  ///< of a fact; re-exported symbol: its name there
    std::optional<uint64_t> address;
    std::optional<uint64_t> size;  ///< bytes; functions and sections
    record::CodeRecord code;       ///< functions, when FindOptions::fingerprints says so; else zeros
};
using OnHit = std::function<void(const Hit&)>;

}  // namespace strata::query
