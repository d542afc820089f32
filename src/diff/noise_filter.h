// Takes noise out of a difference, whatever its facts are. Traits say how facts are read and what makes them the same:
//   View                        a chunk of the column
//   Fact                        an entry; Traits::fact(view, i) reads one
//   identity(fact, rules)       the whole fact as one text, free of the noise that `rules` take out
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "diff/identity.h"
#include "diff/rules.h"
#include "record/head.h"
#include "store/reader.h"

namespace strata::diff {

/// A fact that a rule took out.
template <typename Fact>
struct LeftOut {
    Fact fact;
    Rule rule;
    bool added;  ///< it is on the new side
};

/// Of each fact, in their order. Called once a fact: taking noise out is most of the work.
template <typename Traits>
std::vector<Identity> identities_of(const std::vector<typename Traits::Fact>& facts, RuleSet rules) {
    std::vector<Identity> identities;
    identities.reserve(facts.size());
    for (const auto& fact : facts) identities.push_back(identity_of(Traits::identity(fact, rules)));
    return identities;
}

/// The facts of one side that are left when noise is taken out; the others are counted and kept apart.
template <typename Traits>
class NoiseFilter {
  public:
    using Fact = typename Traits::Fact;

    NoiseFilter(store::Reader& reader, RuleSet rules, const record::ColumnRef& other_side,
                const IdentitySet& other_difference)
        : reader_(reader), rules_(rules), other_side_(other_side), other_difference_(other_difference) {}

    /// `identities`: of the facts.
    template <typename Result>
    void filter(std::vector<Fact>& facts, const std::vector<Identity>& identities, bool added, Result& result) {
        std::vector<Identity> noisy;  // with no counterpart in the other difference
        for (const auto& identity : identities)
            if (identity.fired && !is_in_other_difference(identity)) noisy.push_back(identity);
        const IdentitySet open(std::move(noisy));
        const std::vector<bool> common = find_in_other_side(open);
        size_t kept = 0;
        for (size_t i = 0; i < facts.size(); ++i) {
            const auto rule = noise_of(identities[i], open, common);
            if (!rule) {
                if (kept != i) facts[kept] = std::move(facts[i]);
                ++kept;
                continue;
            }
            ++result.suppressed[static_cast<size_t>(*rule)];
            result.left_out.push_back({std::move(facts[i]), *rule, added});
        }
        facts.resize(kept);
    }

  private:
    bool is_in_other_difference(const Identity& identity) const {
        return other_difference_.find(identity) != other_difference_.size();
    }

    /// What both sides have is in neither difference: a fact may still be the same as one of those, without its noise.
    /// Tells for each of `open` whether the other side has a fact like it.
    std::vector<bool> find_in_other_side(const IdentitySet& open) {
        std::vector<bool> common(open.size());
        if (open.empty()) return common;
        for (const auto& chunk : other_side_.chunks) {
            const store::Lease lease = reader_.column(chunk.id);
            const typename Traits::View view(lease.message());
            for (uint64_t i = 0; i < view.size(); ++i) {
                const size_t found = open.find(identity_of(Traits::identity(Traits::fact(view, i), rules_)));
                if (found != open.size()) common[found] = true;
            }
        }
        return common;
    }

    std::optional<Rule> noise_of(const Identity& identity, const IdentitySet& open,
                                 const std::vector<bool>& common) const {
        if (const size_t counterpart = other_difference_.find(identity); counterpart != other_difference_.size())
            return identity.fired ? identity.rule : other_difference_[counterpart].rule;
        // Only facts with noise were looked for in the other side; one without may share the identity of one that was.
        if (!identity.fired) return std::nullopt;
        const size_t found = open.find(identity);
        return found != open.size() && common[found] ? std::optional(identity.rule) : std::nullopt;
    }

    store::Reader& reader_;
    const RuleSet rules_;
    const record::ColumnRef& other_side_;
    const IdentitySet& other_difference_;
};

/// Takes the noise out of `result`, which has the lists added, removed and left_out, and counts in suppressed.
template <typename Traits, typename Result>
void leave_out_noise(store::Reader& reader, const record::ColumnRef& before, const record::ColumnRef& after,
                     RuleSet rules, Result& result) {
    const auto added = identities_of<Traits>(result.added, rules);
    const auto removed = identities_of<Traits>(result.removed, rules);
    const auto fired = [](const Identity& identity) { return identity.fired; };
    if (std::none_of(added.begin(), added.end(), fired) && std::none_of(removed.begin(), removed.end(), fired)) return;
    const IdentitySet added_set(added);
    const IdentitySet removed_set(removed);
    NoiseFilter<Traits>(reader, rules, before, removed_set).filter(result.added, added, true, result);
    NoiseFilter<Traits>(reader, rules, after, added_set).filter(result.removed, removed, false, result);
}

}  // namespace strata::diff
