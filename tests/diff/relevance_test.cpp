// What weighs more, and that noise weighs nothing.
#include "diff/relevance.h"

#include <gtest/gtest.h>

#include "diff/build_facts.h"
#include "diff/image_diff.h"

namespace strata::diff {
namespace {

using record::SymbolKind;

ImageDiff with_exports(size_t count) {
    ImageDiff diff;
    for (size_t i = 0; i < count; ++i) diff.symbols.added.push_back({"_x", SymbolKind::kExport, "", ""});
    return diff;
}

TEST(Relevance, NothingIsNothing) {
    EXPECT_EQ(relevance_of({}).score, 0U);
    EXPECT_TRUE(relevance_of({}).reasons.empty());
    ImageDiff rebuilt;
    rebuilt.scalars = {{"uuid", "A", "B"}, {"source_version", "1", "2"}, {"sdk", "1", "2"}};
    rebuilt.suppressed = {100, 100};
    EXPECT_EQ(relevance_of(rebuilt).score, 0U) << "another build of the same";
}

TEST(Relevance, MoreOfTheSameWeighsMore) {
    uint32_t last = 0;
    for (const size_t count : {1U, 2U, 3U, 5U, 9U, 100U, 1000U}) {
        const auto score = relevance_of(with_exports(count)).score;
        EXPECT_GT(score, last) << count;
        last = score;
    }
    EXPECT_LT(last, relevance_of(with_exports(1)).score * 11) << "but by far not in proportion";
}

TEST(Relevance, SortsOfChangesHaveTheirOrder) {
    ImageDiff section;
    section.sections.resized = {{"__TEXT", "__text", 1, 2, {}}};
    ImageDiff string;
    string.strings.added = {{"s", "x"}};
    ImageDiff function;
    function.functions.added = {{"_f", 0, 0, 0, 4}};
    const uint32_t scores[] = {relevance_of(section).score, relevance_of(string).score, relevance_of(function).score,
                               relevance_of(with_exports(1)).score};
    EXPECT_TRUE(std::is_sorted(std::begin(scores), std::end(scores)));
    EXPECT_LT(scores[0], scores[3]);
}

TEST(Relevance, ReasonsAreNamedTheHeaviestFirst) {
    ImageDiff diff = with_exports(2);
    diff.functions.resized = {{"_f", 0, 0, 4, 8}};
    diff.symbols.added.push_back({"_i", SymbolKind::kImport, "/lib", ""});
    const auto relevance = relevance_of(diff);
    EXPECT_EQ(relevance.reasons, (std::vector<std::string>{"2 new exports", "1 new import", "1 resized function"}));
}

TEST(Relevance, AnImportThatIsExportedNowIsANewExport) {
    ImageDiff diff;
    diff.symbols.changed = {{{"_x", SymbolKind::kImport, "/lib", ""}, {"_x", SymbolKind::kExport, "", ""}}};
    EXPECT_EQ(relevance_of(diff).reasons, std::vector<std::string>{"1 new export"});
    std::swap(diff.symbols.changed[0].before, diff.symbols.changed[0].after);
    EXPECT_EQ(relevance_of(diff).reasons, std::vector<std::string>{"1 removed export"});
}

TEST(Relevance, EntitlementsWeighMost) {
    ImageDiff diff = with_exports(1);
    FactGroup group;
    group.kind = record::ColumnKind::kSignature;
    group.added = {{"entitlements", "com.apple.private.all", "true"}};
    diff.facts.push_back(std::move(group));
    EXPECT_EQ(relevance_of(diff).reasons.front(), "1 entitlement");
}

TEST(Relevance, WhatEveryBuildSignsAnewWeighsNothing) {
    ImageDiff diff;
    FactGroup group;
    group.kind = record::ColumnKind::kSignature;
    group.changed = {{"code signature", "cdhash", "aa", "bb"}};
    ASSERT_TRUE(has_only_build_facts(group));
    diff.facts.push_back(std::move(group));
    EXPECT_EQ(relevance_of(diff).score, 0U);
}

TEST(Relevance, OfAWholeImageFromItsHead) {
    record::Head head;
    head.column(record::ColumnKind::kFunctions).count = 7;
    head.column(record::ColumnKind::kSymbols).count = 1;
    const auto relevance = relevance_of_whole(head);
    EXPECT_EQ(relevance.reasons, (std::vector<std::string>{"7 functions", "1 symbol"}));
    EXPECT_GT(relevance.score, 0U);
}

}  // namespace
}  // namespace strata::diff
