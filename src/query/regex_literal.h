// The longest text that everything a regular expression matches must hold, as far as it can be told cheaply.
#pragma once

#include <string>
#include <string_view>

namespace strata::query {

/// Empty when unsure; never wrong. Looks at the top level of the expression only: what is inside groups is skipped, and
/// an alternative there (`a|b`), or flags (`(?i)`), give up.
std::string required_literal(std::string_view regex);

}  // namespace strata::query
