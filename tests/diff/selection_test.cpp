// Which images and which parts are shown.
#include "diff/selection.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace strata::diff {
namespace {

TEST(PathFilter, OnlyAndSkip) {
    EXPECT_TRUE(PathFilter().selects("/any"));
    const PathFilter filter{{"/System/*", "*.dylib"}, {"*/Private*"}};
    EXPECT_TRUE(filter.selects("/System/Library/Frameworks/A.framework/A"));
    EXPECT_TRUE(filter.selects("/usr/lib/a.dylib"));
    EXPECT_FALSE(filter.selects("/usr/lib/dyld"));
    EXPECT_FALSE(filter.selects("/System/Library/PrivateFrameworks/A.framework/A")) << "skip wins";
    EXPECT_TRUE((PathFilter{{}, {"/b"}}).selects("/a"));
    EXPECT_TRUE((PathFilter{{"/a?[xy]"}, {}}).selects("/abx"));
}

ImageDiff sample_diff() {
    ImageDiff diff;
    diff.status = Status::kUpdated;
    diff.scalars = {{"uuid", "A", "B"}};
    diff.sections.resized = {{"__TEXT", "__text", 1, 2, {}}, {"__DATA", "__data", 1, 2, {}}};
    diff.dependencies.added = {{"/a", "load", {}}};
    diff.load_commands.added = {{"LC_RPATH", "x", {}}};
    diff.symbols.added = {{"_x", record::SymbolKind::kExport, "", ""}};
    diff.functions.added = {{"_f", 0, 0, 0, 4}};
    diff.strings.added = {{"s", "__TEXT,__cstring"}, {"t", "__TEXT,__os_log"}};
    FactGroup group;
    group.kind = record::ColumnKind::kObjc;
    group.added = {{"class A", "", ""}};
    diff.facts.push_back(std::move(group));
    return diff;
}

TEST(PartFilter, ShowsEverythingByDefault) {
    auto diff = sample_diff();
    EXPECT_TRUE(PartFilter().shows_all());
    EXPECT_TRUE(PartFilter().apply(diff));
    EXPECT_EQ(diff.strings.added.size(), 2U);
}

TEST(PartFilter, EachPartByItself) {
    for (const auto part : PartFilter::part_names()) {
        auto diff = sample_diff();
        const bool left = PartFilter(part).apply(diff);
        size_t shown = !diff.scalars.empty();
        shown += !diff.sections.empty();
        shown += !diff.dependencies.empty();
        shown += !diff.load_commands.empty();
        shown += !diff.symbols.empty();
        shown += !diff.functions.empty();
        shown += !diff.strings.empty();
        shown += !diff.facts.empty();
        const bool in_sample = part != "imports" && part != "signature" && part != "data" && part != "swift";
        EXPECT_EQ(shown, in_sample ? 1U : 0U) << part;
        EXPECT_EQ(left, in_sample) << part;
    }
}

TEST(PartFilter, SectionsByName) {
    auto diff = sample_diff();
    EXPECT_TRUE(PartFilter("__TEXT.__*s*").apply(diff));
    EXPECT_TRUE(diff.sections.empty());
    EXPECT_EQ(diff.strings.added.size(), 2U);
    auto one = sample_diff();
    EXPECT_TRUE(PartFilter("__TEXT.__text,__TEXT.__cstring,symbols").apply(one));
    EXPECT_EQ(one.sections.resized.size(), 1U);
    EXPECT_EQ(one.strings.added.size(), 1U);
    EXPECT_FALSE(one.symbols.empty());
    EXPECT_TRUE(one.functions.empty());
}

/// That an image came, went or moved is told whatever part is asked for.
TEST(PartFilter, OneSidedImagesStay) {
    for (const auto status : {Status::kAdded, Status::kRemoved, Status::kMoved, Status::kFailed}) {
        ImageDiff diff;
        diff.status = status;
        EXPECT_TRUE(PartFilter("strings").apply(diff));
    }
    ImageDiff rebuilt;
    rebuilt.status = Status::kRebuilt;
    rebuilt.scalars = {{"uuid", "A", "B"}};
    EXPECT_FALSE(PartFilter("strings").apply(rebuilt));
}

TEST(PartFilter, WhatIsNoPartIsRefused) {
    for (const char* bad : {"symbol", ",", "everything", "symbols, strings"})
        EXPECT_THROW(PartFilter{bad}, base::Error) << bad;
}

}  // namespace
}  // namespace strata::diff
