// Where a search looks: the areas, the columns they are in, and what a pattern is held against there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "query/pattern.h"
#include "record/column.h"
#include "record/facts.h"
#include "record/layout.h"

namespace strata::query {

/// Hits of one image come in this order.
enum class Area : uint8_t {
    kImages,        ///< paths
    kDependencies,  ///< names of the libraries an image needs
    kSections,      ///< "__TEXT,__text", or "__text" alone
    kSymbols,
    kFunctions,  ///< symbols at which a function starts
    kStrings,
    kImports,  ///< facts columns: owners, names and values
    kSignature,
    kObjc,
    kSwift,
};
/// "images", "dependencies", ...
const char* area_name(Area area);
std::optional<Area> area_of(std::string_view name);
/// Empty: images are in no column.
std::optional<record::ColumnKind> column_of(Area area);

/// "__TEXT,__text"
std::string section_text(const record::Layout::Section& section);
bool matches_section(const Pattern& pattern, const record::Layout::Section& section);
bool matches_fact(const Pattern& pattern, const record::FactView& fact);

}  // namespace strata::query
