// How much of an image's difference is worth a look: new exports and functions weigh more than resized sections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/head.h"

namespace strata::diff {

struct ImageDiff;

/// A score and what it is made of. Each sort of change adds its weight times the binary logarithm of one more than its
/// count: the first new export says more than the hundredth. The table of weights is in relevance.cpp.
struct Relevance {
    uint32_t score = 0;
    std::vector<std::string> reasons;  ///< "2 new exports", ...: what adds most comes first
};

/// Of an image that both sides have (updated, rebuilt or moved). Only what the noise rules left counts.
Relevance relevance_of(const ImageDiff& diff);

/// Of an image that one side has, from the counts in its head. No column is read.
Relevance relevance_of_whole(const record::Head& head);

}  // namespace strata::diff
