// What a reader of a diff asked to see: which images, and which parts of their differences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diff/image_diff.h"

namespace strata::diff {

/// Images by their paths. Patterns are those of fnmatch(3); `*` matches slashes too.
struct PathFilter {
    std::vector<std::string> only;  ///< empty = all
    std::vector<std::string> skip;  ///< wins over `only`

    bool empty() const { return only.empty() && skip.empty(); }
    bool selects(std::string_view path) const;
};

/// Parts of an image's difference. What is not shown is still compared: status, relevance and totals stay the same
/// whatever is shown.
class PartFilter {
  public:
    /// Everything.
    PartFilter() = default;
    /// A list joined by commas: names of parts (part_names()) and sections as SEGMENT.SECTION, in which `*` and `?`
    /// stand for any text and any letter ("__TEXT.__cstring", "__DATA*.*"). A section shows what changed in it: its
    /// size and content, and its strings. Throws Error(kUsage) naming what is neither.
    explicit PartFilter(std::string_view list);

    bool shows_all() const { return all_; }
    /// Takes out of `diff` what is not to be shown. False when nothing is left of an image that both sides have.
    bool apply(ImageDiff& diff) const;

    /// "header", "sections", ...
    static std::vector<std::string_view> part_names();

  private:
    bool shows(std::string_view part) const;
    bool shows_section(std::string_view segment, std::string_view section) const;
    bool all_ = true;
    std::vector<std::string> parts_;
    std::vector<std::string> sections_;  ///< patterns for "SEGMENT.SECTION"
};

}  // namespace strata::diff
