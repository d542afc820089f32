// A regular expression that matches more: what can be asked of many texts at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strata::query {

/// The expression without what looks at the borders of a text (^, $, \A, \z, \b, \B): whatever `regex` matches in a
/// text, this matches in any bytes that hold the text. Empty when that cannot be told cheaply (\Q).
std::optional<std::string> without_assertions(std::string_view regex);

}  // namespace strata::query
