#include "extract/printable.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strata::extract {
namespace {

using namespace std::string_literals;
using Found = std::vector<std::string>;

Found narrow(std::string_view bytes) {
    Found found;
    walk_printable(bytes, [&](std::string_view text) { found.emplace_back(text); });
    return found;
}

Found wide(std::string_view bytes) {
    Found found;
    walk_printable_wide(bytes, [&](std::string_view text) { found.emplace_back(text); });
    return found;
}

TEST(Printable, EndedByNulOrTheEnd) {
    EXPECT_EQ(narrow("abcd\0efgh"s), (Found{"abcd", "efgh"}));
    EXPECT_EQ(narrow("abcd\1efgh\0"s), (Found{"efgh"})) << "what no NUL ends is no C string";
    EXPECT_EQ(narrow("\1\2abcd\0\0\0xyz\0"s), (Found{"abcd"}));
    EXPECT_EQ(narrow(""), Found{});
}

TEST(Printable, Characters) {
    EXPECT_EQ(narrow("a\tb\n\0"s), (Found{"a\tb\n"}));
    EXPECT_EQ(narrow("\x1b[2J\x7f rest\0"s), (Found{" rest"}));
    EXPECT_EQ(narrow("\xe2\x82\xac ok\0"s), (Found{"\xe2\x82\xac ok"}));
    EXPECT_EQ(narrow("\xf0\x9f\x98\x80\0"s), (Found{"\xf0\x9f\x98\x80"}));
}

TEST(Printable, WhatIsNoUtf8) {
    for (const char* bad : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"})
        EXPECT_EQ(narrow("head" + std::string(bad) + "tail"), (Found{"tail"})) << bad;
    EXPECT_EQ(narrow("head\xe2\x82"), Found{}) << "cut off at the end";
}

TEST(Printable, TooLong) {
    EXPECT_EQ(narrow(std::string(kLongestFound, 'x')).size(), 1U);
    EXPECT_EQ(narrow(std::string(kLongestFound + 1, 'x') + "\0short"s), (Found{"short"}));
}

TEST(Printable, Wide) {
    EXPECT_EQ(wide("a\0b\0c\0d\0\0\0"s), (Found{"abcd"}));
    EXPECT_EQ(wide("a\0b\0c\0\0\0"s), Found{});
    EXPECT_EQ(wide("a\0\xfc\0 \0\x53\1\0\0"s), (Found{"a\xc3\xbc \xc5\x93"}));
    EXPECT_EQ(wide("a\0b\0c\0d\0"s), Found{}) << "not ended";
    EXPECT_EQ(wide("a\0b\0c\0d\0\0"s), Found{}) << "half a unit";
    EXPECT_EQ(wide("a\0b\0c\0d\0\0\x4e"s), Found{}) << "ended by a character that is not Latin";
    std::string long_one;
    for (size_t i = 0; i <= kLongestFound; ++i) long_one += "x\0"s;
    EXPECT_EQ(wide(long_one + "\0\0"s), Found{});
}

}  // namespace
}  // namespace strata::extract
