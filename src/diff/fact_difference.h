// Differences of two facts columns (record/facts.h), merged where they lie.
#pragma once

#include <vector>

#include "diff/noise_filter.h"
#include "diff/rules.h"
#include "record/facts.h"
#include "record/head.h"
#include "store/reader.h"

namespace strata::diff {

/// A fact that both sides have with one other value. Views leased records.
struct ChangedFact {
    std::string_view owner;
    std::string_view name;
    std::string_view before;
    std::string_view after;
};

/// What changed in one facts column, sorted by owner, name, value; `leases` keep the views alive.
struct FactGroup {
    record::ColumnKind kind = record::ColumnKind::kImports;
    std::vector<record::FactView> added;
    std::vector<record::FactView> removed;
    std::vector<ChangedFact> changed;
    std::vector<LeftOut<record::FactView>> left_out;  ///< added ones first
    std::vector<store::Lease> leases;
    Suppressed suppressed{};  ///< left_out, counted

    bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

/// Compares as sets; a key that has one value on each side, another one, is a changed fact. Chunks with equal digests
/// are skipped unread. Noise in names and values is left out as that of symbols and strings is (set_difference.h).
FactGroup fact_difference(store::Reader& reader, record::ColumnKind kind, const record::ColumnRef& before,
                          const record::ColumnRef& after, RuleSet rules = RuleSet::defaults());

}  // namespace strata::diff
