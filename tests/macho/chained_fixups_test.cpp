// Chained fixups: imports of every format, chains of every pointer format, and data made to hang or run out.
#include <gtest/gtest.h>

#include <set>

#include "macho/fixups.h"
#include "support/errors.h"
#include "support/fixups_maker.h"
#include "support/memory_space.h"
#include "support/random.h"

namespace strata::macho {
namespace {

using test::Buffer;
using test::fails_with;
using test::FixupsMaker;

constexpr uint64_t kImageBase = 0x100000000;
constexpr uint64_t kDataAt = kImageBase + 0x4000;

Image chained_image(bool is_64 = true) {
    Image image;
    image.address = kImageBase;
    image.is_64 = is_64;
    image.segments = {{"__TEXT", kImageBase, 0x4000, 0, 0x4000, 5, 5, 0},
                      {"__DATA", kDataAt, 0x4000, 0x4000, 0x4000, 3, 3, 0}};
    return image;
}

/// One data segment of pages at kDataAt.
FixupsMaker maker_of(uint16_t format, std::vector<uint16_t> pages, std::vector<uint16_t> lists = {}) {
    FixupsMaker maker;
    maker.imports = {{1, "_malloc"}, {2, "_free", true}, {-2, "_flat"}};
    maker.segments = {{}, {0x1000, format, 0x4000, 0, std::move(pages), std::move(lists)}};
    return maker;
}

struct Fixup {
    uint64_t address;
    ChainedFixups::Pointer pointer;
};

std::vector<Fixup> walk(const FixupsMaker& maker, const std::string& data, bool is_64 = true) {
    const Buffer file(maker.bytes());
    const ChainedFixups fixups(chained_image(is_64), file.view());
    const test::MemorySpace space(kDataAt, data);
    std::vector<Fixup> found;
    fixups.walk(space, [&](uint64_t address, const ChainedFixups::Pointer& pointer) {
        found.push_back({address, pointer});
    });
    return found;
}

std::string page_with(std::initializer_list<std::pair<uint64_t, uint64_t>> words, uint64_t size = 0x4000) {
    std::string data(size, '\0');
    for (const auto& [at, word] : words) test::put(data, at, test::le64(word));
    return data;
}

TEST(ChainedFixups, ImportsOfEveryFormat) {
    for (const uint32_t format : {1U, 2U, 3U}) {
        FixupsMaker maker;
        maker.import_format = format;
        maker.imports = {{1, "_malloc"}, {-3, "_weak", true, -8}, {-2, "_flat"}, {-1, "_main"},
                         {0, "_self"},   {0xf0, "_far"}};
        const Buffer file(maker.bytes());
        const ChainedFixups fixups(chained_image(), file.view());
        ASSERT_EQ(fixups.import_count(), maker.imports.size());
        for (uint32_t i = 0; i < fixups.import_count(); ++i) {
            const Import import = fixups.import(i);
            EXPECT_EQ(import.name, maker.imports[i].name);
            EXPECT_EQ(import.ordinal, maker.imports[i].ordinal) << format;
            EXPECT_EQ(import.weak, maker.imports[i].weak);
            EXPECT_EQ(import.addend, format == 1 ? 0 : maker.imports[i].addend);
        }
        EXPECT_TRUE(fails_with("chained import 6", [&] { fixups.import(6); }));
    }
}

TEST(ChainedFixups, LargeOrdinalsNeedTheWideFormat) {
    FixupsMaker maker;
    maker.import_format = 3;
    maker.imports = {{0x1234, "_a"}, {-2, "_b"}};
    const Buffer file(maker.bytes());
    const ChainedFixups fixups(chained_image(), file.view());
    EXPECT_EQ(fixups.import(0).ordinal, 0x1234);
    EXPECT_EQ(fixups.import(1).ordinal, kOrdinalFlat);
}

TEST(ChainedFixups, Walks64BitChains) {
    // next counts words of four bytes; bit 63 = bind.
    const auto data = page_with({{0x10, uint64_t{2} << 51 | 0xab00000000 << 4 | 0x40},  // target 0x40, high byte 0xab
                                 {0x18, uint64_t{1} << 63 | uint64_t{5} << 24 | 1},
                                 {0x1008, uint64_t{1} << 63 | 2}});
    const auto found = walk(maker_of(6, {0x10, 8, 0xffff, 0xffff}), data);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].address, kDataAt + 0x10);
    EXPECT_FALSE(found[0].pointer.bind);
    EXPECT_EQ(found[0].pointer.target, kImageBase + 0x40);
    EXPECT_EQ(found[0].pointer.high, 0xab);
    EXPECT_EQ(found[1].address, kDataAt + 0x18);
    EXPECT_TRUE(found[1].pointer.bind);
    EXPECT_EQ(found[1].pointer.import, 1U);
    EXPECT_EQ(found[1].pointer.addend, 5);
    EXPECT_EQ(found[2].address, kDataAt + 0x1008);
    // The older form holds addresses.
    EXPECT_EQ(walk(maker_of(2, {0x10}), data)[0].pointer.target, 0x40U);
}

