// Walking the pointer chains of data pages: sound ones, and chains that leave their page.
#include <gtest/gtest.h>

#include "dyld/slide_info.h"
#include "support/buffer.h"

namespace strata::dyld {
namespace {

using test::le16;
using test::le32;
using test::le64;

constexpr uint64_t kPage = 0x1000;

/// A file of two data pages followed by a slide info.
struct Chained {
    std::string data = std::string(2 * kPage, '\0');
    std::string slide;
    unsigned pointer_size = 8;

    std::vector<BadRange> check(size_t limit = 100) const {
        const test::Buffer file(data + slide);
        Mapping mapping;
        mapping.address = 0x100000;
        mapping.size = data.size();
        mapping.slide_offset = data.size();
        mapping.slide_size = slide.size();
        base::Residency residency(UINT64_MAX);
        std::vector<BadRange> bad;
        check_chains(file.view(), mapping, read_slide_info(file.view(), mapping, pointer_size), limit, bad, residency);
        return bad;
    }
};

std::string version3(uint16_t first, uint16_t second) {
    return le32(3) + le32(kPage) + le32(2) + le32(0) + le64(0x180000000) + le16(first) + le16(second);
}
std::string version2(uint16_t first, uint16_t second, const std::string& extras = {}) {
    return le32(2) + le32(kPage) + le32(0x28) + le32(2) + le32(0x2c) + le32(static_cast<uint32_t>(extras.size() / 2)) +
           le64(0x00ffff0000000000) + le64(0) + le16(first) + le16(second) + extras;
}
/// A version 3 pointer whose next one is `words` eight-byte words further.
std::string next3(uint64_t words) {
    return le64(0x180001000 | words << 51);
}
/// A version 2 pointer whose next one is `bytes` further.
std::string next2(uint64_t bytes) {
    return le64(0x180001000 | (bytes / 4) << 40);
}

TEST(Chains, PagesWithoutPointers) {
    EXPECT_TRUE((Chained{.slide = version3(0xffff, 0xffff)}.check().empty()));
    EXPECT_TRUE((Chained{.slide = version2(0x4000, 0x4000)}.check().empty()));
}

TEST(Chains, SoundOnes) {
    Chained three{.slide = version3(8, 0xffff)};
    test::put(three.data, 8, next3(1));
    test::put(three.data, 16, next3(509));
    EXPECT_TRUE(three.check().empty()) << "the last pointer is at the page's end";
    Chained two{.slide = version2(2, 0x4000)};
    test::put(two.data, 8, next2(16));
    test::put(two.data, 24, next2(0xfe0));
    EXPECT_TRUE(two.check().empty());
}

TEST(Chains, ThatLeaveTheirPage) {
    Chained three{.slide = version3(8, 0xffff)};
    test::put(three.data, 8, next3(2));
    test::put(three.data, 24, next3(509));
    const auto bad = three.check();
    ASSERT_EQ(bad.size(), 1U);
    EXPECT_EQ(bad[0].address, 0x100000U);
    EXPECT_EQ(bad[0].size, kPage);
    EXPECT_EQ(bad[0].error.kind(), base::ErrorKind::kInput);
    Chained two{.slide = version2(0x4000, 1)};
    test::put(two.data, kPage + 4, next2(0xffc));
    ASSERT_EQ(two.check().size(), 1U);
    EXPECT_EQ(two.check()[0].address, 0x100000 + kPage) << "only the page that is damaged";
}

TEST(Chains, StartsOutsideThePage) {
    EXPECT_EQ((Chained{.slide = version3(0xff9, 0xffff)}.check().size()), 1U) << "the pointer crosses the page's end";
    EXPECT_EQ((Chained{.slide = version3(0x1000, 0xffff)}.check().size()), 1U);
    EXPECT_EQ((Chained{.slide = version3(0xfffe, 0xfffe)}.check().size()), 2U);
    EXPECT_EQ((Chained{.slide = version2(0x3fff, 0x4000)}.check().size()), 1U);
}

TEST(Chains, Extras) {
    Chained sound{.slide = version2(0x8000, 0x4000, le16(2) + le16(0x8000 | 8))};
    EXPECT_TRUE(sound.check().empty());
    EXPECT_EQ((Chained{.slide = version2(0x8002, 0x4000, le16(2) + le16(0x8008))}.check().size()), 1U)
        << "an index past the table";
    EXPECT_EQ((Chained{.slide = version2(0x8000, 0x4000, le16(2) + le16(8))}.check().size()), 1U)
        << "a list without an end";
    EXPECT_EQ((Chained{.slide = version2(0x8000, 0x4000, le16(0xbfff))}.check().size()), 1U) << "a start past the page";
}

TEST(Chains, TooManyBadPagesMakeTheMappingBad) {
    const auto bad = Chained{.slide = version3(0xfffe, 0xfffe)}.check(1);
    ASSERT_EQ(bad.size(), 2U);
    EXPECT_EQ(bad.back().size, 2 * kPage);
}

TEST(Chains, NarrowPointers) {
    const std::string info =
        le32(4) + le32(kPage) + le32(0x28) + le32(1) + le32(0x2a) + le32(0) + le64(0xc0000000) + le64(0) + le16(0);
    Chained sound{.slide = info, .pointer_size = 4};
    test::put(sound.data, 0, le32(0x40000001));
    EXPECT_TRUE(sound.check().empty()) << "a delta of four bytes, then the end";
    Chained last{.slide = info, .pointer_size = 4};
    test::put(last.slide, 0x28, le16(0x3ff));
    EXPECT_TRUE(last.check().empty()) << "four bytes fit at the page's end";
    test::put(last.data, 0xffc, le32(0x40000001));
    EXPECT_EQ(last.check().size(), 1U);
}

}  // namespace
}  // namespace strata::dyld
