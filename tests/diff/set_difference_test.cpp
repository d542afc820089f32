// Differences of columns against std::set_difference, and what is read to find them.
#include "diff/set_difference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "column_fixture.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::SymbolKind;
using test::MadeSymbol;

using SetDifferenceTest = ColumnTest;

template <typename Owned>
std::vector<Owned> minus(const std::set<Owned>& a, const std::set<Owned>& b) {
    std::vector<Owned> result;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

std::set<OwnedSymbol> owned(const std::vector<MadeSymbol>& symbols) {
    std::set<OwnedSymbol> set;
    for (const auto& s : symbols) set.emplace(s.name, s.kind, s.dylib, s.target);
    return set;
}

/// Everything on the new side that the old one has not, changed or added, in order; and the other way round.
std::vector<OwnedSymbol> gained(const SymbolDifference& difference) {
    auto all = own_all(difference.added);
    for (const auto& change : difference.changed) all.push_back(own(change.after));
    std::sort(all.begin(), all.end());
    return all;
}
std::vector<OwnedSymbol> lost(const SymbolDifference& difference) {
    auto all = own_all(difference.removed);
    for (const auto& change : difference.changed) all.push_back(own(change.before));
    std::sort(all.begin(), all.end());
    return all;
}

/// Names free of the noise that rules would take out.
std::string plain_name(test::Random& random) {
    return "_" + std::to_string(random.below(400)) + "x";
}

std::vector<MadeSymbol> random_symbols(test::Random& random, uint64_t count) {
    std::vector<MadeSymbol> symbols;
    for (uint64_t i = 0; i < count; ++i) {
        MadeSymbol symbol{plain_name(random), static_cast<SymbolKind>(random.below(3)), random.below(50), "", ""};
        if (random.one_in(4)) symbol.dylib = "/lib" + std::to_string(random.below(3));
        if (random.one_in(8)) symbol.target = "_target" + std::to_string(random.below(3));
        symbols.push_back(symbol);
    }
    return symbols;
}

TEST_F(SetDifferenceTest, EqualsStdSetDifference) {
    struct Round {
        std::vector<MadeSymbol> before, after;
        record::Head old_head, new_head;
    };
    test::Random random(130);
    std::vector<Round> rounds(100);
    for (auto& round : rounds) {
        round.before = random_symbols(random, random.below(400));
        round.after = random.one_in(2) ? round.before : random_symbols(random, random.below(400));
        if (!round.after.empty() && random.one_in(2))
            round.after.erase(round.after.begin() + static_cast<ptrdiff_t>(random.below(round.after.size())));
        round.old_head = put_symbols(round.before);
        round.new_head = put_symbols(round.after);
    }
    for (const auto& round : rounds) {
        const auto difference = symbols(round.old_head, round.new_head);
        ASSERT_EQ(gained(difference), minus(owned(round.after), owned(round.before)));
        ASSERT_EQ(lost(difference), minus(owned(round.before), owned(round.after)));
        ASSERT_EQ(difference.suppressed, Suppressed{});
        const auto mirrored = symbols(round.new_head, round.old_head);
        ASSERT_EQ(own_all(mirrored.added), own_all(difference.removed));
        ASSERT_EQ(own_all(mirrored.removed), own_all(difference.added));
        ASSERT_EQ(mirrored.changed.size(), difference.changed.size());
        for (size_t i = 0; i < mirrored.changed.size(); ++i) {
            ASSERT_EQ(own(mirrored.changed[i].before), own(difference.changed[i].after));
            ASSERT_EQ(own(mirrored.changed[i].after), own(difference.changed[i].before));
        }
    }
}

TEST_F(SetDifferenceTest, StringsEqualStdSetDifference) {
    struct Round {
        std::set<OwnedString> before, after;
        record::Head old_head, new_head;
    };
    test::Random random(131);
    std::vector<Round> rounds(100);
    for (auto& round : rounds) {
        std::vector<std::string> values(random.below(300));
        for (auto& value : values) value = random.crowded_name(5);
        for (const auto& value : values) round.before.emplace(value, "__TEXT,__cstring");
        round.old_head = put_strings(values);
        for (auto& value : values)
            if (random.one_in(10)) value = random.bytes(random.below(40));
        for (const auto& value : values) round.after.emplace(value, "__TEXT,__cstring");
        round.new_head = put_strings(values);
    }
    for (const auto& round : rounds) {
        const auto difference = strings(round.old_head, round.new_head);
        ASSERT_EQ(own_all(difference.added), minus(round.after, round.before));
        ASSERT_EQ(own_all(difference.removed), minus(round.before, round.after));
    }
}

std::vector<std::string> many_strings(uint64_t count) {
    std::vector<std::string> strings;
    for (uint64_t i = 0; i < count; ++i) strings.push_back("some text number " + std::to_string(i * 7919 % 1'000'003));
    return strings;
}

TEST_F(SetDifferenceTest, EqualColumnsAreNotRead) {
    const auto before = put_strings(many_strings(100'000));
    const auto after = put_strings(many_strings(100'000));
    ASSERT_GT(before.column(ColumnKind::kStrings).chunks.size(), 5U);
    EXPECT_TRUE(strings(before, after).empty());
    EXPECT_EQ(reader().counters().records_in_place, 0U);
    EXPECT_EQ(reader().counters().records_copied, 0U);
}

TEST_F(SetDifferenceTest, OnlyChunksThatDifferAreRead) {
    auto changed = many_strings(100'000);
    const auto before = put_strings(changed);
    changed[50'000] = "some text that is new";
    const auto after = put_strings(changed);
    const auto difference = strings(before, after);
    EXPECT_EQ(difference.added.size(), 1U);
    EXPECT_EQ(difference.removed.size(), 1U);
    const uint64_t chunks =
        before.column(ColumnKind::kStrings).chunks.size() + after.column(ColumnKind::kStrings).chunks.size();
    ASSERT_GT(chunks, 12U);
    EXPECT_LE(reader().counters().records_in_place, 8U) << "of " << chunks;
    EXPECT_EQ(difference.leases.size(), reader().counters().records_in_place);
}

TEST_F(SetDifferenceTest, OneSideEmpty) {
    const auto nothing = put_strings({});
    const auto something = put_strings({"a", "b"});
    EXPECT_EQ(strings(nothing, something).added.size(), 2U);
    EXPECT_EQ(strings(something, nothing).removed.size(), 2U);
    EXPECT_TRUE(strings(nothing, nothing).empty());
}

TEST_F(SetDifferenceTest, ChunksThatAreCutElsewhereCompareAllTheSame) {
    // Both sides are many chunks; names before, between and after all cuts differ.
    test::Random random(132);
    auto changed = many_strings(60'000);
    const auto before_values = changed;
    for (auto& value : changed)
        if (random.one_in(50)) value += " changed";
    const std::set<std::string> old_set(before_values.begin(), before_values.end());
    const std::set<std::string> new_set(changed.begin(), changed.end());
    const auto difference = strings(put_strings(before_values), put_strings(changed));
    std::vector<std::string> added;
    for (const auto& fact : difference.added) added.emplace_back(fact.value);
    EXPECT_EQ(added, minus(new_set, old_set));
    EXPECT_EQ(difference.removed.size(), minus(old_set, new_set).size());
}

/// Where a symbol is does not count, nor how often: the same name at other places is the same fact.
TEST_F(SetDifferenceTest, PlacesAndRepetitionDoNotCount) {
    const auto before = put_symbols({{"_a", SymbolKind::kLocal, 0, "", ""}, {"_a", SymbolKind::kLocal, 16, "", ""}});
    const auto after = put_symbols({{"_a", SymbolKind::kLocal, 32, "", ""}});
    EXPECT_TRUE(symbols(before, after).empty());
}

TEST_F(SetDifferenceTest, KindDylibAndTargetCount) {
    const auto before = put_symbols({{"_kind", SymbolKind::kLocal, 0, "", ""},
                                     {"_dylib", SymbolKind::kImport, 0, "/a", ""},
                                     {"_target", SymbolKind::kReexport, 0, "/a", "_x"}});
    const auto after = put_symbols({{"_kind", SymbolKind::kExport, 0, "", ""},
                                    {"_dylib", SymbolKind::kImport, 0, "/b", ""},
                                    {"_target", SymbolKind::kReexport, 0, "/a", "_y"}});
    const auto difference = symbols(before, after);
    EXPECT_TRUE(difference.added.empty() && difference.removed.empty()) << "the names stayed";
    ASSERT_EQ(difference.changed.size(), 3U);
    EXPECT_EQ(difference.changed[1].before.kind, SymbolKind::kLocal);
    EXPECT_EQ(difference.changed[1].after.kind, SymbolKind::kExport);
    EXPECT_EQ(difference.changed[0].after.dylib, "/b");
    EXPECT_EQ(difference.changed[2].after.target, "_y");
}

/// One more symbol of a name is an addition; the one that both sides have stays out of it.
TEST_F(SetDifferenceTest, OneMoreOfANameIsNoChange) {
    const auto before = put_symbols({{"_a", SymbolKind::kLocal, 0, "", ""}});
    const auto after = put_symbols({{"_a", SymbolKind::kLocal, 0, "", ""}, {"_a", SymbolKind::kExport, 0, "", ""}});
    const auto difference = symbols(before, after);
    EXPECT_EQ(difference.added.size(), 1U);
    EXPECT_TRUE(difference.removed.empty() && difference.changed.empty());
}

TEST_F(SetDifferenceTest, FlagsAloneAreAChange) {
    const auto before = put_symbols({{"_a", SymbolKind::kExport, 0, "", ""}, {"_b", SymbolKind::kLocal, 0, "", ""}});
    const auto after = put_symbols(
        {{"_a", SymbolKind::kExport, 0, "", "", record::kSymbolWeak}, {"_b", SymbolKind::kLocal, 0, "", ""}});
    const auto difference = symbols(before, after);
    EXPECT_TRUE(difference.added.empty() && difference.removed.empty());
    ASSERT_EQ(difference.changed.size(), 1U);
    EXPECT_EQ(difference.changed[0].before.flags, 0U);
    EXPECT_EQ(difference.changed[0].after.flags, record::kSymbolWeak);
}

/// A run of one name so long that it has to be cut is still one group: equal sets stay equal wherever the cut falls.
TEST_F(SetDifferenceTest, RunsThatAreCutCompareAsOneGroup) {
    std::vector<MadeSymbol> before;
    std::vector<MadeSymbol> after;
    constexpr uint64_t kRun = 400'000;  // exports alone are cut on one side, locals on the other
    for (uint64_t i = 0; i < 2 * kRun; ++i) {
        before.push_back({"_many", i < kRun ? SymbolKind::kExport : SymbolKind::kLocal, i, "", ""});
        after.push_back({"_many", i < 10 ? SymbolKind::kExport : SymbolKind::kLocal, i, "", ""});
    }
    const auto old_head = put_symbols(before);
    const auto new_head = put_symbols(after);
    ASSERT_GT(old_head.column(ColumnKind::kSymbols).chunks.size(), 1U);
    const auto difference = symbols(old_head, new_head);
    EXPECT_TRUE(difference.added.empty());
    EXPECT_TRUE(difference.removed.empty());
}

}  // namespace
}  // namespace strata::diff
