// Each check of image.cpp meets the field it guards.
#include <gtest/gtest.h>

#include <functional>

#include "macho/function_starts.h"
#include "sample_image.h"
#include "support/errors.h"
#include "support/random.h"

namespace strata::macho {
namespace {

struct Damage {
    const char* name;
    void (*apply)(SampleImage&);
    const char* complaint;  ///< part of the error's text
};

uint32_t segment_command(const SampleImage& sample) {
    return sample.maker.header_size() == 32 ? kLcSegment64 : kLcSegment;
}
bool wide(const SampleImage& sample) {
    return sample.maker.header_size() == 32;
}
/// Offsets of fields that differ between the two widths.
uint64_t nsects_field(const SampleImage& sample) {
    return wide(sample) ? 64 : 48;
}
uint64_t section_field(const SampleImage& sample, uint64_t field) {
    return (wide(sample) ? 72 : 56) + field;
}

const Damage kDamages[] = {
    {"Magic", [](SampleImage& s) { test::put(s.bytes, 0, test::le32(0xcafebabe)); }, "no Mach-O magic: 0xcafebabe"},
    {"BigEndian", [](SampleImage& s) { test::put(s.bytes, 0, test::le32(kMagic64Swapped)); }, "big-endian"},
    {"CommandCountHuge", [](SampleImage& s) { test::put(s.bytes, 16, test::le32(UINT32_MAX)); }, "ncmds of 4294967295"},
    {"CommandCountOneMore", [](SampleImage& s) { test::put(s.bytes, 16, test::le32(19)); }, "load command"},
    {"CommandsSizeHuge", [](SampleImage& s) { test::put(s.bytes, 20, test::le32(UINT32_MAX)); },
     "mach header and load commands"},
    {"CommandsSizeSmall", [](SampleImage& s) { test::put(s.bytes, 20, test::le32(160)); }, "load command"},
    {"CommandSizeZero", [](SampleImage& s) { s.damage(kLcUuid, 4, 0); }, "load command size 0x0"},
    {"CommandSizeBelowItsHeader", [](SampleImage& s) { s.damage(kLcUuid, 4, 4); }, "load command size 0x4"},
    {"CommandSizeOdd", [](SampleImage& s) { s.damage(kLcUuid, 4, 26); }, "load command size 0x1a"},
    {"CommandSizeHuge", [](SampleImage& s) { s.damage(kLcUuid, 4, 0xfffffff8); }, "load command size 0xfffffff8"},
    {"UuidCut", [](SampleImage& s) { s.damage(kLcUuid, 4, 16); }, "LC_UUID"},
    {"SourceVersionCut", [](SampleImage& s) { s.damage(kLcSourceVersion, 4, 8); }, "LC_SOURCE_VERSION"},
    {"BuildVersionCut", [](SampleImage& s) { s.damage(kLcBuildVersion, 4, 16); }, "LC_BUILD_VERSION"},
    {"SymtabCut", [](SampleImage& s) { s.damage(kLcSymtab, 4, 16); }, "LC_SYMTAB"},
    {"TrieCommandCut", [](SampleImage& s) { s.damage(kLcDyldExportsTrie, 4, 8); }, "linkedit data command"},
    {"DylibCut", [](SampleImage& s) { s.damage(kLcLoadDylib, 4, 16); }, "dylib command"},
    {"SectionCountHuge", [](SampleImage& s) { s.damage(segment_command(s), nsects_field(s), UINT32_MAX); },
     "4294967295 sections"},
    {"SectionCountOneMore", [](SampleImage& s) { s.damage(segment_command(s), nsects_field(s), 3); }, "3 sections"},
    {"SectionBeforeSegment", [](SampleImage& s) { s.damage(segment_command(s), section_field(s, 32), kBase - 1); },
     "leaves its segment"},
    {"SectionAfterSegment", [](SampleImage& s) { s.damage(segment_command(s), section_field(s, 32), kBase + 0xf01); },
     "leaves its segment"},
    {"SectionTooLong", [](SampleImage& s) { s.damage(segment_command(s), section_field(s, wide(s) ? 40 : 36), 0x801); },
     "leaves its segment"},
    {"InstallNameInHeader", [](SampleImage& s) { s.damage(kLcIdDylib, 8, 23); }, "text offset 0x17"},
    {"InstallNamePastCommand", [](SampleImage& s) { s.damage(kLcIdDylib, 8, 56); }, "text offset 0x38"},
    {"DependencyNameHuge", [](SampleImage& s) { s.damage(kLcLoadDylib, 8, UINT32_MAX); }, "text offset 0xffffffff"},
    {"DependencyNameZero", [](SampleImage& s) { s.damage(kLcLoadWeakDylib, 8, 0); }, "text offset 0x0"},
    {"RpathOffset", [](SampleImage& s) { s.damage(kLcRpath, 8, 11); }, "text offset 0xb"},
    {"RpathOffsetPast", [](SampleImage& s) { s.damage(kLcRpath, 8, 0x100); }, "text offset 0x100"},
    {"SymbolsBeforeLinkedit", [](SampleImage& s) { s.damage(kLcSymtab, 8, kLinkeditFile - 1); },
     "symbol table at file offset"},
    {"SymbolsPastLinkedit", [](SampleImage& s) { s.damage(kLcSymtab, 8, kLinkeditFile + 0xff0); }, "symbol table"},
    {"SymbolCountHuge", [](SampleImage& s) { s.damage(kLcSymtab, 12, UINT32_MAX); }, "symbol table"},
    {"PoolPastLinkedit", [](SampleImage& s) { s.damage(kLcSymtab, 16, UINT32_MAX); }, "string pool"},
    {"PoolSizeHuge", [](SampleImage& s) { s.damage(kLcSymtab, 20, UINT32_MAX); }, "string pool"},
    {"PoolOneTooLong", [](SampleImage& s) { s.damage(kLcSymtab, 20, 0xe01); }, "string pool"},
    {"TrieBeforeLinkedit", [](SampleImage& s) { s.damage(kLcDyldExportsTrie, 8, 0); }, "exports trie"},
    {"TrieSizeHuge", [](SampleImage& s) { s.damage(kLcDyldExportsTrie, 12, UINT32_MAX); }, "exports trie"},
    {"StartsPastLinkedit", [](SampleImage& s) { s.damage(kLcFunctionStarts, 8, kLinkeditFile + 0x1000); },
     "function starts"},
    {"StartsSizeHuge", [](SampleImage& s) { s.damage(kLcFunctionStarts, 12, UINT32_MAX); }, "function starts"},
    {"NoLinkeditSegment",
     [](SampleImage& s) { test::put(s.bytes, s.maker.place_of(segment_command(s), 2) + 8, "__LINKEDOT"); },
     "without a __LINKEDIT"},
    {"LinkeditUnmapped", [](SampleImage& s) { s.damage(segment_command(s), 24, 0x1000, 2); },
     "__LINKEDIT at 0x1000 is in no mapping"},
};

class DamagedImage : public ::testing::TestWithParam<std::tuple<Damage, bool>> {};

TEST_P(DamagedImage, IsRefusedAndTheFieldNamed) {
    const auto& [damage, is_64] = GetParam();
    SampleImage sample(is_64);
    damage.apply(sample);
    const auto space = sample.space();
    EXPECT_TRUE(test::fails_with(damage.complaint, [&] { read_image(*space, kBase); }));
    const auto error = test::error_of([&] { read_image(*space, kBase); });
    EXPECT_EQ(error->kind(), base::ErrorKind::kInput);
    EXPECT_TRUE(error->offset());
    EXPECT_FALSE(error->expected().empty());
}

INSTANTIATE_TEST_SUITE_P(Image, DamagedImage, ::testing::Combine(::testing::ValuesIn(kDamages), ::testing::Bool()),
                         [](const auto& damaged) {
                             return std::string(std::get<0>(damaged.param).name) +
                                    (std::get<1>(damaged.param) ? "64" : "32");
                         });

TEST(ImageDamage, SegmentThatWrapsAround) {
    SampleImage sample;
    test::put(sample.bytes, sample.maker.place_of(kLcSegment64, 1) + 24, test::le64(UINT64_MAX - 0xffe));
    const auto space = sample.space();
    EXPECT_TRUE(test::fails_with("wraps around", [&] { read_image(*space, kBase); }));
}

TEST(ImageDamage, SectionSizeThatWrapsAround) {
    SampleImage sample;
    test::put(sample.bytes, sample.maker.place_of(kLcSegment64) + 72 + 40, test::le64(UINT64_MAX - 0x10));
    const auto space = sample.space();
    EXPECT_TRUE(test::fails_with("leaves its segment", [&] { read_image(*space, kBase); }));
}

TEST(ImageDamage, HeaderCutByTheMapping) {
    const SampleImage sample;
    const uint64_t whole = sample.maker.bytes().size();
    for (uint64_t size = 1; size < whole; size += 7) {
        const test::MemorySpace space(kBase, sample.bytes.substr(0, size));
        EXPECT_THROW(read_image(space, kBase), base::Error) << size;
    }
    const test::MemorySpace nothing;
    EXPECT_THROW(read_image(nothing, kBase), base::Error);
}

/// Old builders wrote __LINKEDIT sizes past the mapping's end: the mapping is the bound.
TEST(ImageDamage, LinkeditSegmentSizeIsNotBelieved) {
    SampleImage sample;
    test::put(sample.bytes, sample.maker.place_of(kLcSegment64, 2) + 32, test::le64(0x100));
    const auto space = sample.space();
    EXPECT_EQ(read_image(*space, kBase).function_starts.size(), 8U);
}

TEST(ImageDamage, TextWithoutNulEndsWithItsCommand) {
    test::MachoMaker maker;
    maker.add(kLcRpath, test::le32(12) + "abcdefghijklmnopqrst");
    const test::MemorySpace space(kBase, maker.bytes() + "beyond");
    EXPECT_EQ(read_image(space, kBase).details.at(0).text, "abcdefghijklmnopqrst");
}

TEST(ImageDamage, RandomBytesNeverCrash) {
    test::Random random(90);
    for (int round = 0; round < 20'000; ++round) {
        SampleImage sample(random.one_in(2));
        for (uint64_t i = random.below(3) + 1; i-- > 0;) {
            static constexpr uint32_t kValues[] = {0, 1, 7, 8, 0x10, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
            const uint64_t at = random.below(sample.maker.bytes().size() - 4);
            test::put(sample.bytes, at, test::le32(random.one_in(2) ? kValues[random.below(9)] : random.word()));
        }
        const auto space = sample.space();
        ASSERT_TRUE(test::works_or_refuses([&] {
            const Image image = read_image(*space, kBase);
            walk_function_starts(image, [](uint64_t) {});
        })) << "round "
            << round;
    }
}

}  // namespace
}  // namespace strata::macho
