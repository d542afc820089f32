// One image against another: what makes it unchanged, rebuilt, updated or failed.
#include "diff/image_diff.h"

#include <gtest/gtest.h>

#include "column_fixture.h"

namespace strata::diff {
namespace {

using record::SymbolKind;
using test::MadeFacts;

class ImageDiffTest : public ColumnTest {
  protected:
    static MadeFacts sample() {
        MadeFacts facts;
        facts.symbols = {{"_a", SymbolKind::kExport, 0, "", ""},
                         {"_b", SymbolKind::kLocal, 16, "", ""},
                         {"_i", SymbolKind::kImport, 0, "/x", ""}};
        facts.strings = {"one", "two"};
        facts.functions = {{1, 0, 16}, {1, 16, 32}, {1, 48, 8}};
        facts.layout.install_name = "/usr/lib/libx.dylib";
        facts.layout.load_commands = {0x19};
        return facts;
    }
    ImageDiff diff(const record::Head& before, const record::Head& after) {
        return diff_image(reader(), "/x", before, after);
    }
};

TEST_F(ImageDiffTest, LaidOutElsewhereIsUnchanged) {
    const auto before = put(sample());
    auto moved = sample();
    moved.address += 0x1000000;
    const auto after = put(moved);
    EXPECT_TRUE(is_unchanged(before, after));
    EXPECT_EQ(diff(before, after).status, Status::kUnchanged);
    EXPECT_EQ(reader().counters().records_in_place, 0U) << "digests are enough";
}

TEST_F(ImageDiffTest, AnotherBuildOfTheSameIsRebuilt) {
    const auto before = put(sample());
    auto rebuilt = sample();
    rebuilt.uuid = std::string(16, 'v');
    auto after = put(rebuilt);
    after.source_version = 1;
    after.has_build_version = true;
    after.sdk = 0x000e0000;
    const auto result = diff(before, after);
    EXPECT_EQ(result.status, Status::kRebuilt);
    ASSERT_EQ(result.scalars.size(), 4U);
    EXPECT_STREQ(result.scalars[0].fact, "uuid");
    EXPECT_STREQ(result.scalars[1].fact, "source_version");
    EXPECT_EQ(result.scalars[1].before, "") << "absent is not 0";
    EXPECT_EQ(result.scalars[1].after, "0.0.0.0.1");
    EXPECT_STREQ(result.scalars[3].fact, "sdk");
}

TEST_F(ImageDiffTest, OneFactOfEachSortMakesItUpdated) {
    const auto before = put(sample());
    auto symbol = sample();
    symbol.symbols[2].dylib = "/y";
    const auto from_elsewhere = diff(before, put(symbol));
    EXPECT_TRUE(from_elsewhere.symbols.added.empty() && from_elsewhere.symbols.removed.empty());
    ASSERT_EQ(from_elsewhere.symbols.changed.size(), 1U);
    EXPECT_EQ(from_elsewhere.symbols.changed[0].before.dylib, "/x");
    EXPECT_EQ(from_elsewhere.symbols.changed[0].after.dylib, "/y");
    EXPECT_EQ(from_elsewhere.status, Status::kUpdated);
    auto string = sample();
    string.strings.push_back("three");
    EXPECT_EQ(diff(before, put(string)).strings.added.size(), 1U);
    auto function = sample();
    function.functions[1].size = 40;
    const auto resized = diff(before, put(function));
    ASSERT_EQ(resized.functions.resized.size(), 1U);
    EXPECT_EQ(resized.functions.resized[0].name, "_b");
    EXPECT_EQ(resized.functions.resized[0].before, 32U);
    EXPECT_EQ(resized.functions.resized[0].after, 40U);
    EXPECT_EQ(resized.status, Status::kUpdated);
    auto layout = sample();
    layout.layout.flags = 1;
    EXPECT_EQ(diff(before, put(layout)).status, Status::kUpdated);
}

TEST_F(ImageDiffTest, FunctionsHaveNamesAndAddresses) {
    const auto before = put(sample());
    auto changed = sample();
    changed.functions.erase(changed.functions.begin());
    changed.symbols.erase(changed.symbols.begin());
    changed.functions.push_back({1, 100, 4});
    changed.symbols.push_back({"_new", SymbolKind::kLocal, 100, "", ""});
    changed.address += 0x4000;
    const auto result = diff(before, put(changed));
    ASSERT_EQ(result.functions.removed.size(), 1U);
    EXPECT_EQ(result.functions.removed[0].name, "_a");
    EXPECT_EQ(result.functions.removed[0].address, 0x180001000U) << "on the old side";
    ASSERT_EQ(result.functions.added.size(), 1U);
    EXPECT_EQ(result.functions.added[0].name, "_new");
    EXPECT_EQ(result.functions.added[0].address, 0x180005064U);
    EXPECT_EQ(result.functions.added[0].after, 4U);
}

TEST_F(ImageDiffTest, NoiseAloneIsNoUpdate) {
    auto numbered = sample();
    numbered.symbols.push_back({"_b.cold.1", SymbolKind::kLocal, 48, "", ""});
    auto renumbered = sample();
    renumbered.symbols.push_back({"_b.cold.2", SymbolKind::kLocal, 48, "", ""});
    const auto before = put(numbered);
    const auto result = diff(before, put(renumbered));
    EXPECT_EQ(result.status, Status::kRebuilt);
    EXPECT_EQ(result.suppressed[static_cast<size_t>(Rule::kCounters)], 2U);
    EXPECT_TRUE(result.functions.empty());
}

TEST_F(ImageDiffTest, FailedSides) {
    const auto sound = put(sample());
    record::Head failed;
    failed.failure = record::Failure{"cache", 16, "bad", "good"};
    record::Head also_failed;
    also_failed.failure = record::Failure{"cache.01", std::nullopt, "worse", ""};
    EXPECT_EQ(diff(sound, failed).failed_side, "new");
    EXPECT_EQ(diff(failed, sound).failed_side, "old");
    EXPECT_EQ(diff(failed, sound).failure->message, "bad");
    EXPECT_EQ(diff(failed, also_failed).failed_side, "both");
    EXPECT_EQ(diff(failed, failed).status, Status::kFailed) << "failing alike is not the same as being alike";
}

TEST_F(ImageDiffTest, HeadsThatDoNotFitTheirColumnsAreDamage) {
    auto changed = sample();
    changed.functions[1].size = 40;
    const auto before = put(sample());
    auto no_layout = put(changed);
    no_layout.column(record::ColumnKind::kLayout).chunks.clear();
    EXPECT_THROW(diff(before, no_layout), base::Error);
    auto no_sections = put(changed);
    no_sections.section_addresses.clear();
    EXPECT_THROW(diff(before, no_sections), base::Error);
    auto no_places = put(changed);
    no_places.column(record::ColumnKind::kPlaces).chunks.clear();
    EXPECT_THROW(diff(before, no_places), base::Error);
}

TEST(Status, HasNames) {
    EXPECT_EQ(status_name(Status::kAdded), "added");
    EXPECT_EQ(status_name(Status::kRebuilt), "rebuilt");
    EXPECT_EQ(status_name(static_cast<Status>(99)), "unknown");
}

}  // namespace
}  // namespace strata::diff
