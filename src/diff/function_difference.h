// Differences of the functions of one image.
#pragma once

#include "diff/image_diff.h"

namespace strata::diff {

/// Pairs the functions of both sides (function_match.h) and adds added, removed, resized, changed and renamed ones to
/// `result`; none is left out. Functions that differ in noise of their names only are the same: those that only a rule
/// made the same are counted on both sides, as symbols are. When neither the functions nor the symbols differ, only
/// fingerprints are compared and only names of changed functions are looked up.
void diff_functions(store::Reader& reader, const record::Head& before, const record::Head& after, const Comparison& how,
                    ImageDiff& result);

}  // namespace strata::diff
