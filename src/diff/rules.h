// Noise rules: differences that every build makes and nobody means. Applied when a diff is asked for, never when
// indexing, so any old pair can be read again under other rules. A rule takes a fact out of a diff only when the other
// side has the same fact without its noise; what it took out is counted, and can be shown.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace strata::diff {

enum class Rule : uint8_t {
    kBuildPaths,
    kCounters,
    kSwiftMerged,
    kExceptTables,
    kOutlined,
    kBlocks,
    kApplyBlock,
    kAbiTags,
    kTimestamps,
    kSharedPool,
};

/// What a rule looks at; bits.
enum RuleFacts : uint8_t { kOnSymbols = 1, kOnStrings = 2, kOnFunctions = 4, kOnFacts = 8, kOnSections = 16 };

struct RuleInfo {
    Rule rule;
    const char* name;
    const char* matches;
    uint8_t facts;    ///< RuleFacts
    bool by_default;  ///< whether a diff applies it unasked
    const char* why;
};

inline constexpr uint8_t kOnNames = kOnSymbols | kOnFunctions | kOnFacts;

/// All rules, in the order of Rule. Sources: the diffs of real firmwares described in docs/decisions.md.
inline constexpr std::array kRules{
    RuleInfo{Rule::kBuildPaths, "build-paths",
             "/Library/Caches/com.apple.xbs/UUID, TemporaryDirectory.XXXXXX below it, "
             "/AppleInternal/Library/BuildRoots/NAME",
             kOnNames | kOnStrings, true, "temporary folders of the build machine"},
    RuleInfo{Rule::kCounters, "counters", "a trailing run of .cold and .123", kOnNames, true,
             "compilers number copies and cold parts anew on every build"},
    RuleInfo{Rule::kSwiftMerged, "swift-merged", "a trailing .123Tm", kOnNames, true,
             "the Swift compiler numbers merged functions anew on every build"},
    RuleInfo{Rule::kExceptTables, "except-tables", "GCC_except_table123", kOnNames, true,
             "numbered in the order of functions: one new function renames all that follow"},
    RuleInfo{Rule::kOutlined, "outlined", "OUTLINED_FUNCTION_123, OUTLINED_FUNCTION_1_23", kOnNames, true,
             "pieces of code that the linker shares, numbered anew on every build"},
    RuleInfo{Rule::kBlocks, "blocks",
             "the number at the end of _block_invoke_2, block_descriptor_tmp.12, block_literal_global.12, "
             "block_copy_helper.12, block_destroy_helper.12",
             kOnNames, true, "blocks are numbered in the order of the source: one new block renames all that follow"},
    RuleInfo{Rule::kApplyBlock, "apply-block", "the copy's number in apply_block_1.123", kOnNames, true,
             "an inline function of a header that every source file has a copy of"},
    RuleInfo{Rule::kAbiTags, "abi-tags", "libc++'s tags in C++ names: B8ne180100, B7v160006", kOnNames, true,
             "the version of the C++ library's headers is part of every name made from them"},
    RuleInfo{Rule::kTimestamps, "timestamps",
             "whole strings: 12:34:56; Jan  2 2026, also with a time; Fri Jan  2 12:34:56 2026", kOnStrings, false,
             "__DATE__, __TIME__ and __TIMESTAMP__; off because a time of day can also be meant"},
    RuleInfo{Rule::kSharedPool, "shared-pool",
             "__objc_methname, __objc_classname, __objc_methtype, __objc_stubs, __auth_stubs, __auth_got that have "
             "size 0 on one side only, and the strings in them",
             kOnStrings | kOnSections, true, "the cache builder moved them to a pool that all images share, or back"},
};

inline constexpr const RuleInfo& rule_info(Rule rule) {
    return kRules[static_cast<size_t>(rule)];
}

/// How many facts each rule took out; indexed by Rule.
using Suppressed = std::array<uint64_t, kRules.size()>;

/// The rules of one run.
class RuleSet {
  public:
    static constexpr RuleSet none() { return RuleSet(0); }
    static constexpr RuleSet all() { return RuleSet((1U << kRules.size()) - 1); }
    static constexpr RuleSet defaults() {
        RuleSet rules = none();
        for (const auto& info : kRules)
            if (info.by_default) rules = rules.with(info.rule);
        return rules;
    }

    constexpr bool has(Rule rule) const { return (bits_ & bit(rule)) != 0; }
    constexpr RuleSet with(Rule rule) const { return RuleSet(bits_ | bit(rule)); }
    constexpr RuleSet without(Rule rule) const { return RuleSet(bits_ & ~bit(rule)); }
    constexpr bool operator==(const RuleSet&) const = default;

    /// "+timestamps,-blocks": these rules after those switches, from left to right. Throws Error(kUsage) naming what is
    /// no switch or no rule.
    RuleSet switched(std::string_view switches) const;

  private:
    constexpr explicit RuleSet(uint32_t bits) : bits_(bits) {}
    static constexpr uint32_t bit(Rule rule) { return 1U << static_cast<unsigned>(rule); }
    uint32_t bits_;
};

/// A name or string with its noise taken out.
struct Normalised {
    std::string text;
    Rule rule = Rule::kBuildPaths;  ///< the rule that fired (the most telling one, when several did)
    bool fired = false;
};

/// A name of a symbol or function. Only what `rules` has is taken out.
Normalised normalise_symbol(std::string_view name, RuleSet rules = RuleSet::defaults());

/// A string of a literal section, or the value of a keyed fact.
Normalised normalise_string(std::string_view value, RuleSet rules = RuleSet::defaults());

}  // namespace strata::diff
