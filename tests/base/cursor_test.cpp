// ULEB128 and bounded text.
#include "base/cursor.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/errors.h"
#include "support/random.h"

namespace strata::base {
namespace {

using test::Buffer;
using test::fails_with;
using test::uleb;

uint64_t decode(const std::string& bytes) {
    const Buffer file(bytes);
    return Cursor(file.view()).uleb("number");
}

TEST(Cursor, UlebReadsEveryLength) {
    EXPECT_EQ(decode(std::string(1, '\0')), 0U);
    EXPECT_EQ(decode("\x7f"), 0x7fU);
    EXPECT_EQ(decode("\x80\x01"), 0x80U);
    EXPECT_EQ(decode("\xe5\x8e\x26"), 624485U);
    EXPECT_EQ(decode("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), UINT64_MAX);
}

TEST(Cursor, UlebAllowsPaddingUpToTenBytes) {
    EXPECT_EQ(decode(std::string("\x85\x80\x00", 3)), 5U);
    EXPECT_EQ(decode(std::string("\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10)), 5U);
}

TEST(Cursor, UlebRefusesMoreThan64Bits) {
    const std::string nine(9, '\xff');
    EXPECT_TRUE(fails_with("too long", [&] { decode(nine + '\x02'); })) << "bit 64";
    EXPECT_TRUE(fails_with("too long", [&] { decode(nine + '\x7f'); }));
    EXPECT_TRUE(fails_with("too long", [&] { decode(nine + "\x81\x01"); })) << "eleven bytes";
    EXPECT_TRUE(fails_with("too long", [&] { decode(std::string(10, '\x80') + '\0'); })) << "eleven bytes of zero";
    EXPECT_TRUE(fails_with("too long", [&] { decode(std::string(1000, '\x80')); }));
}

TEST(Cursor, UlebRefusesUnterminated) {
    for (size_t length = 0; length < 10; ++length)
        EXPECT_TRUE(fails_with("unterminated", [&] { decode(std::string(length, '\x80')); })) << length;
}

TEST(Cursor, UlebRoundTrips) {
    test::Random random(1);
    for (int i = 0; i < 20000; ++i) {
        const uint64_t value = random.word() >> random.below(64);
        const Buffer file(uleb(value) + "\x2a");
        Cursor cursor(file.view());
        ASSERT_EQ(cursor.uleb("number"), value);
        ASSERT_EQ(cursor.u8("what follows"), 0x2a);
        ASSERT_TRUE(cursor.at_end());
    }
}

TEST(Cursor, ErrorPointsAtTheNumbersStart) {
    const Buffer file(std::string("\x01\x80\x80", 3));
    Cursor cursor(file.view());
    cursor.uleb("first");
    EXPECT_EQ(test::error_of([&] { cursor.uleb("second"); })->offset(), 1U);
}

TEST(Cursor, TextTakesItsNul) {
    const Buffer file(std::string("ab\0\0c", 5));
    Cursor cursor(file.view());
    EXPECT_EQ(cursor.text(10, "text"), "ab");
    EXPECT_EQ(cursor.text(10, "text"), "");
    EXPECT_EQ(cursor.position(), 4U);
    EXPECT_TRUE(fails_with("unterminated", [&] { cursor.text(10, "text"); }));
}

TEST(Cursor, TextHonoursItsLimit) {
    const Buffer file(std::string("abcd\0", 5));
    EXPECT_EQ(Cursor(file.view()).text(4, "text"), "abcd");
    EXPECT_TRUE(fails_with("unterminated", [&] { Cursor(file.view()).text(3, "text"); }));
}

TEST(Cursor, SkipAndU8StayInside) {
    const Buffer file("abc");
    Cursor cursor(file.view());
    cursor.skip(2, "gap");
    EXPECT_EQ(cursor.u8("byte"), 'c');
    EXPECT_THROW(cursor.u8("byte"), Error);
    EXPECT_THROW(cursor.skip(1, "gap"), Error);
    EXPECT_THROW(cursor.skip(UINT64_MAX, "gap"), Error);
    EXPECT_THROW(Cursor(file.view(), 4).uleb("past the end"), Error);
    EXPECT_THROW(Cursor(file.view(), UINT64_MAX).text(4, "past the end"), Error);
}

}  // namespace
}  // namespace strata::base
