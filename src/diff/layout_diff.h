// Differences of layouts: header facts, sections, dependencies, load commands.
#pragma once

#include "diff/image_diff.h"
#include "record/layout.h"

namespace strata::diff {

/// Adds every difference between two layouts to `result`, except for versions of dependencies.
void diff_layouts(const record::Layout& before, const record::Layout& after, ImageDiff& result);

/// Whether sections differ in more than the size of property lists, whose entries are facts that decide for themselves.
bool has_section_changes(const Changes<SectionChange>& changes);

/// Adds changed versions of dependencies that both sides have. `*_versions` are Head::dependency_versions.
void diff_dependency_versions(const record::Layout& before, const std::vector<uint32_t>& before_versions,
                              const record::Layout& after, const std::vector<uint32_t>& after_versions,
                              ImageDiff& result);

}  // namespace strata::diff
