// Filters never hide a name, and rarely let a chunk pass that has none.
#include "record/text_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "record/strings.h"
#include "record/symbols.h"
#include "support/random.h"

namespace strata::record {
namespace {

struct Filtered {
    std::vector<std::string> texts;  ///< of this chunk
    Message message;
    std::string filter;
};

std::vector<Filtered> strings_of(const std::vector<std::string>& texts) {
    std::vector<StringRecord> records;
    for (const auto& text : texts) records.push_back({text, 0});
    const std::vector<std::string> sections{"__TEXT,__cstring"};
    std::vector<Filtered> chunks;
    encode_strings(records, sections, [&](Chunk chunk) {
        Filtered filtered;
        const StringsView view(chunk.message.bytes());
        for (uint64_t i = 0; i < view.size(); ++i) filtered.texts.emplace_back(view.value(i));
        filtered.filter = text_filter_of(chunk.kind, chunk.message.bytes());
        filtered.message = std::move(chunk.message);
        chunks.push_back(std::move(filtered));
    });
    return chunks;
}

std::vector<std::string> some_texts(test::Random& random, size_t count) {
    std::vector<std::string> texts{"",
                                   "_",
                                   "\xff\xfe",
                                   std::string(8, 'a'),
                                   std::string(16, 'a'),
                                   std::string(32, 'a'),
                                   std::string(33, 'a'),
                                   std::string(70'000, 'b')};
    while (texts.size() < count)
        texts.push_back(random.crowded_name(6) + std::string(random.below(3), 'x') + random.crowded_name(40));
    return texts;
}

std::string in_other_case(std::string_view text) {
    std::string other(text);
    for (char& c : other) {
        if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        } else if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return other;
}

TEST(TextFilter, HidesNothing) {
    test::Random random(31);
    const auto chunks = strings_of(some_texts(random, 20'000));
    ASSERT_GT(chunks.size(), 2U);
    for (const auto& chunk : chunks)
        for (const auto& text : chunk.texts) {
            ASSERT_TRUE(TextProbe::exact(text).may_be_in(chunk.filter)) << text;
            for (size_t size = 0; size <= std::min<size_t>(text.size(), 40); ++size) {
                const auto probe = TextProbe::prefix(std::string_view(text).substr(0, size));
                ASSERT_EQ(probe.says_anything(), size >= kShortestPart);
                ASSERT_TRUE(probe.may_be_in(chunk.filter)) << text << " by its first " << size;
                const auto part = std::string_view(text).substr(size, size + 3);
                ASSERT_TRUE(TextProbe::part(part).may_be_in(chunk.filter))
                    << text << " by what follows its first " << size;
                ASSERT_TRUE(TextProbe::part(in_other_case(part)).may_be_in(chunk.filter)) << text;
            }
        }
}

TEST(TextFilter, RarelySaysYesWrongly) {
    test::Random random(32);
    const auto chunks = strings_of(some_texts(random, 20'000));
    uint64_t asked = 0;
    uint64_t wrong_texts = 0;
    uint64_t wrong_prefixes = 0;
    uint64_t wrong_parts = 0;
    for (const auto& chunk : chunks) {
        std::set<std::string> beginnings;
        for (const auto& text : chunk.texts) beginnings.insert(text.substr(0, 16));
        for (int i = 0; i < 5'000; ++i) {
            const std::string text = "q" + random.name(20);
            if (std::binary_search(chunk.texts.begin(), chunk.texts.end(), text)) continue;
            ++asked;
            wrong_texts += TextProbe::exact(text).may_be_in(chunk.filter);
            wrong_prefixes += TextProbe::prefix(text).may_be_in(chunk.filter);
            wrong_parts += TextProbe::part(text).may_be_in(chunk.filter);
        }
    }
    ASSERT_GT(asked, 10'000U);
    EXPECT_LT(static_cast<double>(wrong_texts), 0.02 * static_cast<double>(asked));
    EXPECT_LT(static_cast<double>(wrong_prefixes), 0.02 * static_cast<double>(asked));
    EXPECT_LT(static_cast<double>(wrong_parts), 0.02 * static_cast<double>(asked));
}

/// Bytes beside the letters, and all above 0x7f, are not taken for letters of another case.
TEST(TextFilter, OnlyAsciiLettersHaveCases) {
    test::Random random(34);
    std::string others;
    std::string letters;
    for (int i = 0; i < 60; ++i) {
        others += "@[\\]^_\xc1\xda"[random.below(8)];
        letters += static_cast<char>((random.one_in(2) ? 'a' : 'A') + random.below(26));
    }
    const auto chunks = strings_of({others, letters});
    ASSERT_EQ(chunks.size(), 1U);
    const auto flipped = [](std::string text) {
        for (char& c : text) c = static_cast<char>(c ^ 0x20);
        return text;
    };
    EXPECT_TRUE(TextProbe::part(others).may_be_in(chunks[0].filter));
    EXPECT_FALSE(TextProbe::part(flipped(others)).may_be_in(chunks[0].filter));
    EXPECT_TRUE(TextProbe::part(letters).may_be_in(chunks[0].filter));
    EXPECT_TRUE(TextProbe::part(flipped(letters)).may_be_in(chunks[0].filter));
}

/// Short parts say nothing: they cannot be asked for.
TEST(TextFilter, ShortPartsSayNothing) {
    for (const char* part : {"", "a", "ab", "abc"}) EXPECT_FALSE(TextProbe::part(part).says_anything());
    EXPECT_TRUE(TextProbe::part("abcd").says_anything());
}

TEST(TextFilter, OfAnOlderStrataHidesNothing) {
    for (const char form : {'\x01', '\x02'}) {
        const std::string older(65, form);
        EXPECT_TRUE(is_older_text_filter(older));
        EXPECT_TRUE(TextProbe::exact("_name").may_be_in(older));
    }
    EXPECT_FALSE(is_older_text_filter(strings_of({"_name"})[0].filter));
    EXPECT_FALSE(is_older_text_filter(""));
}

TEST(TextFilter, IsSmall) {
    test::Random random(33);
    uint64_t texts = 0;
    uint64_t filters = 0;
    for (const auto& chunk : strings_of(some_texts(random, 20'000))) {
        texts += chunk.message.size();
        filters += chunk.filter.size();
    }
    EXPECT_LT(filters * 8, texts);
}

TEST(TextFilter, SymbolsHaveOneOtherKindsHaveNone) {
    std::vector<SymbolRecord> symbols{{"_a", "", {1, 0}, kNoDylib, 0}, {"_b", "", {1, 0}, kNoDylib, 0}};
    size_t filters = 0;
    encode_symbols(symbols, {}, [&](Chunk chunk) {
        const auto filter = text_filter_of(chunk.kind, chunk.message.bytes());
        EXPECT_EQ(filter.empty(), chunk.kind != ColumnKind::kSymbols);
        if (filter.empty()) return;
        ++filters;
        EXPECT_TRUE(TextProbe::exact("_a").may_be_in(filter));
        EXPECT_FALSE(TextProbe::exact("_c").may_be_in(filter));
    });
    EXPECT_EQ(filters, 1U);
}

TEST(TextFilter, WhatIsNoFilterHidesNothing) {
    for (const std::string& filter :
         {std::string(), std::string("\x01"), std::string(65, '\0'), std::string(66, '\x01'),
          "\x03" + std::string(7, '\0'), "\x03" + std::string((32U << 10) + 1, '\0')})
        EXPECT_TRUE(TextProbe::exact("x").may_be_in(filter));
    EXPECT_TRUE(text_filter_of(ColumnKind::kStrings, "no message").empty());
    EXPECT_TRUE(text_filter_of(ColumnKind::kSymbols, std::string(64, '\xff')).empty());
}

}  // namespace
}  // namespace strata::record
