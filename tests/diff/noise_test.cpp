// Noise in differences: what is left out, what is counted, and what no rule may hide.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "column_fixture.h"

namespace strata::diff {
namespace {

using record::SymbolKind;
using test::MadeSymbol;

const std::string kRoots = "/AppleInternal/Library/BuildRoots/";

class Noise : public ColumnTest {
  protected:
    record::Head put_locals(const std::vector<std::string>& names) {
        std::vector<MadeSymbol> symbols;
        for (const auto& name : names) symbols.push_back({name, SymbolKind::kLocal, 0, "", ""});
        return put_symbols(symbols);
    }
    SymbolDifference locals(const std::vector<std::string>& before, const std::vector<std::string>& after) {
        const auto old_head = put_locals(before);
        return symbols(old_head, put_locals(after));
    }
    static uint64_t count(const Suppressed& suppressed, Rule rule) { return suppressed[static_cast<size_t>(rule)]; }
};

TEST_F(Noise, RenumberedNamesAreLeftOutAndCounted) {
    const auto difference = locals({"_a.cold.1", "_b.123", "_c"}, {"_a.cold.2", "_b.124", "_c"});
    EXPECT_TRUE(difference.empty());
    EXPECT_EQ(count(difference.suppressed, Rule::kCounters), 4U) << "two on each side";
    EXPECT_EQ(count(difference.suppressed, Rule::kBuildPaths), 0U);
}

TEST_F(Noise, BuildPathsInStrings) {
    const auto old_head = put_strings({kRoots + "aa/x.c", kRoots + "aa/only-old.c", "text"});
    const auto difference = strings(old_head, put_strings({kRoots + "bb/x.c", "text"}));
    ASSERT_EQ(difference.removed.size(), 1U);
    EXPECT_EQ(difference.removed[0].value, kRoots + "aa/only-old.c") << "shown as it is, not as it was compared";
    EXPECT_TRUE(difference.added.empty());
    EXPECT_EQ(count(difference.suppressed, Rule::kBuildPaths), 2U);
}

TEST_F(Noise, RealChangesBesideNoiseStay) {
    const auto difference = locals({"_a.1", "_gone"}, {"_a.2", "_new", "_new.cold"});
    ASSERT_EQ(difference.added.size(), 2U);
    EXPECT_EQ(difference.added[0].name, "_new");
    EXPECT_EQ(difference.added[1].name, "_new.cold");
    ASSERT_EQ(difference.removed.size(), 1U);
    EXPECT_EQ(difference.removed[0].name, "_gone");
}

/// Sets, not multisets: one more of what is there under another number is no news.
TEST_F(Noise, OneMoreOfTheSameIsNoNews) {
    const auto difference = locals({"_a.1"}, {"_a.1", "_a.2", "_a.3"});
    EXPECT_TRUE(difference.empty());
    EXPECT_EQ(count(difference.suppressed, Rule::kCounters), 2U);
    EXPECT_TRUE(locals({"_a", "_a.1", "_a.2"}, {"_a"}).empty()) << "the plain name is the same without noise";
}

TEST_F(Noise, APlainNameMeetsANumberedOne) {
    const auto difference = locals({"_a.1"}, {"_a"});
    EXPECT_TRUE(difference.empty());
    EXPECT_EQ(count(difference.suppressed, Rule::kCounters), 2U);
}

TEST_F(Noise, NothingToMeetIsNews) {
    const auto difference = locals({"_b"}, {"_a.cold.1", "_b"});
    EXPECT_EQ(difference.added.size(), 1U);
    EXPECT_EQ(difference.suppressed, Suppressed{});
}

TEST_F(Noise, NoRuleHidesAChangeOfKindDylibOrTarget) {
    const auto old_head = put_symbols({{"_kind.1", SymbolKind::kLocal, 0, "", ""},
                                       {"_dylib.1", SymbolKind::kImport, 0, "/a", ""},
                                       {"_target.1", SymbolKind::kReexport, 0, "/a", "_x"}});
    const auto difference = symbols(old_head, put_symbols({{"_kind.2", SymbolKind::kExport, 0, "", ""},
                                                           {"_dylib.2", SymbolKind::kImport, 0, "/b", ""},
                                                           {"_target.2", SymbolKind::kReexport, 0, "/a", "_y"}}));
    EXPECT_EQ(difference.added.size(), 3U);
    EXPECT_EQ(difference.removed.size(), 3U);
    EXPECT_TRUE(difference.changed.empty()) << "other names";
    EXPECT_EQ(difference.suppressed, Suppressed{});
}

std::vector<std::string> noisy_names(test::Random& random) {
    std::vector<std::string> names(random.below(40));
    for (auto& name : names) {
        name = "_" + std::string(1, static_cast<char>('a' + random.below(6)));
        if (random.one_in(2)) name += "." + std::to_string(random.below(3));
        if (random.one_in(3)) name += ".cold";
    }
    return names;
}

std::set<std::string> clean(const std::vector<std::string>& names) {
    std::set<std::string> set;
    for (const auto& name : names) set.insert(normalise_symbol(name).text);
    return set;
}

/// Against the definition: with all names freed of noise, what has no like on the other side is reported, what has
/// noise and a like is not, and everything else that differs is counted.
TEST_F(Noise, EqualsTheDefinitionOnRandomNames) {
    struct Round {
        std::vector<std::string> before, after;
        record::Head old_head, new_head;
    };
    test::Random random(150);
    std::vector<Round> rounds(150);
    for (auto& round : rounds) {
        round.before = noisy_names(random);
        round.after = noisy_names(random);
        round.old_head = put_locals(round.before);
        round.new_head = put_locals(round.after);
    }
    for (const auto& round : rounds) {
        const auto difference = symbols(round.old_head, round.new_head);
        const auto likes = clean(round.before);
        std::set<std::string> added;
        for (const auto& fact : difference.added) {
            added.emplace(fact.name);
            const auto clean_name = normalise_symbol(fact.name);
            // A plain name is news when the other side has it with a number only, and keeps that.
            EXPECT_TRUE(!clean_name.fired || !likes.contains(clean_name.text)) << fact.name;
        }
        for (const auto& name : round.after)
            EXPECT_TRUE(likes.contains(normalise_symbol(name).text) || added.contains(name)) << name;
        const std::set<std::string> old_set(round.before.begin(), round.before.end());
        const std::set<std::string> new_set(round.after.begin(), round.after.end());
        uint64_t differing = 0;
        for (const auto& name : old_set) differing += !new_set.contains(name);
        for (const auto& name : new_set) differing += !old_set.contains(name);
        uint64_t left_out = 0;
        for (const auto count : difference.suppressed) left_out += count;
        EXPECT_EQ(difference.left_out.size(), left_out);
        EXPECT_EQ(difference.added.size() + difference.removed.size() + left_out, differing)
            << "what is left out is counted";
    }
}

}  // namespace
}  // namespace strata::diff
