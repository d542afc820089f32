#include "query/areas.h"

#include <array>

namespace strata::query {
namespace {

using record::ColumnKind;

struct AreaInfo {
    Area area;
    const char* name;
    std::optional<ColumnKind> column;  ///< images are in no column
};
constexpr std::array kAreas{AreaInfo{Area::kImages, "images", std::nullopt},
                            AreaInfo{Area::kDependencies, "dependencies", ColumnKind::kLayout},
                            AreaInfo{Area::kSections, "sections", ColumnKind::kLayout},
                            AreaInfo{Area::kSymbols, "symbols", ColumnKind::kSymbols},
                            AreaInfo{Area::kFunctions, "functions", ColumnKind::kSymbols},
                            AreaInfo{Area::kStrings, "strings", ColumnKind::kStrings},
                            AreaInfo{Area::kImports, "imports", ColumnKind::kImports},
                            AreaInfo{Area::kSignature, "signature", ColumnKind::kSignature},
                            AreaInfo{Area::kObjc, "objc", ColumnKind::kObjc},
                            AreaInfo{Area::kSwift, "swift", ColumnKind::kSwift}};

const AreaInfo& info_of(Area area) {
    return kAreas[static_cast<size_t>(area)];
}

}  // namespace

const char* area_name(Area area) {
    return info_of(area).name;
}

std::optional<Area> area_of(std::string_view name) {
    for (const auto& info : kAreas)
        if (name == info.name) return info.area;
    return std::nullopt;
}

std::optional<ColumnKind> column_of(Area area) {
    return info_of(area).column;
}

std::string section_text(const record::Layout::Section& section) {
    return std::string(section.segment) + "," + std::string(section.name);
}

bool matches_section(const Pattern& pattern, const record::Layout::Section& section) {
    return pattern.matches(section.name) || pattern.matches(section_text(section));
}

bool matches_fact(const Pattern& pattern, const record::FactView& fact) {
    return pattern.matches(fact.name) || pattern.matches(fact.owner) || pattern.matches(fact.value);
}

}  // namespace strata::query
