// Pointer decoding by hand-computed values, and the checks of a slide info's tables.
#include "dyld/slide_info.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/errors.h"

namespace strata::dyld {
namespace {

using test::fails_with;
using test::le16;
using test::le32;
using test::le64;

TEST(Decode, NullIsNullInEveryVersion) {
    for (uint32_t version = 1; version <= 5; ++version)
        EXPECT_EQ((SlideInfo{version, 0x4000, 0x00ffff0000000000, 0x180000000, 8}.decode(0)), 0U);
}

TEST(Decode, Version1IsPlain) {
    EXPECT_EQ((SlideInfo{1, 0, 0, 0, 8}.decode(0x180001234)), 0x180001234U);
}

TEST(Decode, Version2Wide) {
    const SlideInfo arm{2, 0x1000, 0x00ffff0000000000, 0, 8};
    EXPECT_EQ(arm.decode(0x0000000180001234), 0x180001234U);
    EXPECT_EQ(arm.decode(0x0001230180001234), 0x180001234U) << "the delta to the next pointer is no part of the value";
    EXPECT_EQ(arm.decode(0xa500010180001234), 0x180001234U) << "nor is a tag in the top byte";
    EXPECT_EQ(arm.decode(0x0000020000000000), 0U) << "a null pointer inside a chain";
    const SlideInfo old_intel{2, 0x1000, 0xffff000000000000, 0, 8};
    EXPECT_EQ(old_intel.decode(0x00047fff20001234), 0x7fff20001234U);
    const SlideInfo intel{2, 0x1000, 0x00ffff0000000000, 0x7ff800000000, 8};
    EXPECT_EQ(intel.decode(0x0000040000001234), 0x7ff800001234U) << "values are offsets from the region's start";
}

TEST(Decode, Version2Narrow) {
    const SlideInfo info{2, 0x1000, 0xe0000000, 0x1a000000, 4};
    EXPECT_EQ(info.decode(0x00001234), 0x1a001234U);
    EXPECT_EQ(info.decode(0xe0001234), 0x1a001234U);
    EXPECT_EQ(info.decode(0x20000000), 0U);
    const SlideInfo wrapping{2, 0x1000, 0xe0000000, 0xfffff000, 4};
    EXPECT_EQ(wrapping.decode(0x00002000), 0x1000U) << "arithmetic in 32 bits";
}

TEST(Decode, Version3) {
    const SlideInfo info{3, 0x4000, 0, 0x180000000, 8};
    EXPECT_EQ(info.decode(0x0000000180001234), 0x180001234U);
    EXPECT_EQ(info.decode(0x0008000180001234), 0x180001234U) << "a next field of 1";
    EXPECT_EQ(info.decode(0x0007f80180001234 & ~(uint64_t{0x7ff} << 51)), 0x180001234U)
        << "high byte of the target is a tag";
    EXPECT_EQ(info.decode(0x8000000000001234), 0x180001234U) << "authenticated: an offset";
    EXPECT_EQ(info.decode(0x8009abcd00001234), 0x180001234U) << "diversity, key and next are no part of it";
    EXPECT_EQ(info.decode(0xbfffffffffffffff), 0x180000000U + 0xffffffffU);
}

TEST(Decode, Version4) {
    const SlideInfo info{4, 0x1000, 0xc0000000, 0x1a000000, 4};
    EXPECT_EQ(info.decode(0x00008000), 0x1a008000U);
    EXPECT_EQ(info.decode(0xc0123456), 0x1a123456U);
    EXPECT_EQ(info.decode(0x00007fff), 0x7fffU) << "a small integer";
    EXPECT_EQ(info.decode(0x40000001), 1U);
    EXPECT_EQ(info.decode(0x3fffffff), 0xffffffffU) << "-1 in 30 bits";
    EXPECT_EQ(info.decode(0xffff8000), 0xffff8000U) << "the smallest of the small negative integers";
    EXPECT_EQ(info.decode(0x3fff7fff), 0x1a000000U + 0x3fff7fffU) << "one below it is an address";
}

TEST(Decode, Version5) {
    const SlideInfo info{5, 0x4000, 0, 0x180000000, 8};
    EXPECT_EQ(info.decode(0x0000000000001234), 0x180001234U);
    EXPECT_EQ(info.decode(0x00000003ffffffff), 0x180000000U + 0x3ffffffffU) << "34 bits: caches beyond 4 GiB";
    EXPECT_EQ(info.decode(0x801234a400001234), 0x180001234U) << "authenticated, with diversity and next";
    EXPECT_EQ(info.decode(0x0010000400001234), 0x180001234U) << "high8 is a tag";
}

/// A slide info alone in its file, for a data mapping of two pages.
SlideInfo read_slides(const std::string& bytes, unsigned pointer_size = 8) {
    const test::Buffer file(bytes);
    Mapping mapping;
    mapping.size = 0x8000;
    mapping.slide_offset = 0;
    mapping.slide_size = bytes.size();
    return read_slide_info(file.view(), mapping, pointer_size);
}

std::string version2(uint64_t mask = 0x00ffff0000000000, uint32_t page_size = 0x4000, uint32_t starts = 2,
                     uint32_t extras = 1) {
    return le32(2) + le32(page_size) + le32(0x28) + le32(starts) + le32(0x28 + 4) + le32(extras) + le64(mask) +
           le64(0x1234) + le16(0x4000) + le16(0x4000) + le16(0x8000);
}
std::string version5(uint32_t page_size = 0x4000, uint32_t starts = 2) {
    return le32(5) + le32(page_size) + le32(starts) + le32(0) + le64(0x180000000) + le16(0xffff) + le16(0xffff);
}
std::string version1(uint32_t entry_size = 128, uint32_t entries = 1, uint16_t entry = 0) {
    return le32(1) + le32(24) + le32(2) + le32(28) + le32(entries) + le32(entry_size) + le16(0) + le16(entry) +
           std::string(128, '\0');
}

TEST(SlideInfoTable, Constants) {
    const auto two = read_slides(version2());
    EXPECT_EQ(two.version, 2U);
    EXPECT_EQ(two.page_size, 0x4000U);
    EXPECT_EQ(two.delta_mask, 0x00ffff0000000000U);
    EXPECT_EQ(two.value_add, 0x1234U);
    const auto five = read_slides(version5());
    EXPECT_EQ(five.value_add, 0x180000000U);
    EXPECT_EQ(read_slides(version1()).version, 1U);
}

TEST(SlideInfoTable, Versions) {
    for (const uint32_t bad : {0U, 6U, UINT32_MAX}) {
        std::string bytes = version5();
        test::put(bytes, 0, le32(bad));
        EXPECT_TRUE(fails_with("slide info version", [&] { read_slides(bytes); })) << bad;
    }
}

TEST(SlideInfoTable, PageSizes) {
    for (const uint32_t bad : {0U, 1U, 0x800U, 0x1001U, 0x3000U, 0x200000U, 0x80000000U, UINT32_MAX}) {
        EXPECT_TRUE(fails_with("page size", [&] { read_slides(version2(0x00ffff0000000000, bad)); })) << bad;
        EXPECT_TRUE(fails_with("page size", [&] { read_slides(version5(bad)); })) << bad;
    }
}

TEST(SlideInfoTable, DeltaMasks) {
    for (const uint64_t bad : {uint64_t{0}, uint64_t{1}, uint64_t{3}, uint64_t{0x00ff0f0000000000}, UINT64_MAX,
                               uint64_t{0x8000000000000001}})
        EXPECT_TRUE(fails_with("delta mask", [&] { read_slides(version2(bad)); })) << bad;
    EXPECT_NO_THROW(read_slides(version2(4)));
    EXPECT_NO_THROW(read_slides(version2(0xffff000000000000)));
}

TEST(SlideInfoTable, TablesStayInside) {
    EXPECT_TRUE(fails_with("page starts", [] { read_slides(version2(0x00ffff0000000000, 0x4000, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("page extras", [] { read_slides(version2(0x00ffff0000000000, 0x4000, 2, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("page starts", [] { read_slides(version5(0x4000, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("page starts", [] { read_slides(version5(0x4000, 3)); }));
    EXPECT_TRUE(fails_with("for 4 pages", [] { read_slides(version5(0x4000, 4) + std::string(8, '\0')); }))
        << "more pages than the mapping has";
    EXPECT_TRUE(fails_with("entry size 0", [] { read_slides(version1(0)); }));
    EXPECT_TRUE(fails_with("bitmaps", [] { read_slides(version1(128, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("bitmap 1", [] { read_slides(version1(128, 1, 1)); }));
    for (const auto& whole : {version1(), version2(), version5()})
        for (size_t size = 0; size < whole.size(); ++size)
            EXPECT_THROW(read_slides(whole.substr(0, size)), base::Error) << size;
}

}  // namespace
}  // namespace strata::dyld
