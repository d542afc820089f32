// Real changes planted among noise of every kind: each is told, whatever the rules; and what a rule took out has a like
// on the other side.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "column_fixture.h"
#include "diff/image_diff.h"

namespace strata::diff {
namespace {

using record::SymbolKind;
using test::MadeFacts;
using test::MadeSymbol;

/// Pairs of names that differ in noise only, at least one for each rule on names.
const std::pair<const char*, const char*> kNoise[] = {
    {"_/AppleInternal/Library/BuildRoots/aa/x", "_/AppleInternal/Library/BuildRoots/bb/x"},
    {"_c.12", "_c.13"},
    {"_c.cold.1", "_c.cold.2"},
    {"_objectdestroy.102Tm", "_objectdestroy.29Tm"},
    {"GCC_except_table5", "GCC_except_table6"},
    {"_OUTLINED_FUNCTION_4", "_OUTLINED_FUNCTION_9"},
    {"___f_block_invoke_2", "___f_block_invoke_3"},
    {"___block_descriptor_tmp.18", "___block_descriptor_tmp.20"},
    {"___block_literal_global.4", "___block_literal_global.5"},
    {"_apply_block_1.1507", "_apply_block_1.1538"},
    {"__ZNSt3__13fooB8ne180100Ev", "__ZNSt3__13fooB8ne190102Ev"},
};
const std::pair<const char*, const char*> kNoisyStrings[] = {
    {"/Library/Caches/com.apple.xbs/TemporaryDirectory.2P10pp/x.c",
     "/Library/Caches/com.apple.xbs/TemporaryDirectory.zSpBnw/x.c"},
    {"Jan  2 2026", "Jan  3 2026"},
    {"12:34:56", "12:34:57"},
};

/// Changes that look much like noise, and are none: a stem, argument or tag of their own.
const std::pair<const char*, const char*> kPlanted[] = {
    {"_d", "_e.12"},
    {"_d.cold.1", "_e.cold.1"},
    {"_otherdestroy.1Tm", "_anotherdestroy.1Tm"},
    {"GCC_except_table_of_mine", "GCC_except_table_of_yours"},
    {"_OUTLINED_FUNCTION_A", "_OUTLINED_FUNCTION_B"},
    {"___g_block_invoke", "___h_block_invoke_2"},
    {"___block_descriptor_32_e5_v8?0l", "___block_descriptor_40_e5_v8?0l"},
    {"_apply_block_2.1", "_apply_block_3.1"},
    {"__ZNSt3__13barB8ne180100Ev", "__ZNSt3__13bazB8ne190102Ev"},
    {"__ZN1a3barB5cxx11Ev", "__ZN1a3barB5cxx17Ev"},
    {"_foo1", "_foo2"},
};
const std::pair<const char*, const char*> kPlantedStrings[] = {
    {"/Library/Caches/com.apple.xbs/Sources/x.c", "/Library/Caches/com.apple.xbs/Sources/y.c"},
    {"expires Jan  2 2026", "expires Jan  3 2027"},
    {"opens 12:34:56", "opens 12:34:57"},
    {"file.1", "file.2"},
};

MadeFacts side(bool after, bool planted) {
    const auto pick = [&](const auto& pair) { return std::string(after ? pair.second : pair.first); };
    MadeFacts facts;
    const auto symbol = [&](const std::string& name) {
        const uint64_t place = 16 * facts.symbols.size();
        facts.symbols.push_back({name, SymbolKind::kLocal, place, "", ""});
        facts.functions.push_back({1, static_cast<uint32_t>(place), 16});
    };
    for (const auto& pair : kNoise) symbol(pick(pair));
    for (const auto& pair : kNoisyStrings) facts.strings.push_back(pick(pair));
    if (planted) {
        for (const auto& pair : kPlanted) symbol(pick(pair));
        for (const auto& pair : kPlantedStrings) facts.strings.push_back(pick(pair));
    }
    facts.layout.load_commands = {0x19};
    facts.uuid = std::string(16, after ? 'b' : 'a');
    return facts;
}

class Planted : public ColumnTest {
  protected:
    ImageDiff diff(bool planted, RuleSet rules) {
        const auto before = put(side(false, planted));
        const auto after = put(side(true, planted));
        return diff_image(reader(), "/x", before, after, {rules, true});
    }
};

template <typename Facts, typename TextOf>
std::multiset<std::string> texts(const Facts& facts, const TextOf& text_of) {
    std::multiset<std::string> all;
    for (const auto& fact : facts) all.insert(std::string(text_of(fact)));
    return all;
}

template <typename Pairs>
std::multiset<std::string> halves(const Pairs& pairs, bool after) {
    std::multiset<std::string> all;
    for (const auto& pair : pairs) all.insert(after ? pair.second : pair.first);
    return all;
}

TEST_F(Planted, NoiseAloneIsLeftOutWhole) {
    const auto result = diff(false, RuleSet::all());
    EXPECT_EQ(result.status, Status::kRebuilt);
    EXPECT_TRUE(result.symbols.empty() && result.strings.empty());
    for (const auto& info : kRules)
        if (info.rule != Rule::kSharedPool) {
            EXPECT_GT(result.suppressed[static_cast<size_t>(info.rule)], 0U) << info.name;
        }
    // The counts are what is listed.
    Suppressed listed{};
    for (const auto& fact : result.left_out) ++listed[static_cast<size_t>(fact.rule)];
    EXPECT_EQ(listed, result.suppressed);
    EXPECT_EQ(result.symbols.left_out.size(), 2 * std::size(kNoise));
}

TEST_F(Planted, EveryRealChangeAmongTheNoiseIsTold) {
    const auto result = diff(true, RuleSet::all());
    EXPECT_EQ(result.status, Status::kUpdated);
    const auto name = [](const SymbolFact& fact) { return fact.name; };
    const auto value = [](const StringFact& fact) { return fact.value; };
    EXPECT_EQ(texts(result.symbols.added, name), halves(kPlanted, true));
    EXPECT_EQ(texts(result.symbols.removed, name), halves(kPlanted, false));
    EXPECT_EQ(texts(result.strings.added, value), halves(kPlantedStrings, true));
    EXPECT_EQ(texts(result.strings.removed, value), halves(kPlantedStrings, false));
}

TEST_F(Planted, WithoutRulesTheNoiseIsToldToo) {
    const auto result = diff(true, RuleSet::none());
    EXPECT_EQ(result.suppressed, Suppressed{});
    EXPECT_TRUE(result.left_out.empty());
    EXPECT_EQ(result.symbols.added.size(), std::size(kPlanted) + std::size(kNoise));
    EXPECT_EQ(result.strings.removed.size(), std::size(kPlantedStrings) + std::size(kNoisyStrings));
}

/// One rule more takes out no more than its own: what it counts is what the diff without it has in addition.
TEST_F(Planted, ARuleTakesOutNoMoreThanItCounts) {
    for (const auto& info : kRules) {
        const auto with = diff(true, RuleSet::none().with(info.rule));
        const auto listed = with.symbols.left_out.size() + with.strings.left_out.size();
        const auto told = with.symbols.added.size() + with.symbols.removed.size() + with.strings.added.size() +
                          with.strings.removed.size();
        EXPECT_EQ(told + listed,
                  2 * (std::size(kPlanted) + std::size(kNoise) + std::size(kPlantedStrings) + std::size(kNoisyStrings)))
            << info.name;
    }
}

/// By brute force over random names made of the rules' own pieces: whatever was left out has, without noise, a like on
/// the other side, with the same kind.
TEST_F(Planted, WhatIsLeftOutHasALike) {
    static const std::vector<std::string> kStems{"_f",
                                                 "_g",
                                                 "___f_block_invoke",
                                                 "GCC_except_table",
                                                 "_OUTLINED_FUNCTION_",
                                                 "__ZN1fB8ne180100Ev",
                                                 "__ZN1fB8ne190100Ev",
                                                 "_block_descriptor"};
    static const std::vector<std::string> kTails{"", ".1", ".2", "_2", "3", ".cold", ".cold.1", ".1Tm", "Tm"};
    struct Round {
        std::vector<MadeSymbol> before, after;
        record::Head old_head, new_head;
    };
    test::Random random(160);
    const auto names = [&] {
        std::vector<MadeSymbol> symbols;
        for (uint64_t n = random.below(30); n-- > 0;)
            symbols.push_back({kStems[random.below(kStems.size())] + kTails[random.below(kTails.size())],
                               random.one_in(4) ? SymbolKind::kExport : SymbolKind::kLocal, 0, "", ""});
        return symbols;
    };
    std::vector<Round> rounds(200);
    for (auto& round : rounds) {
        round.before = names();
        round.after = names();
        round.old_head = put_symbols(round.before);
        round.new_head = put_symbols(round.after);
    }
    uint64_t left_out = 0;
    for (const auto& round : rounds) {
        const auto difference = symbols(round.old_head, round.new_head);
        for (const auto& [fact, rule, added] : difference.left_out) {
            const auto& others = added ? round.before : round.after;
            const auto clean = normalise_symbol(fact.name).text;
            EXPECT_TRUE(std::any_of(others.begin(), others.end(), [&, kind = fact.kind](const MadeSymbol& other) {
                return other.kind == kind && normalise_symbol(other.name).text == clean;
            })) << fact.name;
            ++left_out;
        }
    }
    EXPECT_GT(left_out, 500U);
}

}  // namespace
}  // namespace strata::diff
