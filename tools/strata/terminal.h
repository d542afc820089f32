// What is known of the terminal.
#pragma once

#include <cstddef>
#include <string>

namespace tool {

/// Columns of the window that `descriptor` is, else $COLUMNS, else 80.
size_t terminal_width(int descriptor);

/// `when` is "auto", "always" or "never". auto: on a terminal that is not dumb, unless $NO_COLOR is set (no-color.org).
bool wants_colour(const std::string& when, bool is_terminal);

}  // namespace tool
