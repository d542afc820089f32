// What must hold of any diff: nothing against itself, mirrored when turned round, and the old side with the additions
// and without the removals is the new side. On generated caches and their next versions, under all rules and none.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "column_fixture.h"
#include "diff/firmware_diff.h"
#include "extract/shared_cache_source.h"
#include "record/facts.h"
#include "store/indexer.h"
#include "support/cache_maker.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using OwnedFact = std::tuple<std::string, std::string, std::string>;
/// Name, kind, dylib, target, flags.
using WholeSymbol = std::tuple<std::string, record::SymbolKind, std::string, std::string, uint8_t>;

WholeSymbol whole(const SymbolFact& fact) {
    return {std::string(fact.name), fact.kind, std::string(fact.dylib), std::string(fact.target), fact.flags};
}
OwnedFact whole(const record::FactView& fact) {
    return {std::string(fact.owner), std::string(fact.name), std::string(fact.value)};
}

/// All entries of a column, by brute force.
template <typename View, typename Entry>
auto entries(store::Reader& reader, const record::Head& head, ColumnKind kind, const Entry& entry) {
    std::set<decltype(entry(std::declval<const View&>(), uint64_t{0}))> set;
    for (const auto& chunk : head.column(kind).chunks) {
        const store::Lease lease = reader.column(chunk.id);
        const View view(lease.message());
        for (uint64_t i = 0; i < view.size(); ++i) set.insert(entry(view, i));
    }
    return set;
}

std::set<WholeSymbol> symbols_of(store::Reader& reader, const record::Head& head) {
    return entries<record::SymbolsView>(reader, head, ColumnKind::kSymbols, [](const auto& view, uint64_t i) {
        return whole(SymbolFact{view.name(i), view.kind(i), view.dylib(i), view.target(i), view.flags(i)});
    });
}
std::set<OwnedString> strings_of(store::Reader& reader, const record::Head& head) {
    return entries<record::StringsView>(reader, head, ColumnKind::kStrings, [](const auto& view, uint64_t i) {
        return OwnedString(view.value(i), view.section(i));
    });
}
std::set<OwnedFact> facts_of(store::Reader& reader, const record::Head& head, ColumnKind kind) {
    return entries<record::FactsView>(reader, head, kind, [](const auto& view, uint64_t i) { return whole(view[i]); });
}

/// Takes `removed` out of `set` and puts `added` in; each must be possible.
template <typename Set, typename Removed, typename Added, typename Owned>
void apply(Set& set, const Removed& removed, const Added& added, const Owned& owned) {
    for (const auto& fact : removed) EXPECT_EQ(set.erase(owned(fact)), 1U) << "removed, but was not there";
    for (const auto& fact : added) EXPECT_TRUE(set.insert(owned(fact)).second) << "added, but was there";
}

/// The same for what rules left out.
template <typename Set, typename LeftOuts, typename Owned>
void apply_left_out(Set& set, const LeftOuts& left_out, const Owned& owned) {
    for (const auto& item : left_out)
        if (!item.added) {
            EXPECT_EQ(set.erase(owned(item.fact)), 1U);
        }
    for (const auto& item : left_out)
        if (item.added) {
            EXPECT_TRUE(set.insert(owned(item.fact)).second);
        }
}

void expect_new_side(store::Reader& reader, const ImageDiff& diff) {
    SCOPED_TRACE(diff.path);
    auto symbols = symbols_of(reader, *diff.before);
    const auto symbol = [](const SymbolFact& fact) { return whole(fact); };
    apply(symbols, diff.symbols.removed, diff.symbols.added, symbol);
    std::vector<SymbolFact> before;
    std::vector<SymbolFact> after;
    for (const auto& change : diff.symbols.changed) {
        EXPECT_EQ(change.before.name, change.after.name);
        before.push_back(change.before);
        after.push_back(change.after);
    }
    apply(symbols, before, after, symbol);
    apply_left_out(symbols, diff.symbols.left_out, symbol);
    EXPECT_EQ(symbols, symbols_of(reader, *diff.after));

    auto strings = strings_of(reader, *diff.before);
    const auto string = [](const StringFact& fact) { return own(fact); };
    apply(strings, diff.strings.removed, diff.strings.added, string);
    apply_left_out(strings, diff.strings.left_out, string);
    EXPECT_EQ(strings, strings_of(reader, *diff.after));

    for (const auto& group : diff.facts) {
        auto facts = facts_of(reader, *diff.before, group.kind);
        const auto fact = [](const record::FactView& view) { return whole(view); };
        apply(facts, group.removed, group.added, fact);
        for (const auto& change : group.changed) {
            EXPECT_EQ(facts.erase(whole({change.owner, change.name, change.before})), 1U);
            EXPECT_TRUE(facts.insert(whole({change.owner, change.name, change.after})).second);
        }
        apply_left_out(facts, group.left_out, fact);
        EXPECT_EQ(facts, facts_of(reader, *diff.after, group.kind)) << record::column_name(group.kind);
    }
}

struct Spec {
    uint32_t era;
    dscgen::Arch arch;
    dscgen::Layout layout;
    uint64_t seed;
};

