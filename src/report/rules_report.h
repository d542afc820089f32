// The table of noise rules, for people and for programs.
#pragma once

#include <string>

namespace strata::report {

/// One object a line (docs/json.md).
std::string rules_json();
/// Some lines a rule.
std::string rules_text();

}  // namespace strata::report
