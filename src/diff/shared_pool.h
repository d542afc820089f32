// The boundary that cache builders draw through Objective-C strings and stubs: some keep them in each image, some move
// them to a pool that all images share and leave the image's sections with size 0 (iOS 13 and 14, and 27 again). What
// is in such a section on one side only was never removed, and is not new.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/layout.h"

namespace strata::diff {

/// A section that has bytes on one side only, because the builder moved its content.
struct PooledSection {
    std::string segment;
    std::string section;
    bool to_pool = true;   ///< emptied; else filled again
    uint64_t size = 0;     ///< bytes on the side that has them
    uint64_t strings = 0;  ///< how many strings moved with it

    std::string full_name() const { return segment + "," + section; }
};

/// The sections that were emptied or filled. A section counts when both sides have it, with size 0 on one: linkers make
/// no empty sections, builders leave them behind. Sections of strings count only when the side without them still has
/// Objective-C to name, so that an image that lost all its classes is not taken for one whose strings moved.
std::vector<PooledSection> find_pooled_sections(const record::Layout& before, const record::Layout& after);

}  // namespace strata::diff
