// Reading an image in which everything is right.
#include "macho/image.h"

#include <gtest/gtest.h>

#include "sample_image.h"
#include "support/errors.h"

namespace strata::macho {
namespace {

class BothWidths : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Image, BothWidths, ::testing::Bool(),
                         [](const auto& wide) { return wide.param ? "Wide" : "Narrow"; });

TEST_P(BothWidths, HeaderAndVersions) {
    const SampleImage sample(GetParam());
    const auto space = sample.space();
    const Image image = read_image(*space, kBase);
    EXPECT_EQ(image.address, kBase);
    EXPECT_EQ(image.is_64, GetParam());
    EXPECT_EQ(image.pointer_size(), GetParam() ? 8U : 4U);
    EXPECT_EQ(image.cpu_type, sample.maker.cpu_type);
    EXPECT_EQ(image.file_type, 6U);
    EXPECT_EQ(image.flags, 0x80000085U);
    ASSERT_TRUE(image.uuid);
    EXPECT_EQ(std::string(image.uuid->begin(), image.uuid->end()), "0123456789abcdef");
    EXPECT_EQ(image.source_version, uint64_t{1234} << 40 | 5);
    EXPECT_TRUE(image.has_build_version);
    EXPECT_EQ(image.platform, 2U);
    EXPECT_EQ(image.min_os, 0x000e0000U);
    EXPECT_EQ(image.sdk, 0x000e0200U);
    EXPECT_EQ(image.install_name, "/usr/lib/libsample.dylib");
    EXPECT_EQ(image.commands.size(), 18U);
    EXPECT_EQ(image.commands.back(), 0x77U) << "unknown commands are kept by number";
}

TEST_P(BothWidths, SegmentsAndSections) {
    const SampleImage sample(GetParam());
    const auto space = sample.space();
    const Image image = read_image(*space, kBase);
    ASSERT_EQ(image.segments.size(), 3U);
    EXPECT_EQ(image.segments[1].name, "__DATA");
    EXPECT_EQ(image.segments[1].address, kData);
    EXPECT_EQ(image.segments[1].size, 0x1000U);
    EXPECT_EQ(image.segments[1].file_size, 0x800U);
    EXPECT_EQ(image.segments[1].max_prot, 5U);
    EXPECT_EQ(image.segments[1].init_prot, 3U);
    EXPECT_EQ(image.segment("__LINKEDIT")->address, kLinkedit);
    EXPECT_EQ(image.segment("__OTHER"), nullptr);
    ASSERT_EQ(image.sections.size(), 4U);
    EXPECT_EQ(image.sections[1].segment, "__TEXT");
    EXPECT_EQ(image.sections[1].name, "__cstring");
    EXPECT_EQ(image.sections[1].address, kBase + 0x900);
    EXPECT_EQ(image.sections[1].size, 0x20U);
    EXPECT_EQ(image.sections[1].type(), kCstringLiterals);
    EXPECT_EQ(image.sections[1].align, 2U);
    EXPECT_EQ(image.sections[2].name, "__data_of_16byte") << "a name that fills its field has no NUL";
    EXPECT_TRUE(image.sections[0].holds_code());
    EXPECT_FALSE(image.sections[1].holds_code());
    EXPECT_TRUE(image.sections[3].is_zerofill());
}

TEST_P(BothWidths, DependenciesInOrder) {
    const SampleImage sample(GetParam());
    const auto space = sample.space();
    const Image image = read_image(*space, kBase);
    ASSERT_EQ(image.dependencies.size(), 5U);
    const DependencyKind kKinds[] = {DependencyKind::kLoad, DependencyKind::kWeak, DependencyKind::kReexport,
                                     DependencyKind::kUpward, DependencyKind::kLazy};
    for (size_t i = 0; i < 5; ++i) EXPECT_EQ(image.dependencies[i].kind, kKinds[i]);
    EXPECT_EQ(image.dependencies[1].name, "/usr/lib/libweak.dylib");
    EXPECT_EQ(image.dependencies[1].current_version, 0x20000U);
    EXPECT_EQ(image.dependencies[1].compatibility_version, 0x10000U);
    ASSERT_EQ(image.details.size(), 2U);
    EXPECT_EQ(image.details[0].command, kLcRpath);
    EXPECT_EQ(image.details[0].text, "@loader_path/..");
    EXPECT_EQ(image.details[1].text, "client");
}

TEST_P(BothWidths, LinkeditTables) {
    const SampleImage sample(GetParam());
    const auto space = sample.space();
    const Image image = read_image(*space, kBase);
    EXPECT_EQ(image.nlists.size(), 3 * image.nlist_size());
    EXPECT_EQ(image.nlists.file_offset(), 0x2100U);
    EXPECT_EQ(image.string_pool.size(), 0x40U);
    EXPECT_EQ(image.string_pool.text(1), "_first");
    EXPECT_EQ(image.exports_trie.size(), 0x20U);
    EXPECT_EQ(image.function_starts.size(), 8U);
    const uint64_t tables = image.header.size() + image.nlists.size() + 0x20 + 8;
    EXPECT_EQ(image.declared_bytes(), tables + 0x100 + 0x20 + 0x10) << "zero-filled sections have no bytes";
}

TEST_P(BothWidths, SectionOfAnAddress) {
    const SampleImage sample(GetParam());
    const auto space = sample.space();
    const Image image = read_image(*space, kBase);
    EXPECT_EQ(image.section_of(kBase), 0U) << "the header is in no section";
    EXPECT_EQ(image.section_of(kBase + 0x800), 1U);
    EXPECT_EQ(image.section_of(kBase + 0x8ff), 1U);
    EXPECT_EQ(image.section_of(kBase + 0x900), 2U);
    EXPECT_EQ(image.section_of(kBase + 0x900, 1), 1U) << "a symbol may stand at its section's end";
    EXPECT_EQ(image.section_of(kBase + 0x901, 1), 2U) << "a wrong hint is not believed";
    EXPECT_EQ(image.section_of(kBase + 0x800, 200), 1U) << "a hint that names no section either";
    EXPECT_EQ(image.section_of(kData + 0x10), 0U);
    EXPECT_EQ(image.section_of(0), 0U);
    EXPECT_EQ(image.section_of(UINT64_MAX), 0U);
}

TEST(Image, OlderCommandsForVersionsAndExports) {
    test::MachoMaker maker;
    maker.add_segment("__LINKEDIT", kBase, 0x1000, 0, 0x1000);
    maker.add(kLcVersionMinIos, test::le32(0x000a0000) + test::le32(0x000b0000));
    maker.add(kLcBuildVersion, test::le32(6) + test::le32(1) + test::le32(2) + test::le32(0));
    std::string info;
    for (int i = 0; i < 8; ++i) info += test::le32(0);
    maker.add(kLcDyldInfoOnly, info + test::le32(0x800) + test::le32(0x10));
    std::string bytes = maker.bytes();
    bytes.resize(0x1000, '\0');
    const test::MemorySpace space(kBase, bytes);
    const Image image = read_image(space, kBase);
    EXPECT_EQ(image.platform, 2U) << "the first of two says the primary platform";
    EXPECT_EQ(image.min_os, 0x000a0000U);
    EXPECT_EQ(image.sdk, 0x000b0000U);
    EXPECT_EQ(image.exports_trie.size(), 0x10U);
    EXPECT_FALSE(image.uuid);
    EXPECT_FALSE(image.source_version);
}

TEST(Image, SectionsThatWereEmptiedMayPointAnywhere) {
    test::MachoMaker maker;
    maker.add_segment("__TEXT", kBase, 0x1000, 0, 0x1000,
                      {{"__TEXT", "__objc_methname", 0x10, 0, 2}, {"__TEXT", "__x", kBase + 0x800, 1, 0}});
    std::string bytes = maker.bytes();
    bytes.resize(0x1000, '\0');
    const test::MemorySpace space(kBase, bytes);
    const Image image = read_image(space, kBase);
    ASSERT_EQ(image.sections.size(), 2U);
    EXPECT_EQ(image.section_of(kBase + 0x800), 2U);
    EXPECT_EQ(image.section_of(0x10), 0U);
}

TEST(Image, WithoutCommands) {
    const test::MemorySpace space(kBase, test::MachoMaker().bytes());
    const Image image = read_image(space, kBase);
    EXPECT_TRUE(image.segments.empty());
    EXPECT_TRUE(image.nlists.empty());
    EXPECT_EQ(image.section_of(kBase), 0U);
}

}  // namespace
}  // namespace strata::macho
