#include "diff/relevance.h"

#include <algorithm>
#include <bit>

#include "diff/build_facts.h"
#include "diff/image_diff.h"

namespace strata::diff {
namespace {

using record::SymbolKind;

/// 16 times the binary logarithm of n + 1, linear between powers of two: integers, so that every machine ranks alike.
uint32_t scaled_log(uint64_t n) {
    const uint64_t value = std::min<uint64_t>(n, UINT32_MAX) + 1;
    const auto power = static_cast<uint32_t>(std::bit_width(value) - 1);
    const auto fraction = static_cast<uint32_t>(((value << 4) >> power) & 15);
    return power * 16 + fraction;
}

class Scale {
  public:
    /// `one` and `many` name a change: "new export", "new exports".
    void add(uint64_t count, uint32_t weight, const char* one, const char* many) {
        if (count == 0) return;
        parts_.push_back({weight * scaled_log(count), std::to_string(count) + " " + (count == 1 ? one : many)});
    }

    Relevance take() {
        std::stable_sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.score > b.score; });
        Relevance relevance;
        uint32_t sum = 0;
        for (auto& part : parts_) {
            sum += part.score;
            relevance.reasons.push_back(std::move(part.reason));
        }
        relevance.score = (sum + 15) / 16;
        return relevance;
    }

  private:
    struct Part {
        uint32_t score;
        std::string reason;
    };
    std::vector<Part> parts_;
};

bool is_export(const SymbolFact& symbol) {
    return (symbol.flags & record::kSymbolExported) != 0 || symbol.kind == SymbolKind::kExport ||
           symbol.kind == SymbolKind::kReexport || symbol.kind == SymbolKind::kWeak;
}
bool is_import(const SymbolFact& symbol) {
    return symbol.kind == SymbolKind::kImport;
}

struct SymbolCounts {
    uint64_t exports = 0;
    uint64_t imports = 0;
    uint64_t others = 0;

    void add(const SymbolFact& symbol) { ++(is_export(symbol) ? exports : is_import(symbol) ? imports : others); }
};

void add_symbols(Scale& scale, const SymbolDifference& symbols) {
    SymbolCounts now;
    SymbolCounts gone;
    SymbolCounts changed;
    for (const auto& symbol : symbols.added) now.add(symbol);
    for (const auto& symbol : symbols.removed) gone.add(symbol);
    for (const auto& [before, after] : symbols.changed) {
        if (is_export(after) && !is_export(before)) {
            ++now.exports;
        } else if (is_export(before) && !is_export(after)) {
            ++gone.exports;
        } else {
            changed.add(after);
        }
    }
    scale.add(now.exports, 10, "new export", "new exports");
    scale.add(gone.exports, 10, "removed export", "removed exports");
    scale.add(changed.exports, 4, "changed export", "changed exports");
    scale.add(now.imports, 5, "new import", "new imports");
    scale.add(gone.imports, 2, "removed import", "removed imports");
    scale.add(changed.imports, 2, "import from elsewhere", "imports from elsewhere");
    scale.add(now.others + gone.others + changed.others, 1, "local symbol", "local symbols");
}

void add_parts(Scale& scale, const ImageDiff& diff) {
    scale.add(diff.functions.added.size(), 8, "new function", "new functions");
    scale.add(diff.functions.removed.size(), 5, "removed function", "removed functions");
    scale.add(diff.functions.changed.size(), 4, "changed function", "changed functions");
    scale.add(diff.functions.resized.size(), 4, "resized function", "resized functions");
    scale.add(diff.strings.added.size(), 4, "new string", "new strings");
    scale.add(diff.strings.removed.size(), 2, "removed string", "removed strings");
    scale.add(diff.dependencies.added.size(), 6, "new dependency", "new dependencies");
    scale.add(diff.dependencies.removed.size(), 4, "removed dependency", "removed dependencies");
    const auto& commands = diff.load_commands;
    scale.add(commands.added.size() + commands.removed.size() + commands.changed.size(), 3, "load command",
              "load commands");
    scale.add(diff.sections.added.size() + diff.sections.removed.size(), 3, "new or removed section",
              "new or removed sections");
    scale.add(diff.sections.resized.size() + diff.sections.changed.size(), 1, "changed section", "changed sections");
}

/// How many of them no build changes by itself.
template <typename Facts>
uint64_t meant(const FactGroup& group, const Facts& facts) {
    return static_cast<uint64_t>(std::count_if(facts.begin(), facts.end(), [&](const auto& fact) {
        return !is_build_fact(group.kind, fact.owner, fact.name);
    }));
}

void add_facts(Scale& scale, const FactGroup& group) {
    if (has_only_build_facts(group)) return;
    const uint64_t now = meant(group, group.added);
    const uint64_t gone = meant(group, group.removed);
    const uint64_t changed = meant(group, group.changed);
    const auto is_entitlement = [](const auto& fact) { return fact.owner == "entitlements"; };
    const auto entitlements = [&](const auto& facts) {
        return static_cast<uint64_t>(std::count_if(facts.begin(), facts.end(), is_entitlement));
    };
    switch (group.kind) {
        case record::ColumnKind::kSignature: {
            const uint64_t granted =
                entitlements(group.added) + entitlements(group.removed) + entitlements(group.changed);
            scale.add(granted, 12, "entitlement", "entitlements");
            scale.add(now + gone + changed - granted, 2, "other signature fact", "other signature facts");
            break;
        }
        case record::ColumnKind::kObjc:
        case record::ColumnKind::kSwift: {
            const bool objc = group.kind == record::ColumnKind::kObjc;
            scale.add(now, 8, objc ? "new Objective-C fact" : "new Swift fact",
                      objc ? "new Objective-C facts" : "new Swift facts");
            scale.add(gone, 6, objc ? "removed Objective-C fact" : "removed Swift fact",
                      objc ? "removed Objective-C facts" : "removed Swift facts");
            scale.add(changed, 4, objc ? "changed Objective-C fact" : "changed Swift fact",
                      objc ? "changed Objective-C facts" : "changed Swift facts");
            break;
        }
        case record::ColumnKind::kData:
            scale.add(now + gone + changed, 1, "changed data section or symbol", "changed data sections and symbols");
            break;
        default:
            // Imports are told as symbols too: only what symbols do not say is left to count.
            scale.add(now + gone + changed, 1, "bound import", "bound imports");
    }
}

/// uuid and versions say that it was built again, not that anything changed.
bool is_build_scalar(const std::string& fact) {
    return fact == "uuid" || fact == "source_version" || fact == "min_os" || fact == "sdk" || fact == "install_name";
}

}  // namespace

Relevance relevance_of(const ImageDiff& diff) {
    Scale scale;
    add_symbols(scale, diff.symbols);
    add_parts(scale, diff);
    for (const auto& group : diff.facts) add_facts(scale, group);
    const auto facts = std::count_if(diff.scalars.begin(), diff.scalars.end(),
                                     [](const ScalarChange& scalar) { return !is_build_scalar(scalar.fact); });
    scale.add(static_cast<uint64_t>(facts), 3, "header fact", "header facts");
    return scale.take();
}

Relevance relevance_of_whole(const record::Head& head) {
    using record::ColumnKind;
    Scale scale;
    scale.add(head.column(ColumnKind::kFunctions).count, 4, "function", "functions");
    scale.add(head.column(ColumnKind::kSymbols).count, 3, "symbol", "symbols");
    scale.add(head.column(ColumnKind::kStrings).count, 1, "string", "strings");
    return scale.take();
}

}  // namespace strata::diff
