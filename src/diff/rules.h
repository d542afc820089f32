// Noise rules: differences that every build makes and nobody means. Applied when a diff is asked for, never when
// indexing; what a rule takes out of a diff is counted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace strata::diff {

enum class Rule : uint8_t { kBuildPaths, kCounters };

struct RuleInfo {
    Rule rule;
    const char* name;
    const char* why;
};

/// All rules, in the order of Rule.
inline constexpr std::array kRules{
    RuleInfo{Rule::kBuildPaths, "build-paths", "temporary folders of the build machine inside symbols and strings"},
    RuleInfo{Rule::kCounters, "counters",
             "trailing .cold and .123 that compilers number anew on every build (symbols)"},
};

/// How many facts each rule took out; indexed by Rule.
using Suppressed = std::array<uint64_t, kRules.size()>;

/// A name or string with its noise taken out.
struct Normalised {
    std::string text;
    Rule rule = Rule::kBuildPaths;  ///< the rule that fired (the last one, when several did)
    bool fired = false;
};

/// Build paths, then trailing counters: `(\.cold|\.[0-9]+)+$`.
Normalised normalise_symbol(std::string_view name);

/// Build paths.
Normalised normalise_string(std::string_view value);

}  // namespace strata::diff
