// The matches in sorted columns, found fast, are those that a plain loop finds.
#include "query/scan.h"

#include <gtest/gtest.h>

#include "record/sorted_texts.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::query {
namespace {

class Scan : public ::testing::Test {
  protected:
    /// Stores strings as columns of one image and opens it.
    void put(const std::vector<std::string>& strings) {
        test::MadeFacts facts;
        facts.strings = strings;
        {
            store::Writer writer(dir_ / "store");
            head_ = test::put_facts(writer, facts);
            writer.flush();
        }
        reader_.emplace(dir_ / "store");
    }

    std::vector<std::string> found(const Pattern& pattern) {
        std::vector<uint64_t> ids;
        for (const auto& chunk : head_.column(record::ColumnKind::kStrings).chunks) ids.push_back(chunk.id);
        std::vector<std::string> texts;
        for (const uint64_t id : chunks_of_range(*reader_, record::ColumnKind::kStrings, ids, pattern)) {
            const auto lease = reader_->column(id);
            const record::SortedTexts view(record::ColumnKind::kStrings, lease.message());
            for_each_match(view.blob(), pattern, [&](uint64_t i) { texts.emplace_back(view.blob()[i]); });
        }
        return texts;
    }

    size_t chunks() const { return head_.column(record::ColumnKind::kStrings).chunks.size(); }

    test::TempDir dir_;
    record::Head head_;
    std::optional<store::Reader> reader_;
};

std::vector<std::string> plain(const std::vector<std::string>& sorted, const Pattern& pattern) {
    std::vector<std::string> texts;
    for (const auto& text : sorted)
        if (pattern.matches(text)) texts.push_back(text);
    return texts;
}

void expect_all_patterns(const std::vector<std::string>& sorted, const std::vector<std::string>& words,
                         const std::function<std::vector<std::string>(const Pattern&)>& found) {
    for (const auto& word : words) {
        std::vector<Pattern> patterns;
        patterns.emplace_back(Match::kExact, word);
        patterns.emplace_back(Match::kPrefix, word);
        std::string quoted;
        for (const char c : word) quoted += std::string("\\") + c;
        for (const std::string& glob : {quoted, quoted + "*", "*" + quoted, "*" + quoted + "*", quoted + "?*b"})
            patterns.emplace_back(Match::kGlob, glob);
        std::string regex;
        for (const char c : word)
            regex += std::ispunct(static_cast<unsigned char>(c)) != 0 ? "\\" + std::string(1, c) : std::string(1, c);
        if (word.find('\n') == std::string::npos)
            for (const std::string& text :
                 {regex, "^" + regex, regex + "$", "^" + regex + ".*a", "." + regex, regex + "?"})
                if (!text.ends_with("\\?") || regex.empty()) {
                    if (text == "?") continue;
                    patterns.emplace_back(Match::kRegex, text);
                }
        for (const auto& pattern : patterns)
            EXPECT_EQ(found(pattern), plain(sorted, pattern))
                << static_cast<int>(pattern.how()) << " " << pattern.text();
    }
}

TEST_F(Scan, CrowdedNames) {
    test::Random random(5);
    std::vector<std::string> strings;
    for (int i = 0; i < 4000; ++i) strings.push_back(random.crowded_name(9));
    std::sort(strings.begin(), strings.end());
    strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
    put(strings);
    std::vector<std::string> words{"", "_", "a", "ab", "\xff", "zz"};
    for (int i = 0; i < 30; ++i) words.push_back(random.crowded_name(5));
    expect_all_patterns(strings, words, [&](const Pattern& pattern) { return found(pattern); });
}

TEST_F(Scan, ManyChunks) {
    test::Random random(6);
    std::vector<std::string> strings;
    for (int i = 0; i < 30'000; ++i)
        strings.push_back(random.crowded_name(4) + std::string(random.below(60), 'x') +
                          std::to_string(random.below(5000)));
    std::sort(strings.begin(), strings.end());
    strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
    put(strings);
    ASSERT_GT(chunks(), 2U);
    std::vector<std::string> words{"", "_", "xxx", strings.front(), strings.back(), strings.back() + "z"};
    for (int i = 0; i < 10; ++i) words.push_back(strings[random.below(strings.size())]);
    for (int i = 0; i < 5; ++i) words.push_back(strings[random.below(strings.size())].substr(0, 6));
    expect_all_patterns(strings, words, [&](const Pattern& pattern) { return found(pattern); });
}

/// Expressions without a literal: asked of many texts at once, then of each.
TEST_F(Scan, ExpressionsAskedOfManyTexts) {
    test::Random random(8);
    std::vector<std::string> strings;
    for (int i = 0; i < 20'000; ++i) strings.push_back(random.crowded_name(12));
    strings.push_back("QabX");  // rare ones, each alone in its group or across a border of two texts
    strings.push_back("endsQ");
    strings.push_back("endsX");
    std::sort(strings.begin(), strings.end());
    strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
    put(strings);
    for (const char* regex : {"[QX][a-z]+[QX]", "[QX]$", "^[QX]", "[b0][b0][b0][b0][b0]", "(a|b)\\.(0|_)$", "\\b[QX]",
                              "[^_]", "^[^a_]*$", "(?i)q[a-z]", "[e-s]{5}", "."}) {
        const Pattern pattern(Match::kRegex, regex);
        EXPECT_EQ(found(pattern), plain(strings, pattern)) << regex;
    }
}

TEST_F(Scan, NothingInNothing) {
    put({});
    EXPECT_TRUE(found(Pattern(Match::kExact, "a")).empty());
    EXPECT_TRUE(found(Pattern(Match::kRegex, ".*")).empty());
}

}  // namespace
}  // namespace strata::query
