// CFString records: 8-bit and UTF-16 contents, and pointers and lengths made to hurt.
#include <gtest/gtest.h>

#include "macho/strings.h"
#include "support/errors.h"
#include "support/memory_space.h"

namespace strata::macho {
namespace {

using test::le16;
using test::le32;
using test::le64;
using test::MemorySpace;

constexpr uint64_t kRecords = 0x10000;
constexpr uint64_t kContents = 0x20000;
constexpr uint32_t kAscii = 0x7c8;
constexpr uint32_t kUtf16 = 0x7d0;

class CfStrings : public ::testing::TestWithParam<bool> {
  protected:
    std::string word(uint64_t value) const { return GetParam() ? le64(value) : le32(value); }
    std::string record(uint32_t flags, uint64_t data, uint64_t length) const {
        // The high half of the flags word is padding: 64-bit compilers leave anything there.
        const std::string flag_word = GetParam() ? le32(flags) + le32(0x55555555) : le32(flags);
        const uint64_t pointer = GetParam() ? MemorySpace::encode_pointer(data) : data;
        return word(0x9999) + flag_word + word(pointer) + word(length);
    }

    std::vector<std::string> read(const std::string& records, const std::string& contents) const {
        MemorySpace space(kRecords, records);
        space.map(kContents, contents + "beyond the end");
        Image image;
        image.is_64 = GetParam();
        Section section;
        section.name = "__cfstring";
        section.address = kRecords;
        section.size = records.size();
        std::vector<std::string> values;
        walk_cf_strings(space, image, section, [&](std::string_view value) { values.emplace_back(value); });
        return values;
    }

    std::vector<std::string> utf16(const std::vector<uint16_t>& units) const {
        std::string contents;
        for (const uint16_t unit : units) contents += le16(unit);
        return read(record(kUtf16, kContents, units.size()), contents);
    }
};
INSTANTIATE_TEST_SUITE_P(Strings, CfStrings, ::testing::Bool(),
                         [](const auto& wide) { return wide.param ? "Wide" : "Narrow"; });

using Texts = std::vector<std::string>;

TEST_P(CfStrings, EightBitContents) {
    EXPECT_EQ(read(record(kAscii, kContents, 5) + record(kAscii, kContents + 6, 2), std::string("hello\0yo\0", 9)),
              (Texts{"hello", "yo"}));
    EXPECT_EQ(read(record(kAscii, kContents, 3), std::string("a\0b", 3)), (Texts{std::string("a\0b", 3)}))
        << "a NUL is a character";
    EXPECT_EQ(read(record(kAscii, kContents, 2), "\xff\xfe"), (Texts{"\xff\xfe"})) << "bytes stay as they are";
}

TEST_P(CfStrings, Utf16BecomesUtf8) {
    EXPECT_EQ(utf16({'a', 0xe4, 0x20ac}), (Texts{"a\xc3\xa4\xe2\x82\xac"}));
    EXPECT_EQ(utf16({0xd83e, 0xdd2f}), (Texts{"\xf0\x9f\xa4\xaf"})) << "a surrogate pair";
    EXPECT_EQ(utf16({0xdbff, 0xdfff, 0xffff}), (Texts{"\xf4\x8f\xbf\xbf\xef\xbf\xbf"})) << "the last code point";
    EXPECT_EQ(utf16({'a', 0, 'b'}), (Texts{std::string("a\0b", 3)}));
    EXPECT_EQ(utf16({0x7f, 0x80, 0x7ff, 0x800}), (Texts{"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"})) << "edges of each length";
}

TEST_P(CfStrings, UnpairedSurrogatesAreReplaced) {
    const std::string replaced = "\xef\xbf\xbd";
    EXPECT_EQ(utf16({0xd83e}), (Texts{replaced})) << "a lead at the end";
    EXPECT_EQ(utf16({0xd83e, 'a'}), (Texts{replaced + "a"}));
    EXPECT_EQ(utf16({0xdd2f, 'a'}), (Texts{replaced + "a"})) << "a trail alone";
    EXPECT_EQ(utf16({0xd83e, 0xd83e, 0xdd2f}), (Texts{replaced + "\xf0\x9f\xa4\xaf"})) << "a lead before a pair";
    EXPECT_EQ(utf16({0xdd2f, 0xd83e}), (Texts{replaced + replaced}));
}

TEST_P(CfStrings, NullAndEmptyOnesAreLeftOut) {
    EXPECT_EQ(read(record(kAscii, 0, 5) + record(kAscii, kContents, 0) + record(kUtf16, 0, 0), "hello"), Texts{});
    EXPECT_EQ(read(record(kAscii, kContents, 5) + "part", "hello"), (Texts{"hello"})) << "a cut record at the end";
}

TEST_P(CfStrings, BadPointersAndLengths) {
    using test::fails_with;
    EXPECT_TRUE(fails_with("CFString contents at 0x666 ", [&] { read(record(kAscii, 0x666, 5), "hello"); }));
    EXPECT_TRUE(fails_with("CFString contents", [&] { read(record(kAscii, kContents, 0x1000), "hello"); }))
        << "past its mapping";
    EXPECT_TRUE(fails_with("CFString contents", [&] { read(record(kUtf16, kContents, 11), "hello"); }))
        << "units are two bytes";
    EXPECT_TRUE(
        fails_with("CFString of 0x1000001 units", [&] { read(record(kAscii, kContents, 0x1000001), "hello"); }));
    const uint64_t huge = GetParam() ? UINT64_MAX : UINT32_MAX;
    EXPECT_TRUE(fails_with("units", [&] { read(record(kUtf16, kContents, huge), "hello"); }));
    EXPECT_TRUE(fails_with("units", [&] { read(record(kAscii, kContents, huge / 2 + 1), "hello"); }))
        << "twice it wraps to 0";
}

TEST_P(CfStrings, SectionOutsideItsMapping) {
    const MemorySpace space(kRecords, record(kAscii, kContents, 5));
    Image image;
    image.is_64 = GetParam();
    Section section;
    section.address = kRecords;
    section.size = 0x1000;
    EXPECT_TRUE(
        test::fails_with("CFString records", [&] { walk_cf_strings(space, image, section, [](std::string_view) {}); }));
}

}  // namespace
}  // namespace strata::macho