class Properties : public ::testing::TestWithParam<Spec> {
  protected:
    void SetUp() override {
        const auto& [era, arch, layout, seed] = GetParam();
        auto spec = test::spec_of(era, arch, layout, 40);
        spec.seed = seed;
        dscgen::make(spec, (dir_ / "old").string());
        dscgen::Step step;
        step.change = 15;
        step.add = 3;
        step.remove = 3;
        step.move = 3;
        step.seed = seed + 1;
        dscgen::next((dir_ / "old").string(), (dir_ / "new").string(), step);
        for (const std::string side : {"old", "new"}) {
            store::Writer writer(dir_ / "store");
            const extract::SharedCacheSource source(dir_ / side);
            store::IndexOptions options;
            options.name = side;
            store::index_source(writer, source, options);
        }
    }

    /// Calls `look` for each image, one at a time.
    DiffSummary diff(const std::string& before, const std::string& after, RuleSet rules,
                     const std::function<void(const ImageDiff&)>& look) {
        DiffOptions options;
        options.comparison.rules = rules;
        options.jobs = 2;
        std::mutex mutex;
        return diff_firmwares(
            reader(), reader().firmware(before), reader().firmware(after), options,
            [&](const ImageDiff& image) {
                const std::lock_guard lock(mutex);
                look(image);
                return std::string("x");
            },
            [](const RenderedImage&) {});
    }
    store::Reader& reader() {
        if (!reader_) reader_ = std::make_unique<store::Reader>(dir_ / "store");
        return *reader_;
    }

  private:
    test::TempDir dir_;
    std::unique_ptr<store::Reader> reader_;
};

TEST_P(Properties, AgainstItselfIsNothing) {
    for (const std::string side : {"old", "new"})
        for (const auto rules : {RuleSet::none(), RuleSet::all()}) {
            const auto summary = diff(side, side, rules, [](const ImageDiff& image) { ADD_FAILURE() << image.path; });
            EXPECT_FALSE(summary.has_differences());
            EXPECT_EQ(summary.suppressed, Suppressed{});
        }
}

TEST_P(Properties, TheOldSideWithTheDifferenceIsTheNewSide) {
    for (const auto rules : {RuleSet::none(), RuleSet::defaults(), RuleSet::all()}) {
        uint64_t looked = 0;
        Suppressed seen{};
        const auto summary = diff("old", "new", rules, [&](const ImageDiff& image) {
            for (size_t i = 0; i < seen.size(); ++i) seen[i] += image.suppressed[i];
            if (image.before == nullptr || image.after == nullptr) return;
            ++looked;
            expect_new_side(reader(), image);
        });
        EXPECT_GE(looked, 15U);
        EXPECT_EQ(seen, summary.suppressed) << "the total is the sum over all images";
        if (rules == RuleSet::none()) {
            EXPECT_EQ(seen, Suppressed{});
        }
    }
}

TEST_P(Properties, TurnedRoundIsMirrored) {
    struct Side {
        std::string other_path;
        std::vector<WholeSymbol> added, removed, before, after;
        std::vector<OwnedString> new_strings, old_strings;
        Suppressed suppressed;
    };
    const auto collect = [&](const std::string& from, const std::string& to) {
        std::map<std::string, Side> sides;
        diff(from, to, RuleSet::defaults(), [&](const ImageDiff& image) {
            Side& side = sides[image.path];
            side.other_path = image.from.empty() ? image.path : image.from;
            for (const auto& fact : image.symbols.added) side.added.push_back(whole(fact));
            for (const auto& fact : image.symbols.removed) side.removed.push_back(whole(fact));
            for (const auto& change : image.symbols.changed) {
                side.before.push_back(whole(change.before));
                side.after.push_back(whole(change.after));
            }
            side.new_strings = own_all(image.strings.added);
            side.old_strings = own_all(image.strings.removed);
            side.suppressed = image.suppressed;
        });
        return sides;
    };
    const auto forth = collect("old", "new");
    const auto back = collect("new", "old");
    ASSERT_EQ(forth.size(), back.size());
    for (const auto& [path, side] : forth) {
        SCOPED_TRACE(path);
        ASSERT_TRUE(back.contains(side.other_path));
        const auto& turned = back.at(side.other_path);
        EXPECT_EQ(turned.other_path, path);
        EXPECT_EQ(turned.added, side.removed);
        EXPECT_EQ(turned.removed, side.added);
        EXPECT_EQ(turned.before, side.after);
        EXPECT_EQ(turned.after, side.before);
        EXPECT_EQ(turned.new_strings, side.old_strings);
        EXPECT_EQ(turned.old_strings, side.new_strings);
        EXPECT_EQ(turned.suppressed, side.suppressed);
    }
}

INSTANTIATE_TEST_SUITE_P(Generated, Properties,
                         ::testing::Values(Spec{0x228, dscgen::Arch::arm64e, dscgen::Layout::split, 11},
                                           Spec{0x140, dscgen::Arch::arm64, dscgen::Layout::single, 21},
                                           Spec{0x1C8, dscgen::Arch::x86_64, dscgen::Layout::split, 31}));

}  // namespace
}  // namespace strata::diff
