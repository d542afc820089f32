// Long lines on narrow screens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::report {

/// Columns that a text takes on a terminal; `text` must be terminal-safe (base/text.h). The same on every machine: the
/// user's locale has no part in it.
size_t display_width(std::string_view text);

/// The line in pieces of at most `width` columns; all but the first begin with `indent` spaces. Cut behind a blank, a
/// slash or a comma where that does not waste more than half a line, else wherever the line is full. Nothing but
/// blanks at the cuts is lost. `width` 0, or one that leaves too little beside the indent: one piece.
std::vector<std::string> folded(std::string_view line, size_t width, size_t indent);

/// The text, or as much of it as fits with "..." at its end. `width` 0: the text.
std::string clipped(std::string_view text, size_t width);

}  // namespace strata::report
