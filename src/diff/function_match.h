// Which function of the new side is which function of the old side.
//
// Prior art compares two lists of functions pairwise and, when too many neighbours disagree, throws the whole list
// away: one real insertion hides everything. Here nothing is thrown away:
//   1. functions of the same name are the same function (repeated names: in order);
//   2. then names are compared without what the noise rules take out (.cold.1 and .cold.2);
//   3. what is left is matched by fingerprint where that is unique on both sides: nameless functions wherever they
//   went,
//      and renamed ones;
//   4. what is left and has no name on one side is matched by order: the matches so far that keep their order cut both
//      lists into gaps, and inside a gap fingerprints are aligned, then sizes (unique runs of three as anchors, then
//      the longest common subsequence), then position.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "diff/rules.h"
#include "record/code.h"

namespace strata::diff {

/// One function of one side, in address order.
struct FunctionItem {
    std::string_view name;  ///< empty = not known
    uint64_t address = 0;
    uint32_t size = 0;
    record::CodeRecord code = {};  ///< fingerprints; zeros = not known
};

/// Indices into the two lists; sorted. Everything not in `pairs` is in `removed` (old side) or `added` (new side).
struct FunctionMatch {
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    std::vector<uint32_t> removed;
    std::vector<uint32_t> added;
};

/// How many of `pairs` (sorted by their first) are out of order: all but the longest run that ascends on both sides.
uint64_t count_moved(const std::vector<std::pair<uint32_t, uint32_t>>& pairs);

/// Deterministic; near-linear in practice (41,000 functions: milliseconds), never worse than n log n outside small
/// gaps.
FunctionMatch match_functions(const std::vector<FunctionItem>& before, const std::vector<FunctionItem>& after,
                              RuleSet rules = RuleSet::defaults());

}  // namespace strata::diff
