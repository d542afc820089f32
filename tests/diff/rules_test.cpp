// What each noise rule takes out of a name.
#include "diff/rules.h"

#include <gtest/gtest.h>

#include <regex>

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

TEST(Rules, AreListedInTheirOrder) {
    for (size_t i = 0; i < kRules.size(); ++i) EXPECT_EQ(static_cast<size_t>(kRules[i].rule), i);
}

}  // namespace
}  // namespace strata::diff
