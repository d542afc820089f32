// Takes noise out of a difference, whatever its facts are. Traits say how facts are read and what makes them the same:
//   View                        a chunk of the column
//   Fact                        an entry; Traits::fact(view, i) reads one
//   identity(fact, rules)       the whole fact as one text, free of the noise that `rules` take out
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

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

/// Identities without noise of some facts, each with the rule that took its noise out.
using Identities = std::unordered_map<std::string, Rule>;

template <typename Traits>
Identities identities_of(const std::vector<typename Traits::Fact>& facts, RuleSet rules) {
    Identities identities;
    for (const auto& fact : facts) {
        auto clean = Traits::identity(fact, rules);
        const auto added = identities.emplace(std::move(clean.text), clean.rule).first;
        if (clean.fired) added->second = clean.rule;
    }
    return identities;
}

/// The facts of one side that are left when noise is taken out; the others are counted and kept apart.
template <typename Traits>
class NoiseFilter {
  public:
    using Fact = typename Traits::Fact;

    NoiseFilter(store::Reader& reader, RuleSet rules, const record::ColumnRef& other_side,
                const Identities& other_difference)
        : reader_(reader), rules_(rules), other_side_(other_side), other_difference_(other_difference) {}

    template <typename Result>
    void filter(std::vector<Fact>& facts, bool added, Result& result) {
        Open open;  // noisy facts with no counterpart in the other difference
        for (const auto& fact : facts) {
            auto clean = Traits::identity(fact, rules_);
            if (clean.fired && !other_difference_.contains(clean.text)) open.emplace(std::move(clean.text), false);
        }
        if (!open.empty()) find_in_other_side(open);
        std::erase_if(facts, [&](const auto& fact) {
            const auto rule = noise_of(fact, open);
            if (!rule) return false;
            ++result.suppressed[static_cast<size_t>(*rule)];
            result.left_out.push_back({fact, *rule, added});
            return true;
        });
    }

  private:
    /// Identity -> whether the other side has a fact like it.
    using Open = std::unordered_map<std::string, bool>;

    /// What both sides have is in neither difference: a fact may still be the same as one of those, without its noise.
    void find_in_other_side(Open& open) {
        for (const auto& chunk : other_side_.chunks) {
            const store::Lease lease = reader_.column(chunk.id);
            const typename Traits::View view(lease.message());
            for (uint64_t i = 0; i < view.size(); ++i) {
                const auto found = open.find(Traits::identity(Traits::fact(view, i), rules_).text);
                if (found != open.end()) found->second = true;
            }
        }
    }

    std::optional<Rule> noise_of(const Fact& fact, const Open& open) const {
        const auto clean = Traits::identity(fact, rules_);
        if (const auto counterpart = other_difference_.find(clean.text); counterpart != other_difference_.end())
            return clean.fired ? clean.rule : counterpart->second;
        // Only facts with noise were looked for in the other side; one without may share the identity of one that was.
        const auto common = open.find(clean.text);
        return clean.fired && common != open.end() && common->second ? std::optional(clean.rule) : std::nullopt;
    }

    store::Reader& reader_;
    const RuleSet rules_;
    const record::ColumnRef& other_side_;
    const Identities& other_difference_;
};

/// Takes the noise out of `result`, which has the lists added, removed and left_out, and counts in suppressed.
template <typename Traits, typename Result>
void leave_out_noise(store::Reader& reader, const record::ColumnRef& before, const record::ColumnRef& after,
                     RuleSet rules, Result& result) {
    const auto noisy = [&](const auto& facts) {
        return std::any_of(facts.begin(), facts.end(),
                           [&](const auto& fact) { return Traits::identity(fact, rules).fired; });
    };
    if (!noisy(result.added) && !noisy(result.removed)) return;
    const auto added = identities_of<Traits>(result.added, rules);
    const auto removed = identities_of<Traits>(result.removed, rules);
    NoiseFilter<Traits>(reader, rules, before, removed).filter(result.added, true, result);
    NoiseFilter<Traits>(reader, rules, after, added).filter(result.removed, false, result);
}

}  // namespace strata::diff
