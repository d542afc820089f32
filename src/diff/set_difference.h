// Differences of two sorted columns, merged where they lie.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "diff/noise_filter.h"
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
    uint8_t flags = 0;  ///< record::kSymbolExported, ...
    auto operator<=>(const SymbolFact&) const = default;
};

/// A symbol of one name that is something else now: of another kind, from another dylib, weak where it was not.
struct SymbolChange {
    SymbolFact before;
    SymbolFact after;
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
    std::vector<LeftOut<Fact>> left_out;  ///< added ones first
    std::vector<store::Lease> leases;
    Suppressed suppressed{};  ///< left_out, counted

    bool empty() const { return added.empty() && removed.empty(); }
};

/// Names that both sides lists have are in `changed` (in the order of both lists, when a name has several symbols), and
/// no longer in `added` and `removed`.
struct SymbolDifference : SetDifference<SymbolFact> {
    std::vector<SymbolChange> changed;

    bool empty() const { return SetDifference::empty() && changed.empty(); }
};

/// Compares as sets. Chunks with equal digests are skipped unread. An added fact goes when a rule took noise out of it
/// and some fact of the old side is then the same, or when it is plain and the same as a removed fact without its
/// noise; and the other way round. (A plain name whose only like is a numbered one that both sides have stays: then one
/// more function has that name.)
SymbolDifference symbol_difference(store::Reader& reader, const record::ColumnRef& before,
                                   const record::ColumnRef& after, RuleSet rules = RuleSet::defaults());
SetDifference<StringFact> string_difference(store::Reader& reader, const record::ColumnRef& before,
                                            const record::ColumnRef& after, RuleSet rules = RuleSet::defaults());

/// Takes out facts that `rule` says are noise for some reason that is not in their texts.
template <typename Fact, typename Noise>
void leave_out(SetDifference<Fact>& difference, Rule rule, const Noise& is_noise) {
    const auto filter = [&](std::vector<Fact>& facts, bool added) {
        std::erase_if(facts, [&](const Fact& fact) {
            if (!is_noise(fact, added)) return false;
            difference.left_out.push_back({fact, rule, added});
            ++difference.suppressed[static_cast<size_t>(rule)];
            return true;
        });
    };
    filter(difference.added, true);
    filter(difference.removed, false);
}

}  // namespace strata::diff
