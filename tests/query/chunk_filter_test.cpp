// What a pattern asks of the filter of a chunk never rules out a chunk that has a match.
#include "query/chunk_filter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "record/strings.h"
#include "support/random.h"

namespace strata::query {
namespace {

const std::vector<std::string> kWords{"Region", "Activity", "factory", "KEY",   "chain", "_",  "xpc",
                                      "__ZN5",  "\xff\xfe", "view.",   "Cloud", "::",    "a1", "handler"};

std::string some_name(test::Random& random) {
    std::string name;
    for (uint64_t words = 1 + random.below(4); words > 0; --words) name += kWords[random.below(kWords.size())];
    return name;
}

/// The filter of a chunk that holds these texts.
std::string filter_of(const std::vector<std::string>& texts) {
    std::vector<record::StringRecord> records;
    for (const auto& text : texts) records.push_back({text, 0});
    std::string filter;
    const std::vector<std::string> sections{"__TEXT,__cstring"};
    record::encode_strings(records, sections, [&](record::Chunk chunk) {
        EXPECT_TRUE(filter.empty()) << "texts of one chunk";
        filter = record::text_filter_of(chunk.kind, chunk.message.bytes());
    });
    return filter;
}

bool any_matches(const Pattern& pattern, const std::vector<std::string>& texts) {
    return std::any_of(texts.begin(), texts.end(), [&](const auto& text) { return pattern.matches(text); });
}

/// A part of a name as it may stand in an expression.
std::string quoted(std::string_view text) {
    std::string expression;
    for (const char c : text) {
        if (std::string_view(".*+?()[]{}|^$\\").find(c) != std::string_view::npos) expression += '\\';
        expression += c;
    }
    return expression;
}

std::string some_expression(test::Random& random) {
    const auto part = [&] {
        const std::string name = some_name(random);
        const size_t begin = random.below(name.size());
        return quoted(std::string_view(name).substr(begin, 3 + random.below(9)));
    };
    switch (random.below(9)) {
        case 0:
            return part() + ".*" + part();
        case 1:
            return "(" + part() + "|" + part() + ")";
        case 2:
            return "(?i)" + part();
        case 3:
            return "^" + part();
        case 4:
            return part() + "?" + part() + "$";
        case 5:
            return "(" + part() + ")*" + part() + "+";
        case 6:
            return "[A-Z]" + part() + "{1,2}[^x]";
        case 7:
            return "\\b" + part() + "\\B|(?i:" + part() + ")x?";
        default:
            return part() + "|(" + part() + "[ac]" + part() + ")";
    }
}

TEST(ChunkFilter, HidesNoMatchOfAnExpression) {
    test::Random random(41);
    int ruled_out = 0;
    int matching = 0;
    for (int i = 0; i < 200; ++i) {
        std::vector<std::string> texts;
        for (uint64_t n = 1 + random.below(12); n > 0; --n) texts.push_back(some_name(random));
        std::sort(texts.begin(), texts.end());
        const std::string filter = filter_of(texts);
        for (int k = 0; k < 50; ++k) {
            const std::string expression = some_expression(random);
            const Pattern pattern(Match::kRegex, expression);
            const bool may_match = ChunkFilter(pattern).may_match_in(filter);
            if (any_matches(pattern, texts)) {
                ++matching;
                ASSERT_TRUE(may_match) << expression;
            }
            ruled_out += !may_match;
        }
    }
    EXPECT_GT(matching, 500);
    EXPECT_GT(ruled_out, 3000);
}

TEST(ChunkFilter, HidesNoMatchOfOtherPatterns) {
    test::Random random(42);
    for (int i = 0; i < 200; ++i) {
        std::vector<std::string> texts;
        for (uint64_t n = 1 + random.below(12); n > 0; --n) texts.push_back(some_name(random));
        std::sort(texts.begin(), texts.end());
        const std::string filter = filter_of(texts);
        for (const auto& text : texts) {
            const size_t begin = random.below(text.size());
            const std::string part = text.substr(begin, 1 + random.below(12));
            for (const auto& pattern :
                 {Pattern(Match::kExact, text), Pattern(Match::kPrefix, text.substr(0, begin + 1)),
                  Pattern(Match::kGlob, "*" + part + "*"), Pattern(Match::kGlob, text.substr(0, begin) + "?*"),
                  Pattern(Match::kGlob, "*[!~]" + text.substr(begin + 1))}) {
                ASSERT_TRUE(any_matches(pattern, texts)) << pattern.text();
                ASSERT_TRUE(ChunkFilter(pattern).may_match_in(filter)) << pattern.text();
            }
        }
    }
}

bool rules_out(Match how, const char* text, const std::vector<std::string>& texts) {
    return !ChunkFilter(Pattern(how, text)).may_match_in(filter_of(texts));
}

/// Texts long enough that it would be a miracle if another one had all their bits.
TEST(ChunkFilter, RulesOutByAllThatAPatternSays) {
    const std::vector<std::string> texts{"_regionActivity", "_keychainItemCopyMatching"};
    EXPECT_TRUE(rules_out(Match::kGlob, "*regionActivity*somewhereElse*", texts)) << "each part of a glob";
    EXPECT_TRUE(rules_out(Match::kRegex, "(somewhereElse|nowhereAtAll)", texts)) << "alternatives";
    EXPECT_TRUE(rules_out(Match::kRegex, "(?i)SOMEWHEREelse", texts)) << "case";
    EXPECT_TRUE(rules_out(Match::kRegex, "regionActivity.*somewhereElse", texts)) << "both";
    EXPECT_FALSE(rules_out(Match::kRegex, "(somewhereElse|keychainItem)", texts));
    EXPECT_FALSE(rules_out(Match::kRegex, "(?i)KEYCHAINITEM", texts));
    EXPECT_TRUE(rules_out(Match::kRegex, "regionItemCopyActivity", texts)) << "words that do not stand together";
}

TEST(ChunkFilter, SaysNothingWhereNothingIsRequired) {
    for (const char* expression : {"", "a*", "[a-z]+", "abc", "(somewhere)?", "somewhere|x", "\\bfoo\\b"})
        EXPECT_FALSE(ChunkFilter(Pattern(Match::kRegex, expression)).says_anything()) << expression;
    EXPECT_FALSE(ChunkFilter(Pattern(Match::kGlob, "*")).says_anything());
    EXPECT_FALSE(ChunkFilter(Pattern(Match::kPrefix, "_OB")).says_anything());
    EXPECT_TRUE(ChunkFilter(Pattern(Match::kExact, "")).says_anything());
}

/// More alternatives than are worth asking for.
TEST(ChunkFilter, ThousandsOfAlternativesAreLeftToTheSearch) {
    test::Random random(43);
    std::string expression = "firstOne";
    for (int i = 0; i < 2000; ++i) {
        expression += '|';
        for (int k = 0; k < 8; ++k) expression += static_cast<char>('a' + random.below(26));
    }
    const ChunkFilter filter{Pattern(Match::kRegex, expression)};
    EXPECT_FALSE(filter.says_anything());
    EXPECT_TRUE(filter.may_match_in(filter_of({"_nothing_of_it"})));
}

}  // namespace
}  // namespace strata::query
