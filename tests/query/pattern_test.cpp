// Globs, regular expressions, and what can be told about all that they match.
#include "query/pattern.h"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>

#include "base/error.h"
#include "query/regex_literal.h"
#include "query/regex_loose.h"
#include "support/random.h"

namespace strata::query {
namespace {

bool glob(const std::string& pattern, std::string_view text) {
    return Pattern(Match::kGlob, pattern).matches(text);
}

TEST(Pattern, ExactAndPrefix) {
    EXPECT_TRUE(Pattern(Match::kExact, "_foo").matches("_foo"));
    EXPECT_FALSE(Pattern(Match::kExact, "_foo").matches("_foo2"));
    EXPECT_TRUE(Pattern(Match::kPrefix, "_foo").matches("_foo2"));
    EXPECT_FALSE(Pattern(Match::kPrefix, "_foo").matches("_fo"));
    EXPECT_TRUE(Pattern(Match::kExact, "").matches(""));
}

TEST(Pattern, Globs) {
    EXPECT_TRUE(glob("*", ""));
    EXPECT_TRUE(glob("a*c", "abbbc"));
    EXPECT_FALSE(glob("a*c", "abbb"));
    EXPECT_TRUE(glob("?x", "ax"));
    EXPECT_FALSE(glob("?x", "x"));
    EXPECT_TRUE(glob("[a-c]1", "b1"));
    EXPECT_FALSE(glob("[!a-c]1", "b1"));
    EXPECT_TRUE(glob("[]]", "]"));
    EXPECT_TRUE(glob("\\*", "*"));
    EXPECT_FALSE(glob("\\*", "x"));
    EXPECT_TRUE(glob("-\\[Foo *:\\]", "-[Foo bar:]"));
    EXPECT_TRUE(glob("?", "\xff")) << "bytes, not characters";
}

/// By definition, without any cleverness.
bool slow_glob(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*')
        return slow_glob(pattern.substr(1), text) || (!text.empty() && slow_glob(pattern, text.substr(1)));
    return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
           slow_glob(pattern.substr(1), text.substr(1));
}

TEST(Pattern, GlobsAreWhatTheirDefinitionSays) {
    test::Random random(1);
    for (int i = 0; i < 3000; ++i) {
        std::string pattern;
        for (uint64_t n = random.below(8); n > 0; --n) pattern += "*?ab_"[random.below(5)];
        const Pattern fast(Match::kGlob, pattern);
        for (int k = 0; k < 10; ++k) {
            const std::string text = random.crowded_name(8);
            const bool expected = slow_glob(pattern, text);
            ASSERT_EQ(fast.matches(text), expected) << pattern << " on " << text;
            if (!expected) continue;
            EXPECT_TRUE(text.starts_with(fast.prefix()));
            EXPECT_NE(text.find(fast.literal()), std::string::npos);
        }
    }
}

TEST(Pattern, LiteralsOfExpressions) {
    EXPECT_EQ(required_literal("Keychain"), "Keychain");
    EXPECT_EQ(required_literal("^_Sec.*Key$"), "_Sec");
    EXPECT_EQ(required_literal("abcd?ef"), "abc");
    EXPECT_EQ(required_literal("abcd*"), "abc");
    EXPECT_EQ(required_literal("abcd+x"), "abcd");
    EXPECT_EQ(required_literal("ab{0,3}cde"), "cde");
    EXPECT_EQ(required_literal("(foo|barbar)baz"), "baz");
    EXPECT_EQ(required_literal("foo|bar"), "");
    EXPECT_EQ(required_literal("(?i)foo"), "");
    EXPECT_EQ(required_literal("a\\.bc"), "a.bc");
    EXPECT_EQ(required_literal("\\Qab\\E"), "");
    EXPECT_EQ(required_literal("[a-z]xyz[^]]q"), "xyz");
    EXPECT_EQ(required_literal("a{[}]x"), "a{") << "a brace that repeats nothing stands for itself";
    EXPECT_EQ(required_literal("ab{,3}c"), "ab{,3}c");
    EXPECT_EQ(required_literal("abc{2}d{3,}e"), "ab");
}

TEST(Pattern, AnchorsThatMayBeMissingAreNone) {
    for (const char* regex : {"^?foo", "^*foo", "^{0}foo", "^{0,1}foo"}) {
        const Pattern pattern(Match::kRegex, regex);
        EXPECT_EQ(pattern.prefix(), "") << regex;
        EXPECT_TRUE(pattern.matches("xfoo")) << regex;
    }
    EXPECT_FALSE(Pattern(Match::kRegex, "^foo").prefix().empty());
    EXPECT_EQ(Pattern(Match::kRegex, "^\\b").prefix(), "");
}

TEST(Pattern, ExpressionsWithoutAssertions) {
    EXPECT_EQ(without_assertions("^a[^b]$"), "(?:)a[^b](?:)");
    EXPECT_EQ(without_assertions("\\bx\\.\\^\\w[]^$][[:^alpha:]$]"), "(?:)x\\.\\^\\w[]^$][[:^alpha:]$]");
    EXPECT_EQ(without_assertions("\\Qa^\\E"), std::nullopt);
    EXPECT_EQ(without_assertions("[a"), std::nullopt);
    EXPECT_EQ(without_assertions("a\\"), std::nullopt);
    EXPECT_TRUE(Pattern(Match::kRegex, "[QX][a-z]").asks_many());
    EXPECT_FALSE(Pattern(Match::kRegex, "^a*$").asks_many()) << "without its anchors it is everywhere";
}

/// Expressions of plain parts: what RE2 says is what the library's own says, and what is told of all matches holds.
TEST(Pattern, WhatIsToldOfExpressionsHolds) {
    static const std::vector<std::string> kParts{"a",      "b",      "_",    "0",    "ab",    "a?",   "b*",
                                                 "_+",     ".",      "[ab]", "[^a]", "(a|b)", "(ab)", "(a_)?",
                                                 "a{0,2}", "b{1,2}", "^",    "$",    "\\b"};
    test::Random random(2);
    uint64_t matched = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string text;
        for (uint64_t n = 1 + random.below(5); n > 0; --n) text += kParts[random.below(kParts.size())];
        if (random.one_in(4)) text = "^" + text;
        if (random.one_in(10)) text += "|b";
        const Pattern pattern(Match::kRegex, text);
        const std::regex witness(text);
        for (int k = 0; k < 10; ++k) {
            std::string name;
            for (uint64_t n = random.below(7); n > 0; --n) name += "ab_0"[random.below(4)];
            const bool expected = std::regex_search(name, witness);
            ASSERT_EQ(pattern.matches(name), expected) << text << " on " << name;
            if (!expected) continue;
            ++matched;
            EXPECT_TRUE(name.starts_with(pattern.prefix())) << text << " on " << name;
            EXPECT_NE(name.find(pattern.literal()), std::string::npos) << text << " on " << name;
            EXPECT_TRUE(pattern.may_match_in("b_0a" + name + "ab")) << text << " on " << name;
        }
    }
    EXPECT_GT(matched, 1000U);
}

TEST(Pattern, RefusesWhatIsNone) {
    EXPECT_THROW(Pattern(Match::kRegex, "(a"), base::Error);
    EXPECT_THROW(Pattern(Match::kRegex, "a**"), base::Error);
    EXPECT_THROW(Pattern(Match::kRegex, "(a)\\1"), base::Error);
    EXPECT_THROW(Pattern(Match::kGlob, "[a"), base::Error);
    EXPECT_THROW(Pattern(Match::kGlob, "a\\"), base::Error);
    EXPECT_THROW(Pattern(Match::kExact, std::string((64U << 10) + 1, 'a')), base::Error);
    EXPECT_THROW(Pattern(Match::kRegex, "((((((((((a{100}){100}){100}){100}){100}){100}){100}){100}){100}){100})"),
                 base::Error);
}

/// What makes backtracking matchers run for ever, or over their stack.
TEST(Pattern, HostilePatternsEnd) {
    const std::string text(100'000, 'a');
    EXPECT_FALSE(Pattern(Match::kRegex, "(a*)*b").matches(text));
    EXPECT_FALSE(Pattern(Match::kRegex, "(a|aa)+$b").matches(text));
    EXPECT_FALSE(Pattern(Match::kRegex, "(x+x+)+y").matches(std::string(100'000, 'x')));
    EXPECT_TRUE(Pattern(Match::kRegex, "(.*)(.*)(.*)(.*)(.*)a").matches(text));
    std::string stars;
    for (int i = 0; i < 1000; ++i) stars += "*a";
    EXPECT_FALSE(glob(stars + "b", std::string(20'000, 'a')));
    std::string nested;
    for (int i = 0; i < 900; ++i) nested += "(";
    nested += "a";
    for (int i = 0; i < 900; ++i) nested += ")*";
    try {
        EXPECT_TRUE(Pattern(Match::kRegex, nested).matches(text));
    } catch (const base::Error&) {  // too deep is an answer too
    }
    EXPECT_EQ(required_literal(std::string(60'000, '(')), "");
}

}  // namespace
}  // namespace strata::query
