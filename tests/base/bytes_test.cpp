// Checked views: what fits, what does not, and what the error says.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/errors.h"

namespace strata::base {
namespace {

using test::Buffer;
using test::error_of;

constexpr uint64_t kMax = UINT64_MAX;
const std::string kBytes("\x01\x02\x03\x04\x05\x06\x07\x08\x09", 9);

TEST(ByteView, SubFitsUpToTheEnd) {
    const Buffer file(kBytes);
    const auto view = file.view();
    EXPECT_EQ(view.sub(0, 9, "all").as_text(), kBytes);
    EXPECT_EQ(view.sub(0, 0, "nothing").size(), 0U);
    EXPECT_EQ(view.sub(9, 0, "nothing at the end").size(), 0U);
    EXPECT_EQ(view.sub(8, 1, "last").u8(0, "byte"), 9);
}

TEST(ByteView, SubRefusesWhatDoesNotFit) {
    const Buffer file(kBytes);
    const auto view = file.view();
    const std::pair<uint64_t, uint64_t> kBad[] = {{0, 10},   {9, 1},    {10, 0},       {10, 1},       {1, 9},
                                                  {0, kMax}, {1, kMax}, {kMax, 0},     {kMax, 1},     {kMax, kMax},
                                                  {9, kMax}, {8, kMax}, {kMax - 8, 9}, {kMax - 1, 2}, {5, kMax - 4}};
    for (const auto& [offset, length] : kBad) {
        EXPECT_FALSE(view.contains(offset, length)) << offset << " " << length;
        EXPECT_THROW(view.sub(offset, length, "cut"), Error) << offset << " " << length;
    }
}

TEST(ByteView, FromGoesToTheEnd) {
    const Buffer file(kBytes);
    EXPECT_EQ(file.view().from(0, "all").size(), 9U);
    EXPECT_EQ(file.view().from(9, "end").size(), 0U);
    EXPECT_THROW(file.view().from(10, "past"), Error);
    EXPECT_THROW(file.view().from(kMax, "far past"), Error);
}

TEST(ByteView, GetReadsLittleEndianAtAnyOffset) {
    const Buffer file(kBytes);
    const auto view = file.view();
    EXPECT_EQ(view.u8(0, "u8"), 0x01);
    EXPECT_EQ(view.u16(1, "u16"), 0x0302);
    EXPECT_EQ(view.u32(1, "u32"), 0x05040302U);
    EXPECT_EQ(view.u64(1, "u64"), 0x0908070605040302U);
    EXPECT_THROW(view.u8(9, "u8"), Error);
    EXPECT_THROW(view.u16(8, "u16"), Error);
    EXPECT_THROW(view.u32(6, "u32"), Error);
    EXPECT_THROW(view.u64(2, "u64"), Error);
    EXPECT_THROW(view.u64(kMax, "u64"), Error);
    EXPECT_THROW(view.u64(kMax - 7, "u64"), Error);
}

TEST(ByteView, EmptyViewRefusesEverythingButNothing) {
    const ByteView empty;
    EXPECT_TRUE(empty.empty());
    EXPECT_EQ(empty.sub(0, 0, "nothing").size(), 0U);
    EXPECT_THROW(empty.u8(0, "byte"), Error);
    EXPECT_EQ(empty.text(0), "");
    EXPECT_EQ(error_of([&] { empty.u8(0, "byte"); })->file(), "(memory)");
}

TEST(ByteView, ErrorsNameFileOffsetAndWhatWasExpected) {
    const Buffer file(kBytes, "cache.01");
    const auto inner = file.view().sub(3, 4, "part").sub(1, 3, "part of it");
    EXPECT_EQ(inner.file_offset(2), 6U);
    const auto error = error_of([&] { inner.u32(1, "magic"); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::kInput);
    EXPECT_EQ(error->file(), "cache.01");
    EXPECT_EQ(error->offset(), 5U);
    EXPECT_EQ(error->message(), "magic of 0x4 bytes does not fit");
    EXPECT_EQ(error->expected(), "at most 0x2 bytes here");
    EXPECT_STREQ(error->what(),
                 "cache.01 at offset 0x5: magic of 0x4 bytes does not fit; expected at most 0x2 bytes here");
}

TEST(ByteView, TextEndsAtNulOrAtTheEnd) {
    const Buffer file(std::string("ab\0cd", 5));
    bool terminated = false;
    EXPECT_EQ(file.view().text(0, &terminated), "ab");
    EXPECT_TRUE(terminated);
    EXPECT_EQ(file.view().text(2, &terminated), "");
    EXPECT_TRUE(terminated);
    EXPECT_EQ(file.view().text(3, &terminated), "cd");
    EXPECT_FALSE(terminated);
    for (const uint64_t outside : {uint64_t{5}, uint64_t{6}, kMax}) {
        EXPECT_EQ(file.view().text(outside, &terminated), "");
        EXPECT_FALSE(terminated);
    }
    EXPECT_EQ(file.view().sub(3, 1, "c").text(0), "c") << "a view's text never reads beyond the view";
}

TEST(ByteView, FixedNamesNeedNoNul) {
    const char full[4] = {'a', 'b', 'c', 'd'};
    const char part[4] = {'a', '\0', 'c', 'd'};
    EXPECT_EQ(fixed_name(full), "abcd");
    EXPECT_EQ(fixed_name(part), "a");
}

TEST(Error, TextOmitsWhatIsNotKnown) {
    EXPECT_STREQ(Error::usage("no such name").what(), "no such name");
    EXPECT_STREQ(Error::io("f", "cannot open").what(), "f: cannot open");
    EXPECT_STREQ(Error::store("", "is damaged").what(), "is damaged");
    EXPECT_STREQ(Error::input("f", 16, "bad", "good").what(), "f at offset 0x10: bad; expected good");
    EXPECT_FALSE(Error::io("f", "x").offset());
    EXPECT_EQ(hex(0), "0x0");
    EXPECT_EQ(hex(kMax), "0xffffffffffffffff");
}

}  // namespace
}  // namespace strata::base
