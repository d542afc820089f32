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
    SetDifference<SymbolFact> locals(const std::vector<std::string>& before, const std::vector<std::string>& after) {
        const auto made = [](const std::vector<std::string>& names) {
            std::vector<MadeSymbol> symbols;
            for (const auto& name : names) symbols.push_back({name, SymbolKind::kLocal, 0, "", ""});
            return symbols;
        };
        const auto old_head = put_symbols(made(before));
        return symbols(old_head, put_symbols(made(after)));
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
    EXPECT_EQ(difference.suppressed, Suppressed{});
}

/// Against the definition: with all names freed of noise, the sets (name, kind) of both sides; what is left in a difference
/// is exactly what has no like on the other side.
TEST_F(Noise, EqualsTheDefinitionOnRandomNames) {
    test::Random random(150);
    for (int round = 0; round < 25; ++round) {
        const auto names = [&] {
            std::vector<std::string> some(random.below(40));
            for (auto& name : some) {
                name = "_" + std::string(1, static_cast<char>('a' + random.below(6)));
                if (random.one_in(2)) name += "." + std::to_string(random.below(3));
                if (random.one_in(3)) name += ".cold";
            }
            return some;
        };
        const auto before = names();
        const auto after = names();
        const auto difference = locals(before, after);
        std::set<std::string> clean_before;
        std::set<std::string> clean_after;
        for (const auto& name : before) clean_before.insert(normalise_symbol(name).text);
        for (const auto& name : after) clean_after.insert(normalise_symbol(name).text);
        for (const auto& fact : difference.added) {
            // A plain name is news when only its numbered forms were there.
            const auto clean = normalise_symbol(fact.name);
            EXPECT_TRUE(!clean_before.contains(clean.text) || !clean.fired) << fact.name;
        }
        for (const auto& name : after) {
            const bool reported = std::any_of(difference.added.begin(), difference.added.end(), [&](const auto& f) { return f.name == name; });
            const bool like = clean_before.contains(normalise_symbol(name).text);
            EXPECT_TRUE(like || reported) << name << " in round " << round;
        }
        const std::set<std::string> old_set(before.begin(), before.end());
        const std::set<std::string> new_set(after.begin(), after.end());
        uint64_t raw = 0;
        for (const auto& name : old_set) raw += !new_set.contains(name);
        for (const auto& name : new_set) raw += !old_set.contains(name);
        EXPECT_EQ(difference.added.size() + difference.removed.size() + difference.suppressed[0] + difference.suppressed[1], raw)
            << "what is left out is counted";
    }
}

}  // namespace
}  // namespace strata::diff
