// Text from inputs inside Markdown: names may hold anything, and must stay text.
#pragma once

#include <string>
#include <string_view>

namespace strata::report {

/// As running text: what Markdown or HTML would read as markup is escaped, control characters are written as \xHH.
/// Names as they usually are come out as they are.
std::string markdown_text(std::string_view text);

/// As a code span. Safe in a table too.
std::string markdown_code(std::string_view text);

/// One line inside a fenced block that starts with a sign of its own: control characters as \xHH.
std::string markdown_line(std::string_view text);

/// A path made of one image's path that is safe on every file system: relative, no empty, "." or ".." components, only
/// letters, digits and `._-+@,=~` (all else becomes `_`), ending in ".md". Different images may get the same one.
std::string sidecar_path(std::string_view image_path);

}  // namespace strata::report