TEST(ChainedFixups, WalksArm64eChains) {
    const uint64_t auth = uint64_t{1} << 63;
    const uint64_t bind = uint64_t{1} << 62;
    const auto next = [](uint64_t words) { return words << 51; };
    const auto data = page_with({{0, next(1) | uint64_t{0x80} << 43 | 0x123},
                                 {8, next(1) | auth | uint64_t{0xbeef} << 32 | 0x456},
                                 {0x10, next(1) | bind | (uint64_t{0x7ffff} << 32) | 2},
                                 {0x18, auth | bind | uint64_t{0xbeef} << 32 | 1}});
    for (const uint16_t format : std::vector<uint16_t>{1, 9, 12}) {
        const auto found = walk(maker_of(format, {0}), data);
        ASSERT_EQ(found.size(), 4U) << format;
        EXPECT_EQ(found[0].pointer.target, format == 1 ? 0x123U : kImageBase + 0x123);
        EXPECT_EQ(found[0].pointer.high, 0x80);
        EXPECT_EQ(found[1].pointer.target, kImageBase + 0x456) << "authenticated pointers always count from the image";
        EXPECT_TRUE(found[1].pointer.authenticated);
        EXPECT_EQ(found[2].pointer.import, 2U);
        EXPECT_EQ(found[2].pointer.addend, -1);
        EXPECT_TRUE(found[3].pointer.bind && found[3].pointer.authenticated);
        EXPECT_EQ(found[3].pointer.import, 1U);
        EXPECT_EQ(found[3].pointer.addend, 0);
    }
    // Kernel extensions: the same fields, in steps of four bytes.
    const auto kernel = walk(maker_of(7, {0}), page_with({{0, next(3) | 0x10}, {12, 0x20}}));
    ASSERT_EQ(kernel.size(), 2U);
    EXPECT_EQ(kernel[1].address, kDataAt + 12);
}

TEST(ChainedFixups, Walks32BitChains) {
    auto maker = maker_of(3, {4});
    maker.segments[1].max_pointer = 0x100000;
    std::string data(0x4000, '\0');
    test::put(data, 4, test::le32(2U << 26 | 0x4444));
    test::put(data, 12, test::le32(1U << 26 | 0x80000000 | 7U << 20 | 2));
    // No pointer, but the chain goes through it: 0x05 was moved up by half of what is free.
    test::put(data, 16, test::le32((0x04000000 + 0x100000) / 2 + 5));
    const auto found = walk(maker, data, false);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].pointer.target, 0x4444U);
    EXPECT_EQ(found[1].pointer.import, 2U);
    EXPECT_EQ(found[1].pointer.addend, 7);
    EXPECT_EQ(found[2].pointer.target, 5U);
}

TEST(ChainedFixups, WalksKernelAndCacheForms) {
    const auto x86 = walk(maker_of(11, {3}), page_with({{3, uint64_t{9} << 51 | 0x77}, {12, 0x99}}));
    ASSERT_EQ(x86.size(), 2U) << "x86_64 kernels count single bytes";
    EXPECT_EQ(x86[1].address, kDataAt + 12);
    EXPECT_EQ(x86[1].pointer.target, kImageBase + 0x99);

    const auto cache =
        walk(maker_of(13, {0}), page_with({{0, uint64_t{1} << 52 | uint64_t{0x3} << 34 | 0x1234}, {8, 1}}));
    ASSERT_EQ(cache.size(), 2U);
    EXPECT_EQ(cache[0].pointer.target, kImageBase + 0x1234);
    EXPECT_EQ(cache[0].pointer.high, 3);

    const auto segmented = walk(maker_of(14, {0}), page_with({{0, uint64_t{1} << 28 | 0x80}}));
    ASSERT_EQ(segmented.size(), 1U);
    EXPECT_EQ(segmented[0].pointer.target, kDataAt + 0x80);

    std::string data(0x4000, '\0');
    test::put(data, 0, test::le32(1U << 30 | 0x10));
    test::put(data, 4, test::le32(0x20));
    EXPECT_EQ(walk(maker_of(4, {0}), data, false).size(), 2U);
    test::put(data, 0, test::le32(1U << 26 | 0x10));
    EXPECT_EQ(walk(maker_of(5, {0}), data, false).size(), 2U);
}

TEST(ChainedFixups, PagesWithSeveralChains) {
    // Page 0: the list at index 2 (behind the two page starts) names chains at 0 and 0x800.
    const auto found = walk(maker_of(6, {0x8002, 0xffff}, {0x0, 0x8800}), page_with({{0, 1}, {0x800, 2}}));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].address, kDataAt + 0x800);
}

TEST(ChainedFixups, SegmentOfAddress) {
    const Buffer file(maker_of(6, {0, 0xffff}).bytes());
    const ChainedFixups fixups(chained_image(), file.view());
    ASSERT_NE(fixups.segment_of(kDataAt + 0x1fff), nullptr);
    EXPECT_EQ(fixups.segment_of(kDataAt)->pointer_format, 6);
    EXPECT_EQ(fixups.segment_of(kDataAt)->index, 1U);
    EXPECT_EQ(fixups.segment_of(kDataAt + 0x2000), nullptr);
    EXPECT_EQ(fixups.segment_of(kImageBase), nullptr);
}

