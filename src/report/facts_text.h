// Facts that changed, as lines for people: what belongs to one owner stands together.
#pragma once

#include <functional>
#include <string>

#include "diff/fact_difference.h"

namespace strata::report {

/// How a line is marked.
enum class FactSign : char { kAdded = '+', kRemoved = '-', kChanged = '~', kSame = ' ' };

/// Calls `line` for each line, in order of owners; what the terminal must not see is escaped. An owner that came, went
/// or changed itself is a marked line ("+ class Foo : NSObject"), one of which only parts differ an unmarked one; its
/// facts follow, indented: added, removed, changed. Facts without an owner stand by themselves.
void walk_fact_lines(const diff::FactGroup& group, const std::function<void(FactSign, const std::string&)>& line);

}  // namespace strata::report
