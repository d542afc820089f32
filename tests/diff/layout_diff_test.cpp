// Differences of layouts, part by part.
#include "diff/layout_diff.h"

#include <gtest/gtest.h>

namespace strata::diff {
namespace {

using record::Layout;

Layout sample_layout() {
    Layout layout;
    layout.cpu_type = 0x0100000c;
    layout.file_type = 6;
    layout.flags = 0x85;
    layout.platform = 2;
    layout.install_name = "/usr/lib/libx.dylib";
    layout.segments = {{"__TEXT", 5, 5, 0}, {"__DATA", 3, 3, 0}};
    layout.sections = {{"__TEXT", "__text", 0x100, 0x80000400, 2, ""}, {"__TEXT", "__cstring", 0x40, 2, 0, "digest"}};
    layout.dependencies = {{"/a", 0}, {"/b", 0}};
    layout.load_commands = {0x19, 0x19, 0xd, 0xc, 0xc, 0x8000001c, 0x1b};
    layout.details = {{0x8000001c, "@rpath"}};
    return layout;
}

ImageDiff diff(const Layout& before, const Layout& after) {
    ImageDiff result;
    diff_layouts(before, after, result);
    return result;
}

TEST(LayoutDiff, EqualOnes) {
    const auto result = diff(sample_layout(), sample_layout());
    EXPECT_TRUE(result.scalars.empty() && result.sections.empty() && result.dependencies.empty() &&
                result.load_commands.empty());
}

TEST(LayoutDiff, Scalars) {
    auto after = sample_layout();
    after.cpu_subtype = 2;
    after.file_type = 7;
    after.flags = 0x86;
    after.platform = 1;
    after.install_name = "/usr/lib/liby.dylib";
    const auto result = diff(sample_layout(), after);
    ASSERT_EQ(result.scalars.size(), 5U);
    const std::array<std::array<std::string, 3>, 5> kExpected{
        {{"arch", "arm64", "arm64e"},
         {"file_type", "dylib", "dylinker"},
         {"flags", "0x85", "0x86"},
         {"platform", "iOS", "macOS"},
         {"install_name", "/usr/lib/libx.dylib", "/usr/lib/liby.dylib"}}};
    for (size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(result.scalars[i].fact, kExpected[i][0]);
        EXPECT_EQ(result.scalars[i].before, kExpected[i][1]);
        EXPECT_EQ(result.scalars[i].after, kExpected[i][2]);
    }
}

TEST(LayoutDiff, Sections) {
    auto after = sample_layout();
    after.sections[0].size = 0x200;
    after.sections[1].literal_digest = "other";
    after.sections.push_back({"__DATA", "__data", 8, 0, 3, ""});
    auto result = diff(sample_layout(), after);
    ASSERT_EQ(result.sections.added.size(), 1U);
    EXPECT_EQ(result.sections.added[0].section, "__data");
    EXPECT_EQ(result.sections.added[0].after, 8U);
    ASSERT_EQ(result.sections.resized.size(), 1U);
    EXPECT_EQ(result.sections.resized[0].before, 0x100U);
    EXPECT_EQ(result.sections.resized[0].after, 0x200U);
    ASSERT_EQ(result.sections.changed.size(), 1U);
    EXPECT_EQ(result.sections.changed[0].section, "__cstring");
    EXPECT_STREQ(result.sections.changed[0].details.at(0).fact, "content");
    result = diff(after, sample_layout());
    EXPECT_EQ(result.sections.removed.size(), 1U);
    EXPECT_EQ(result.sections.removed[0].before, 8U);
}

TEST(LayoutDiff, ASectionThatGrewNeedNotBeCalledChanged) {
    auto after = sample_layout();
    after.sections[1].size = 0x50;
    after.sections[1].literal_digest = "other";
    const auto result = diff(sample_layout(), after);
    EXPECT_EQ(result.sections.resized.size(), 1U);
    EXPECT_TRUE(result.sections.changed.empty());
}

TEST(LayoutDiff, FlagsAndAlignmentOfSections) {
    auto after = sample_layout();
    after.sections[0].flags = 0;
    after.sections[0].align = 4;
    const auto result = diff(sample_layout(), after);
    ASSERT_EQ(result.sections.changed.size(), 1U);
    EXPECT_EQ(result.sections.changed[0].details.size(), 2U);
}

TEST(LayoutDiff, RepeatedNamesAreKeptApart) {
    auto before = sample_layout();
    before.sections.push_back({"__TEXT", "__cstring", 0x10, 2, 0, "second"});
    auto after = before;
    after.sections[2].size = 0x20;
    EXPECT_EQ(diff(before, after).sections.resized.size(), 1U);
    EXPECT_EQ(diff(before, sample_layout()).sections.removed.size(), 1U) << "one of two namesakes is gone";
}

TEST(LayoutDiff, Dependencies) {
    auto after = sample_layout();
    after.dependencies = {{"/b", 0}, {"/c", 0}, {"/a", 1}};
    const auto result = diff(sample_layout(), after);
    ASSERT_EQ(result.dependencies.added.size(), 2U);
    EXPECT_EQ(result.dependencies.added[0].name, "/a");
    EXPECT_EQ(result.dependencies.added[0].kind, "weak") << "strong and weak are two kinds of dependency";
    EXPECT_EQ(result.dependencies.added[1].name, "/c");
    ASSERT_EQ(result.dependencies.removed.size(), 1U);
    EXPECT_EQ(result.dependencies.removed[0].kind, "load");
    auto reordered = sample_layout();
    std::swap(reordered.dependencies[0], reordered.dependencies[1]);
    EXPECT_TRUE(diff(sample_layout(), reordered).dependencies.empty()) << "order is no fact";
}

TEST(LayoutDiff, LoadCommands) {
    auto after = sample_layout();
    after.details[0].text = "@other";
    after.load_commands.push_back(0x2a);
    const auto result = diff(sample_layout(), after);
    ASSERT_EQ(result.load_commands.added.size(), 2U);
    EXPECT_EQ(result.load_commands.added[0].command, "LC_RPATH");
    EXPECT_EQ(result.load_commands.added[0].text, "@other");
    EXPECT_EQ(result.load_commands.added[1].command, "LC_SOURCE_VERSION");
    ASSERT_EQ(result.load_commands.removed.size(), 1U);
    EXPECT_EQ(result.load_commands.removed[0].text, "@rpath");
    auto more = sample_layout();
    more.load_commands.push_back(0xc);
    EXPECT_TRUE(diff(sample_layout(), more).load_commands.empty()) << "dependencies have a list of their own";
}

TEST(LayoutDiff, Segments) {
    auto after = sample_layout();
    after.segments[1].max_prot = 1;
    after.segments.push_back({"__AUTH", 3, 3, 0});
    const auto result = diff(sample_layout(), after);
    ASSERT_EQ(result.load_commands.changed.size(), 1U);
    EXPECT_EQ(result.load_commands.changed[0].text, "__DATA");
    EXPECT_EQ(result.load_commands.changed[0].details.at(0).before, "rw-");
    EXPECT_EQ(result.load_commands.changed[0].details.at(0).after, "r--");
    ASSERT_EQ(result.load_commands.added.size(), 1U);
    EXPECT_EQ(result.load_commands.added[0].text, "__AUTH");
}

TEST(LayoutDiff, DependencyVersions) {
    ImageDiff result;
    auto after = sample_layout();
    after.dependencies = {{"/b", 0}, {"/a", 0}, {"/new", 0}};
    diff_dependency_versions(sample_layout(), {0x10000, 0x10000, 0x20000, 0x10000}, after,
                             {0x20100, 0x10000, 0x10000, 0x10000, 1, 1}, result);
    ASSERT_EQ(result.dependencies.changed.size(), 1U);
    EXPECT_EQ(result.dependencies.changed[0].name, "/b");
    ASSERT_EQ(result.dependencies.changed[0].details.size(), 1U);
    EXPECT_STREQ(result.dependencies.changed[0].details[0].fact, "current_version");
    EXPECT_EQ(result.dependencies.changed[0].details[0].before, "2.0.0");
    EXPECT_EQ(result.dependencies.changed[0].details[0].after, "2.1.0");
    EXPECT_NO_THROW(diff_dependency_versions(sample_layout(), {}, after, {1}, result)) << "a damaged head has too few";
}

}  // namespace
}  // namespace strata::diff
