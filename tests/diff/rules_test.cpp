// What each noise rule takes out of a name.
#include "diff/rules.h"

#include <gtest/gtest.h>

#include <regex>

#include "base/error.h"
#include "support/random.h"

namespace strata::diff {
namespace {

std::string clean(const std::string& name) {
    return normalise_symbol(name).text;
}

TEST(Rules, TrailingCounters) {
    EXPECT_EQ(clean("_foo.cold"), "_foo");
    EXPECT_EQ(clean("_foo.cold.1"), "_foo");
    EXPECT_EQ(clean("_foo.123"), "_foo");
    EXPECT_EQ(clean("___main_block_invoke.870.cold.1"), "___main_block_invoke");
    EXPECT_EQ(clean("_foo.1.2.3.cold.cold.4"), "_foo");
    EXPECT_EQ(clean(".cold"), "");
    EXPECT_EQ(clean(".5"), "");
}

TEST(Rules, WhatMerelyLooksLikeACounter) {
    for (const std::string name :
         {"", "_foo", "_foo1", "_foo.", "_foo.1a", "_foo.colder", "_foocold", "_foo.cold.", "_foo.1.", "cold", "123",
          "_foo..", "_.x1", "_block_invoke_2", "GCC_except_table12", "_OUTLINED_FUNCTION_3", "_foo.isra"}) {
        const auto result = normalise_symbol(name, RuleSet::none().with(Rule::kCounters));
        EXPECT_EQ(result.text, name);
        EXPECT_FALSE(result.fired) << name;
    }
}

/// The rule as a regular expression, which prior art uses.
TEST(Rules, CountersEqualTheirRegularExpression) {
    static const std::regex kCounters(R"((\.cold|\.[0-9]+)+$)");
    test::Random random(140);
    static const std::vector<std::string> kPieces{".cold", ".", "1", "23", "_foo", "cold", ".9", "x"};
    for (int i = 0; i < 5000; ++i) {
        std::string name;
        for (uint64_t n = random.below(6); n-- > 0;) name += kPieces[random.below(kPieces.size())];
        ASSERT_EQ(clean(name), std::regex_replace(name, kCounters, "")) << name;
    }
}

TEST(Rules, BuildPathsThenCounters) {
    const std::string path = "/AppleInternal/Library/BuildRoots/ab12/x";
    const auto both = normalise_symbol("_" + path + ".cold.1");
    EXPECT_EQ(both.text, "_/AppleInternal/Library/BuildRoots/<BUILDROOT>/x");
    EXPECT_TRUE(both.fired);
    EXPECT_EQ(both.rule, Rule::kCounters) << "the last one that fired";
    EXPECT_EQ(normalise_symbol(path).rule, Rule::kBuildPaths);
}

TEST(Rules, StringsKeepTheirCounters) {
    EXPECT_EQ(normalise_string("file.1").text, "file.1");
    EXPECT_FALSE(normalise_string("x.cold").fired);
    EXPECT_TRUE(normalise_string("/AppleInternal/Library/BuildRoots/ab12").fired);
}

/// What one rule by itself makes of names and strings.
struct Sample {
    Rule rule;
    const char* text;
    const char* clean;  ///< null: the rule must leave it alone
};

std::string path_of(const char* tail) {
    return std::string("/Library/Caches/com.apple.xbs/") + tail;
}

const char* const kUuid = "01234567-89ab-CDEF-0123-456789abcdef";

const Sample kNames[] = {
    {Rule::kSwiftMerged, "_objectdestroy.102Tm", "_objectdestroyTm"},
    {Rule::kSwiftMerged, "_$s3Foo3barWOhTm.5Tm", "_$s3Foo3barWOhTmTm"},
    {Rule::kSwiftMerged, "_objectdestroyTm", nullptr},
    {Rule::kSwiftMerged, "_objectdestroy.Tm", nullptr},
    {Rule::kSwiftMerged, "_objectdestroy.102", nullptr},
    {Rule::kSwiftMerged, "_atom.12Tmx", nullptr},
    {Rule::kSwiftMerged, "12Tm", nullptr},
    {Rule::kExceptTables, "GCC_except_table0", "GCC_except_table"},
    {Rule::kExceptTables, "_GCC_except_table978", "_GCC_except_table"},
    {Rule::kExceptTables, "GCC_except_table", nullptr},
    {Rule::kExceptTables, "GCC_except_table12a", nullptr},
    {Rule::kExceptTables, "GCC_except_table1_2", nullptr},
    {Rule::kExceptTables, "my_GCC_except_table12", nullptr},
    {Rule::kExceptTables, "__GCC_except_table12", nullptr},
    {Rule::kOutlined, "_OUTLINED_FUNCTION_53", "_OUTLINED_FUNCTION_"},
    {Rule::kOutlined, "OUTLINED_FUNCTION_2_13", "OUTLINED_FUNCTION_"},
    {Rule::kOutlined, "_OUTLINED_FUNCTION_", nullptr},
    {Rule::kOutlined, "_OUTLINED_FUNCTION_1_2_3", nullptr},
    {Rule::kOutlined, "_OUTLINED_FUNCTION_1_", nullptr},
    {Rule::kOutlined, "_OUTLINED_FUNCTION_x", nullptr},
    {Rule::kOutlined, "_NOT_OUTLINED_FUNCTION_1", nullptr},
    {Rule::kBlocks, "___41-[Foo bar:]_block_invoke_3", "___41-[Foo bar:]_block_invoke"},
    {Rule::kBlocks, "___main_block_invoke.870", "___main_block_invoke"},
    {Rule::kBlocks, "___main_block_invoke_2.45", "___main_block_invoke"},
    {Rule::kBlocks, "___block_descriptor_tmp.12", "___block_descriptor_tmp"},
    {Rule::kBlocks, "___block_descriptor_tmp.19.318", "___block_descriptor_tmp"},
    {Rule::kBlocks, "___block_literal_global.1205", "___block_literal_global"},
    {Rule::kBlocks, "___block_literal_global7", "___block_literal_global"},
    {Rule::kBlocks, "_block_descriptor.163", "_block_descriptor"},
    {Rule::kBlocks, "_block_copy_helper.161", "_block_copy_helper"},
    {Rule::kBlocks, "_block_destroy_helper.162", "_block_destroy_helper"},
    {Rule::kBlocks, "___main_block_invoke", nullptr},
    {Rule::kBlocks, "___block_descriptor_32_e5_v8?0l", nullptr},
    {Rule::kBlocks, "___block_descriptor_40_e8_32s", nullptr},
    {Rule::kBlocks, "_my_block_descriptor.4", nullptr},
    {Rule::kBlocks, "___main_block_invokes_2", nullptr},
    {Rule::kBlocks, "_block_invoked_2", nullptr},
    {Rule::kBlocks, "_foo_2", nullptr},
    {Rule::kApplyBlock, "_apply_block_1.11986", "_apply_block_1"},
    {Rule::kApplyBlock, "apply_block_2.7", "apply_block_2"},
    {Rule::kApplyBlock, "_apply_block_1", nullptr},
    {Rule::kApplyBlock, "_apply_block_12.3", nullptr},
    {Rule::kApplyBlock, "_apply_block.3", nullptr},
    {Rule::kApplyBlock, "_reapply_block_1.3", nullptr},
    {Rule::kAbiTags, "__ZNSt3__16vectorIiE3fooB8ne180100Ev", "__ZNSt3__16vectorIiE3fooB<abi>Ev"},
    {Rule::kAbiTags, "__ZSt28__throw_bad_array_new_lengthB9nqe210106v", "__ZSt28__throw_bad_array_new_lengthB<abi>v"},
    {Rule::kAbiTags, "_ZN1aB7v160006C1B6v15006Ev", "_ZN1aB<abi>C1B<abi>Ev"},
    {Rule::kAbiTags, "___ZNSt3__13barB8ne180100Ev_block_invoke", "___ZNSt3__13barB<abi>Ev_block_invoke"},
    {Rule::kAbiTags, "__ZN3fooB5cxx11Ev", nullptr},
    {Rule::kAbiTags, "__ZN3fooB8ne18010Ev", nullptr},
    {Rule::kAbiTags, "__ZN3fooB8180100neEv", nullptr},
    {Rule::kAbiTags, "__ZN3fooB99ne180100Ev", nullptr},
    {Rule::kAbiTags, "_$s4B8ne180100", nullptr},
    {Rule::kAbiTags, "ZN3fooB8ne180100Ev", nullptr},
    {Rule::kAbiTags, "_fooB8ne180100", nullptr},
    {Rule::kTimestamps, "12:34:56", nullptr},
    {Rule::kSharedPool, "__objc_methname", nullptr},
};

TEST(Rules, EachByItselfOnNames) {
    for (const auto& [rule, text, expected] : kNames) {
        SCOPED_TRACE(std::string(rule_info(rule).name) + " on " + text);
        const auto result = normalise_symbol(text, RuleSet::none().with(rule));
        EXPECT_EQ(result.fired, expected != nullptr);
        EXPECT_EQ(result.text, expected == nullptr ? text : expected);
        if (result.fired) {
            EXPECT_EQ(result.rule, rule);
        }
        EXPECT_FALSE(normalise_symbol(text, RuleSet::all().without(rule)).rule == rule &&
                     normalise_symbol(text, RuleSet::all().without(rule)).fired)
            << "a rule that is off takes no account";
        EXPECT_EQ(normalise_symbol(text, RuleSet::none()).text, text);
    }
}

TEST(Rules, BuildPathsOnNamesAndStrings) {
    const RuleSet rules = RuleSet::none().with(Rule::kBuildPaths);
    const std::pair<std::string, std::string> matches[] = {
        {path_of(kUuid) + "/x.c", path_of("<UUID>/x.c")},
        {path_of(kUuid), path_of("<UUID>")},
        {path_of("TemporaryDirectory.2P10pp/Sources/x.c"), path_of("TemporaryDirectory.<TMP>/Sources/x.c")},
        {path_of(kUuid) + "/TemporaryDirectory.zSpBnw", path_of("<UUID>/TemporaryDirectory.<TMP>")},
        {"at /AppleInternal/Library/BuildRoots/473de0b3-6a21-11ef-b572-86b8363ea862/x:1",
         "at /AppleInternal/Library/BuildRoots/<BUILDROOT>/x:1"},
    };
    for (const auto& [text, expected] : matches) {
        EXPECT_EQ(normalise_string(text, rules).text, expected);
        EXPECT_EQ(normalise_symbol(text, rules).text, expected);
    }
    for (const auto& text :
         {path_of("0123/x.c"), path_of("TemporaryDirectory.toolong1/x"), path_of("Sources/x.c"),
          std::string("/Library/Caches/com.apple.other/") + kUuid, std::string("/AppleInternal/Library/BuildRoots/"),
          std::string("/AppleInternal/Library/x")}) {
        EXPECT_FALSE(normalise_string(text, rules).fired) << text;
        EXPECT_FALSE(normalise_symbol(text, rules).fired) << text;
    }
}

/// Numbers that several rules know go to the account of the one that knows most of them.
TEST(Rules, TheMostTellingRuleTakesTheAccount) {
    const auto rule = [](const char* name) { return normalise_symbol(name).rule; };
    EXPECT_EQ(rule("_foo.cold.1"), Rule::kCounters);
    EXPECT_EQ(rule("___foo_block_invoke.870.cold.1"), Rule::kBlocks);
    EXPECT_EQ(rule("___foo_block_invoke_2.cold.1"), Rule::kBlocks);
    EXPECT_EQ(rule("_block_descriptor.12"), Rule::kBlocks);
    EXPECT_EQ(rule("_apply_block_1.99"), Rule::kApplyBlock);
    EXPECT_EQ(rule("GCC_except_table7"), Rule::kExceptTables);
    EXPECT_EQ(clean("___foo_block_invoke_2.cold.1"), "___foo_block_invoke");
}

/// On any text: what no rule touched is as it was, and without rules nothing is touched.
TEST(Rules, WhatDidNotFireChangedNothing) {
    test::Random random(141);
    static const std::vector<std::string> kPieces{"_",
                                                  ".cold",
                                                  ".1",
                                                  "_2",
                                                  "Tm",
                                                  "__ZN1",
                                                  "B8ne180100",
                                                  "_block_invoke",
                                                  "_block_descriptor",
                                                  "GCC_except_table",
                                                  "_OUTLINED_FUNCTION_",
                                                  "3",
                                                  "_apply_block_1",
                                                  "/Library/Caches/com.apple.xbs",
                                                  "B",
                                                  "12:34:56",
                                                  "Jan  2 2026"};
    uint64_t fired = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string name;
        for (uint64_t n = random.below(6); n-- > 0;) name += kPieces[random.below(kPieces.size())];
        for (const auto& result : {normalise_symbol(name, RuleSet::all()), normalise_string(name, RuleSet::all())}) {
            ASSERT_EQ(result.fired, result.text != name) << name;
            fired += result.fired;
        }
        ASSERT_FALSE(normalise_symbol(name, RuleSet::none()).fired) << name;
        ASSERT_FALSE(normalise_string(name, RuleSet::none()).fired) << name;
    }
    EXPECT_GT(fired, 1000U);
}

TEST(Rules, Switches) {
    const RuleSet defaults = RuleSet::defaults();
    EXPECT_FALSE(defaults.has(Rule::kTimestamps));
    EXPECT_TRUE(defaults.switched("+timestamps").has(Rule::kTimestamps));
    EXPECT_FALSE(defaults.switched("-counters,-blocks").has(Rule::kCounters));
    EXPECT_FALSE(defaults.switched("-counters,-blocks").has(Rule::kBlocks));
    EXPECT_EQ(defaults.switched("-counters,+counters"), defaults) << "from left to right";
    EXPECT_EQ(defaults.switched(""), defaults);
    for (const char* bad : {"counters", "+nope", "-", "+counters,,", "+counters, -blocks", ","})
        EXPECT_THROW(defaults.switched(bad), base::Error) << bad;
}

TEST(Rules, AreListedInTheirOrder) {
    for (size_t i = 0; i < kRules.size(); ++i) EXPECT_EQ(static_cast<size_t>(kRules[i].rule), i);
}

}  // namespace
}  // namespace strata::diff
