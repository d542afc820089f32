// The checks of the header and of the tables that it names, field by field.
#include "dyld/cache_header.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/cache_maker.h"
#include "support/errors.h"
#include "support/random.h"

namespace strata::dyld {
namespace {

using test::fails_with;
using test::le32;
using test::le64;

/// The start of a generated main file: header and tables.
std::string main_file(uint32_t era, dscgen::Arch arch = dscgen::Arch::arm64) {
    return test::read_file(test::MadeCache(test::spec_of(era, arch)).main);
}

const std::string& newest() {
    static const std::string bytes = main_file(0x228);
    return bytes;
}

CacheHeader read(const std::string& bytes) {
    const test::Buffer file(bytes);
    return read_cache_header(file.view());
}

CacheHeader read_edited(std::string bytes, uint64_t offset, std::string_view value) {
    test::put(bytes, offset, value);
    return read(bytes);
}

uint32_t u32_at(const std::string& bytes, uint64_t offset) {
    const test::Buffer file(bytes);
    return file.view().u32(offset, "field");
}

TEST(CacheHeader, Magic) {
    EXPECT_TRUE(fails_with("not a dyld shared cache", [] { read(""); }));
    EXPECT_TRUE(fails_with("not a dyld shared cache", [] { read("dyld_v0"); }));
    EXPECT_TRUE(fails_with("magic", [] { read("dyld_v1"); })) << "cut inside the magic";
    EXPECT_TRUE(fails_with("no architecture", [] { read_edited(newest(), 7, std::string(9, ' ')); }));
    EXPECT_TRUE(fails_with("no architecture", [] { read_edited(newest(), 7, std::string(9, '\0')); }));
    EXPECT_EQ(read_edited(newest(), 0, std::string("dyld_v1arm64ex1\0", 16)).arch, "arm64ex1")
        << "new architectures are read";
    EXPECT_EQ(read_edited(newest(), 0, std::string("dyld_v1  armv7\0\0", 16)).arch, "armv7");
}

TEST(CacheHeader, Size) {
    for (const uint32_t bad : {0U, 0x28U, 0x6fU, 0x1001U, 0x6c7964d1U, UINT32_MAX})
        EXPECT_TRUE(fails_with("mappingOffset is " + base::hex(bad), [&] { read_edited(newest(), 0x10, le32(bad)); }))
            << bad;
    EXPECT_TRUE(fails_with("mappingOffset", [] { read(newest().substr(0, 0x200)); }))
        << "the file is shorter than its header";
}

TEST(CacheHeader, LargerHeadersThanKnownAreRead) {
    // A header that is 0x40 longer, with its tables moved behind it.
    std::string bytes = newest().substr(0, 0x228) + std::string(0x40, '\x7f') + newest().substr(0x228);
    test::put(bytes, 0x10, le32(0x268));
    for (const uint64_t field : {0x138U, 0x188U, 0x1c0U, 0x200U})
        test::put(bytes, field, le32(u32_at(bytes, field) + 0x40));
    const auto header = read(bytes);
    const auto sound = read(newest());
    EXPECT_EQ(header.size, 0x268U);
    EXPECT_EQ(header.mappings.size(), sound.mappings.size());
    EXPECT_EQ(header.images.size, sound.images.size);
    EXPECT_EQ(header.sub_caches.size(), sound.sub_caches.size());
}

TEST(CacheHeader, MappingCount) {
    for (const uint32_t bad : {0U, 65U, 0x10005f64U, UINT32_MAX})
        EXPECT_TRUE(fails_with("mappingCount is", [&] { read_edited(newest(), 0x14, le32(bad)); })) << bad;
}

TEST(CacheHeader, Mappings) {
    const uint64_t table = u32_at(newest(), 0x10);
    const auto sound = read(newest());
    EXPECT_TRUE(fails_with("wraps around", [&] { read_edited(newest(), table, le64(UINT64_MAX)); }));
    EXPECT_TRUE(fails_with("no bytes", [&] { read_edited(newest(), table + 8, le64(0)); }));
    EXPECT_TRUE(fails_with("wraps around", [&] { read_edited(newest(), table + 8, le64(UINT64_MAX)); }));
    EXPECT_TRUE(fails_with("holds the header", [&] { read_edited(newest(), table + 16, le64(0x4000)); }));
    EXPECT_TRUE(fails_with("two mapping tables disagree",
                           [&] { read_edited(newest(), table, le64(sound.mappings[0].address + 0x4000)); }));
    EXPECT_TRUE(fails_with("two mapping tables disagree",
                           [&] { read_edited(newest(), table + 8, le64(sound.mappings[0].size + 1)); }));
}

TEST(CacheHeader, MappingTableLeavesTheFile) {
    std::string old = main_file(0x70).substr(0, 0x70 + 3 * 0x20);
    test::put(old, 0x1c, le32(0));
    EXPECT_EQ(read(old).mappings.size(), 3U);
    EXPECT_TRUE(fails_with("mapping table", [&] { read(old.substr(0, old.size() - 1)); }));
}

TEST(CacheHeader, SlideTable) {
    for (const uint32_t bad :
         {UINT32_MAX, static_cast<uint32_t>(newest().size()), static_cast<uint32_t>(newest().size() - 1)})
        EXPECT_TRUE(fails_with("mapping and slide table", [&] { read_edited(newest(), 0x138, le32(bad)); })) << bad;
    for (const uint32_t bad : {0x20000004U, UINT32_MAX, 99U})
        EXPECT_TRUE(fails_with("mappingWithSlideCount is", [&] { read_edited(newest(), 0x13c, le32(bad)); })) << bad;
    EXPECT_NO_THROW(read_edited(newest(), 0x13c, le32(0))) << "no such table: the plain one is used";
}

TEST(CacheHeader, ImageTables) {
    const auto file_size = static_cast<uint32_t>(newest().size());
    for (const uint32_t bad : {UINT32_MAX, file_size, file_size - 1})
        EXPECT_TRUE(fails_with("image table", [&] { read_edited(newest(), 0x1c0, le32(bad)); })) << bad;
    for (const uint32_t bad : {UINT32_MAX, 0xffffff06U, file_size / 32 + 1})
        EXPECT_TRUE(fails_with("image table", [&] { read_edited(newest(), 0x1c4, le32(bad)); })) << bad;
    for (const uint64_t bad : {UINT64_MAX, UINT64_MAX - 31, uint64_t{1} << 59, uint64_t{file_size}})
        EXPECT_TRUE(fails_with("image text table", [&] { read_edited(newest(), 0x90, le64(bad)); })) << bad;
    for (const uint64_t bad : {UINT64_MAX, UINT64_MAX - 0x1000, uint64_t{file_size}})
        EXPECT_TRUE(fails_with("image text table", [&] { read_edited(newest(), 0x88, le64(bad)); })) << bad;
}

/// Fuzzers set both pairs of image fields: the header's size says which one counts.
TEST(CacheHeader, TheOldImageFieldsAreDeadInNewHeaders) {
    std::string bytes = newest();
    test::put(bytes, 0x18, le32(UINT32_MAX) + le32(UINT32_MAX));
    EXPECT_EQ(read(bytes).images.size, read(newest()).images.size);
    const std::string old = main_file(0x138);
    EXPECT_GT(read(old).images.size, 0U);
    EXPECT_TRUE(fails_with("image table", [&] { read_edited(old, 0x1c, le32(UINT32_MAX)); }));
}

class SubCacheArray : public ::testing::Test {
  protected:
    const std::string bytes_ = main_file(0x228);
    const uint64_t array_ = u32_at(bytes_, 0x188);
};

TEST_F(SubCacheArray, Bounds) {
    for (const uint32_t bad : {1025U, UINT32_MAX})
        EXPECT_TRUE(fails_with("subCacheArrayCount is", [&] { read_edited(bytes_, 0x18c, le32(bad)); })) << bad;
    EXPECT_TRUE(fails_with("sub-cache array", [&] { read_edited(bytes_, 0x188, le32(UINT32_MAX)); }));
    EXPECT_TRUE(
        fails_with("sub-cache array", [&] { read_edited(bytes_, 0x188, le32(static_cast<uint32_t>(bytes_.size()))); }));
    EXPECT_TRUE(read_edited(bytes_, 0x18c, le32(0)).sub_caches.empty());
}

TEST_F(SubCacheArray, SuffixesLeadNowhereElse) {
    for (const std::string& bad :
         {std::string(), std::string("."), std::string("01"), std::string("./x"), std::string(".01/../../etc/passwd"),
          std::string("/etc/passwd"), std::string("../x"), std::string(".a..b"), "." + std::string(31, 'x')})
        EXPECT_TRUE(fails_with("suffix", [&] { read_edited(bytes_, array_ + 24, test::fixed(bad, 32)); })) << bad;
    const auto header = read_edited(bytes_, array_ + 24, test::fixed("." + std::string(30, 'x'), 32));
    EXPECT_EQ(header.sub_caches[0].suffix, "." + std::string(30, 'x'));
}

TEST_F(SubCacheArray, EachFileOnce) {
    const std::string many =
        test::read_file(test::MadeCache(test::spec_of(0x228, dscgen::Arch::arm64, dscgen::Layout::many)).main);
    ASSERT_GE(read(many).sub_caches.size(), 2U);
    const uint64_t array = u32_at(many, 0x188);
    EXPECT_TRUE(fails_with("listed twice", [&] { read_edited(many, array + 56 + 24, many.substr(array + 24, 32)); }));
}

TEST(CacheHeader, AllErrorsNameThePlace) {
    const auto error = test::error_of([] { read_edited(newest(), 0x18c, le32(UINT32_MAX)); });
    EXPECT_EQ(error->offset(), 0x18cU);
    EXPECT_EQ(error->file(), "made-up");
    EXPECT_EQ(error->expected(), "at most 1024");
}

TEST(CacheHeader, EveryPrefixAndRandomDamage) {
    const std::string tables = newest().substr(0, 0x1000);
    for (size_t size = 0; size < tables.size(); ++size)
        ASSERT_TRUE(test::works_or_refuses([&] { read(tables.substr(0, size)); })) << size;
    test::Random random(100);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = tables;
        for (uint64_t i = random.below(3) + 1; i-- > 0;)
            test::put(bytes, random.below(0x600), random.one_in(2) ? le32(UINT32_MAX) : random.bytes(4));
        ASSERT_TRUE(test::works_or_refuses([&] { read(bytes); })) << round;
    }
}

}  // namespace
}  // namespace strata::dyld
