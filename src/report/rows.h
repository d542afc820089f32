// One image's difference as plain rows in titled groups: what every report for people shows, each in its own dress. A
// new kind of fact added here is in all of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "diff/image_diff.h"

namespace strata::report {

/// How many rows of each sign a group has.
struct RowCounts {
    size_t added = 0;
    size_t removed = 0;
    size_t changed = 0;

    size_t total() const { return added + removed + changed; }
};

/// Title of the group of what noise rules took out: no change of the image.
inline constexpr std::string_view kLeftOutGroup = "left out as noise";

/// Takes the rows of one image, group by group. Texts are raw bytes from inputs: escape them for where they go.
class RowVisitor {
  public:
    RowVisitor() = default;
    RowVisitor(const RowVisitor&) = delete;
    RowVisitor& operator=(const RowVisitor&) = delete;
    virtual ~RowVisitor() = default;

    /// Something to say about the image as a whole, such as "moved from", "/old/path"; all of them come first.
    virtual void note(std::string_view label, std::string_view text) = 0;
    /// A fact with one value on each side; before all groups. "" on a side that has none.
    virtual void scalar(const char* fact, std::string_view before, std::string_view after) = 0;
    /// The rows that follow belong to this group: `title` as in "load commands".
    virtual void group(std::string_view title, const RowCounts& counts) = 0;
    /// `sign` is '+', '-' or '~'; `detail` says more about `name` and may be empty.
    virtual void row(char sign, std::string_view name, std::string_view detail) = 0;
    /// The facts of the group that just began. True: they were shown; false: they come as rows.
    virtual bool facts(const diff::FactGroup&) { return false; }
};

void visit_rows(const diff::ImageDiff& diff, RowVisitor& visitor);

}  // namespace strata::report
