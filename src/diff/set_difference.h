// Differences of two sorted columns, merged where they lie.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "diff/rules.h"
#include "record/head.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "store/reader.h"

namespace strata::diff {

/// A symbol that only one side has. Views a leased record.
struct SymbolFact {
    std::string_view name;
    record::SymbolKind kind = record::SymbolKind::kLocal;
    std::string_view dylib;
    std::string_view target;
    auto operator<=>(const SymbolFact&) const = default;
};

/// A string that only one side has.
struct StringFact {
    std::string_view value;
    std::string_view section;
    auto operator<=>(const StringFact&) const = default;
};

/// What is on one side only, sorted; `leases` keep the views alive.
template <typename Fact>
struct SetDifference {
    std::vector<Fact> added;
    std::vector<Fact> removed;
    std::vector<store::Lease> leases;
    Suppressed suppressed{};

    bool empty() const { return added.empty() && removed.empty(); }
};

/// Compares as sets. Chunks with equal digests are skipped unread. Facts that differ in noise only (rules.h) are
/// counted and left out: an added fact goes when some fact of the old side is the same without its noise, and the other
/// way round.
SetDifference<SymbolFact> symbol_difference(store::Reader& reader, const record::ColumnRef& before,
                                            const record::ColumnRef& after);
SetDifference<StringFact> string_difference(store::Reader& reader, const record::ColumnRef& before,
                                            const record::ColumnRef& after);

}  // namespace strata::diff