TEST(ChainedFixups, RefusesWhatDoesNotObeyTheFormat) {
    const auto open = [](std::string bytes) {
        const Buffer file(std::move(bytes));
        const ChainedFixups fixups(chained_image(), file.view());
        for (uint32_t i = 0; i < fixups.import_count(); ++i) fixups.import(i);
    };
    const std::string good = maker_of(6, {0}).bytes();
    open(good);
    const auto damaged = [&](uint64_t at, uint64_t value) {
        std::string bytes = good;
        test::put(bytes, at, test::le32(value));
        return bytes;
    };
    EXPECT_TRUE(fails_with("of version 1", [&] { open(damaged(0, 1)); }));
    EXPECT_TRUE(fails_with("chain starts", [&] { open(damaged(4, 0xffffff)); }));
    EXPECT_TRUE(fails_with("chained imports", [&] { open(damaged(8, 0xffffff)); }));
    EXPECT_TRUE(fails_with("symbols of chained imports", [&] { open(damaged(12, 0xffffff)); }));
    EXPECT_TRUE(fails_with("chained imports", [&] { open(damaged(16, UINT32_MAX)); }));
    EXPECT_TRUE(fails_with("imports of format 4", [&] { open(damaged(20, 4)); }));
    EXPECT_TRUE(fails_with("compressed symbols", [&] { open(damaged(24, 1)); }));
    EXPECT_TRUE(fails_with("for 3 segments", [&] { open(damaged(32, 3)); }));
    const uint64_t starts = 32 + 16;
    EXPECT_TRUE(fails_with("pages of 0x1001", [&] { open(damaged(starts + 4, 0x61001)); }));
    EXPECT_TRUE(fails_with("format 99", [&] { open(damaged(starts + 4, 99 << 16 | 0x1000)); }));
    EXPECT_TRUE(fails_with("65535 pages", [&] { open(damaged(starts + 20, 0xffff) + std::string(1 << 18, '\0')); }));
    EXPECT_TRUE(fails_with("name at", [&] { open(good.substr(0, good.size() - 1)); }));
}

TEST(ChainedFixups, ChainsThatLeaveTheirPageOrNeverEnd) {
    EXPECT_TRUE(fails_with("chain of page 0", [] { walk(maker_of(6, {0x1000}), page_with({})); }));
    EXPECT_TRUE(fails_with("chain of page 0 at 0x1ff8", [] {
        walk(maker_of(6, {0}), page_with({{0, uint64_t{0x7fe} << 51}}));
    }));
    EXPECT_TRUE(fails_with("bind to import 7", [] {
        walk(maker_of(6, {0}), page_with({{0, uint64_t{1} << 63 | 7}}));
    }));
    EXPECT_TRUE(fails_with("does not fit", [] { walk(maker_of(6, {0}), std::string(4, '\0')); }));
    // A list without an end, and one that names a long chain again and again.
    EXPECT_TRUE(fails_with("page with several", [] { walk(maker_of(6, {0x8001}, {0, 0}), page_with({})); }));
    std::string full(0x4000, '\0');
    for (uint64_t at = 0; at < 0x1000; at += 8)
        test::put(full, at, test::le64(at + 8 < 0x1000 ? uint64_t{2} << 51 : 0));
    EXPECT_EQ(walk(maker_of(6, {0}), full).size(), 512U);
    const std::vector<uint16_t> again(1000, 0);
    EXPECT_TRUE(fails_with("each once", [&] { walk(maker_of(6, {0x8001}, again), full); }));
}

TEST(ChainedFixups, EveryTruncationIsRefusedOrRead) {
    const std::string good = maker_of(6, {0x8001}, {0, 0x8008}).bytes();
    for (size_t size = 0; size < good.size(); ++size)
        EXPECT_TRUE(test::works_or_refuses([&] {
            const Buffer file(good.substr(0, size));
            const ChainedFixups fixups(chained_image(), file.view());
            const test::MemorySpace space(kDataAt, page_with({}));
            for (uint32_t i = 0; i < fixups.import_count(); ++i) fixups.import(i);
            fixups.walk(space, [](uint64_t, const ChainedFixups::Pointer&) {});
        })) << size;
}

TEST(ChainedFixups, RandomDamage) {
    const std::string good = maker_of(6, {0x8001}, {0, 0x8008}).bytes();
    test::Random random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = good;
        for (uint64_t i = 0; i <= random.below(3); ++i)
            bytes[random.below(bytes.size())] = static_cast<char>(random.word());
        EXPECT_TRUE(test::works_or_refuses([&] {
            const Buffer file(bytes);
            const ChainedFixups fixups(chained_image(), file.view());
            const test::MemorySpace space(kDataAt, page_with({{0, random.word()}, {8, random.word()}}));
            for (uint32_t i = 0; i < fixups.import_count(); ++i) fixups.import(i);
            fixups.walk(space, [](uint64_t, const ChainedFixups::Pointer&) {});
        }));
    }
}

}  // namespace
}  // namespace strata::macho
