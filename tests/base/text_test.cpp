// Making bytes printable, and back.
#include "base/text.h"

#include <gtest/gtest.h>

#include "support/random.h"

namespace strata::base {
namespace {

/// Independent of the code under test: one well-formed sequence after another, by the table of RFC 3629.
bool is_utf8(std::string_view text) {
    const auto in = [&](size_t i, unsigned low, unsigned high) {
        return i < text.size() && static_cast<uint8_t>(text[i]) >= low && static_cast<uint8_t>(text[i]) <= high;
    };
    for (size_t i = 0; i < text.size();) {
        if (in(i, 0x00, 0x7f)) {
            i += 1;
        } else if (in(i, 0xc2, 0xdf) && in(i + 1, 0x80, 0xbf)) {
            i += 2;
        } else if (((in(i, 0xe0, 0xe0) && in(i + 1, 0xa0, 0xbf)) || (in(i, 0xed, 0xed) && in(i + 1, 0x80, 0x9f)) ||
                    ((in(i, 0xe1, 0xec) || in(i, 0xee, 0xef)) && in(i + 1, 0x80, 0xbf))) &&
                   in(i + 2, 0x80, 0xbf)) {
            i += 3;
        } else if (((in(i, 0xf0, 0xf0) && in(i + 1, 0x90, 0xbf)) || (in(i, 0xf4, 0xf4) && in(i + 1, 0x80, 0x8f)) ||
                    (in(i, 0xf1, 0xf3) && in(i + 1, 0x80, 0xbf))) &&
                   in(i + 2, 0x80, 0xbf) && in(i + 3, 0x80, 0xbf)) {
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

TEST(Text, ValidUtf8StaysAsItIs) {
    for (const std::string text :
         {"", "_main", "a\tb\n", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\xa4\xaf", "\xed\x9f\xbf", "\xee\x80\x80",
          "\xf4\x8f\xbf\xbf", "back\\slash", "\\x4", "\\xg0", "\\X41", "\x7f"})
        EXPECT_EQ(printable(text), text);
}

TEST(Text, EachClassOfInvalidUtf8IsEscaped) {
    EXPECT_EQ(printable("\x80"), "\\x80") << "lone continuation";
    EXPECT_EQ(printable("\xff\xfe"), "\\xFF\\xFE") << "never valid";
    EXPECT_EQ(printable("\xc0\x80"), "\\xC0\\x80") << "overlong NUL";
    EXPECT_EQ(printable("\xc1\xbf"), "\\xC1\\xBF") << "overlong two-byte form";
    EXPECT_EQ(printable("\xe0\x9f\xbf"), "\\xE0\\x9F\\xBF") << "overlong three-byte form";
    EXPECT_EQ(printable("\xf0\x8f\xbf\xbf"), "\\xF0\\x8F\\xBF\\xBF") << "overlong four-byte form";
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xED\\xA0\\x80") << "surrogate";
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80") << "above U+10FFFF";
    EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xF5\\x80\\x80\\x80") << "lead byte too high";
    EXPECT_EQ(printable("\xe2\x82"), "\\xE2\\x82") << "cut short at the end";
    EXPECT_EQ(printable("\xe2\x82z"), "\\xE2\\x82z") << "cut short in the middle";
    EXPECT_EQ(printable("a\xc3(b"), "a\\xC3(b");
}

TEST(Text, LiteralEscapesAreToldApart) {
    EXPECT_EQ(printable("\\x41"), "\\x5Cx41");
    EXPECT_EQ(printable("\\xfF"), "\\x5CxfF");
    EXPECT_EQ(printable("\\\\x41"), "\\\\x5Cx41");
    EXPECT_EQ(printable("\\x5Cx41"), "\\x5Cx5Cx41");
    EXPECT_EQ(printable("\\x4\xff"), "\\x4\\xFF") << "the escape that follows must not complete the one before";
    EXPECT_EQ(unprintable("\\x5Cx41"), "\\x41");
    EXPECT_EQ(unprintable("\\x41"), "A");
    EXPECT_EQ(unprintable("\\x4"), "\\x4");
}

/// Any bytes come back; what is shown is always UTF-8.
TEST(Text, AnyBytesComeBack) {
    test::Random random(2);
    for (int i = 0; i < 20000; ++i) {
        const std::string bytes = random.bytes(random.below(24));
        for (const auto& shown : {printable(bytes), terminal_safe(bytes)}) {
            ASSERT_EQ(unprintable(shown), bytes) << shown;
            ASSERT_TRUE(is_utf8(shown)) << shown;
        }
    }
}

/// The same over an alphabet of what makes escapes: backslashes, x, digits, lead and continuation bytes.
TEST(Text, EscapeLikeTextComesBack) {
    static constexpr std::string_view kAlphabet = "\\\\\\xx4fFA\xc2\x9b\xe2\x82\x80\xae\xff";
    test::Random random(3);
    for (int i = 0; i < 50000; ++i) {
        std::string bytes(random.below(12), '\0');
        for (char& c : bytes) c = kAlphabet[random.below(kAlphabet.size())];
        ASSERT_EQ(unprintable(printable(bytes)), bytes) << printable(bytes);
        ASSERT_EQ(unprintable(terminal_safe(bytes)), bytes) << terminal_safe(bytes);
    }
}

TEST(Text, DifferentBytesLookDifferent) {
    EXPECT_NE(printable("\xff"), printable("\\xFF"));
    EXPECT_NE(printable("\\"), printable("\\x5C"));
}

TEST(Text, TerminalsSeeNoControlCharacters) {
    EXPECT_EQ(terminal_safe("a\x1b[31mb"), "a\\x1B[31mb");
    EXPECT_EQ(terminal_safe(std::string("\0\t\n\r\x7f", 5)), "\\x00\\x09\\x0A\\x0D\\x7F");
    EXPECT_EQ(terminal_safe("\xc2\x9b"), "\\xC2\\x9B") << "C1 control, CSI in one character";
    EXPECT_EQ(terminal_safe("\xc2\xa0\xc3\xa4"), "\xc2\xa0\xc3\xa4") << "what follows the C1 controls is text";
    EXPECT_EQ(terminal_safe("\xc2"), "\\xC2");
    test::Random random(4);
    for (int i = 0; i < 20000; ++i) {
        const std::string shown = terminal_safe(random.bytes(random.below(24)));
        for (size_t at = 0; at < shown.size(); ++at) {
            const auto byte = static_cast<uint8_t>(shown[at]);
            ASSERT_FALSE(byte < 0x20 || byte == 0x7f) << shown;
            ASSERT_FALSE(byte == 0xc2 && static_cast<uint8_t>(shown[at + 1]) < 0xa0) << shown;
        }
    }
}

/// A name that turns the direction of writing looks like another one; some programs end a line at U+2028.
TEST(Text, NothingTurnsTheDirectionOrEndsALine) {
    EXPECT_EQ(terminal_safe("a\xe2\x80\xaetxt.exe"), "a\\xE2\\x80\\xAEtxt.exe");
    const auto utf8 = [](uint32_t point) {
        std::string text;
        if (point < 0x800) {
            text += static_cast<char>(0xc0 | point >> 6);
        } else {
            text += static_cast<char>(0xe0 | point >> 12);
            text += static_cast<char>(0x80 | (point >> 6 & 0x3f));
        }
        return text + static_cast<char>(0x80 | (point & 0x3f));
    };
    for (uint32_t point = 0x600; point < 0x2200; ++point) {
        const bool turns = point == 0x61c || point == 0x200e || point == 0x200f ||
                           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
        const bool ends_line = point == 0x2028 || point == 0x2029;
        EXPECT_EQ(terminal_safe(utf8(point)) != utf8(point), turns || ends_line) << std::hex << point;
        EXPECT_EQ(unprintable(terminal_safe(utf8(point))), utf8(point)) << std::hex << point;
        EXPECT_EQ(printable(utf8(point)), utf8(point)) << std::hex << point;
    }
}

TEST(Text, Uuids) {
    const std::string uuid("\x8e\x68\x17\x4b\x50\x2c\x3a\x48\xbf\xb9\xda\xd3\xa5\xbc\xc5\x58", 16);
    EXPECT_EQ(uuid_text(uuid), "8E68174B-502C-3A48-BFB9-DAD3A5BCC558");
    EXPECT_EQ(uuid_text(std::string(16, '\0')), "");
    EXPECT_EQ(uuid_text(""), "");
    EXPECT_EQ(uuid_text(uuid.substr(1)), "");
}

TEST(Text, Versions) {
    EXPECT_EQ(source_version_text(0), "0.0.0.0.0");
    EXPECT_EQ(source_version_text((uint64_t{1234} << 40) | (uint64_t{5} << 30) | (6 << 20) | (7 << 10) | 8),
              "1234.5.6.7.8");
    EXPECT_EQ(source_version_text(UINT64_MAX), "16777215.1023.1023.1023.1023");
    EXPECT_EQ(version_text(0x000e0203), "14.2.3");
    EXPECT_EQ(version_text(UINT32_MAX), "65535.255.255");
}

TEST(Text, Sizes) {
    EXPECT_EQ(size_text(0), "0 B");
    EXPECT_EQ(size_text(999), "999 B");
    EXPECT_EQ(size_text(1000), "1.0 kB");
    EXPECT_EQ(size_text(1'500'000'000), "1.5 GB");
    EXPECT_EQ(size_text(UINT64_MAX), "18446744.1 TB");
}

}  // namespace
}  // namespace strata::base
