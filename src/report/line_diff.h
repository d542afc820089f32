// The difference of two texts by lines, cut into hunks exactly as `git diff` cuts them.
//
// Published firmware diffs hold the output of `git diff` (its default algorithm, three lines of context), and pipelines
// compare them byte for byte. Where a text can be turned into another in several shortest ways, the bytes depend on
// which one a program takes, so these steps follow git's own, as its documentation and behaviour show them:
//   1. equal lines at both ends are set aside; lines that the other side does not have at all are marked at once;
//   2. what is left is aligned by Myers' algorithm from both ends, with git's preferences at ties;
//   3. runs of changed lines that could lie higher or lower slide down as far as they go, unless they can meet a change
//   of
//      the other side (then they go there) or the shape of the text (indentation, blank lines) speaks for another
//      place.
// The tests hold this against the real `git` on thousands of small random texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::report {

/// Which lines of each side are not in the other.
struct LineChanges {
    std::vector<bool> removed;  ///< one a line of the old side
    std::vector<bool> added;    ///< one a line of the new side
};

/// Time is at most lines x 256, whatever the texts. Texts of thousands of changes may be cut otherwise than git would,
/// which then also guesses by the length of equal runs.
LineChanges diff_lines(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after);

/// The lines of a text, without their line ends; a last one without an end counts.
std::vector<std::string_view> lines_of(std::string_view text);

/// The hunks with three lines of context, each begun by an empty line where git would write its `@@` line. Empty when
/// nothing differs. Both texts must end with a line end.
std::string unified_hunks(std::string_view before, std::string_view after);

}  // namespace strata::report
