// C string sections.
#include "macho/strings.h"

#include <gtest/gtest.h>

#include "support/buffer.h"

namespace strata::macho {
namespace {

std::vector<std::string> strings_of(const std::string& bytes) {
    const test::Buffer file(bytes);
    std::vector<std::string> strings;
    walk_c_strings(file.view(), [&](std::string_view value) { strings.emplace_back(value); });
    return strings;
}

TEST(CStrings, PiecesBetweenNuls) {
    using Strings = std::vector<std::string>;
    EXPECT_EQ(strings_of(""), Strings{});
    EXPECT_EQ(strings_of(std::string("\0\0\0", 3)), Strings{});
    EXPECT_EQ(strings_of(std::string("a\0bc\0", 5)), (Strings{"a", "bc"}));
    EXPECT_EQ(strings_of(std::string("\0\0a\0\0\0b\0\0", 9)), (Strings{"a", "b"}));
    EXPECT_EQ(strings_of(std::string("a\0cut", 5)), (Strings{"a", "cut"})) << "the section's end ends a string";
    EXPECT_EQ(strings_of(std::string("\xff\xfe\0\n\0", 5)), (Strings{"\xff\xfe", "\n"})) << "any bytes";
}

Section section(std::string_view segment, std::string_view name, uint32_t flags) {
    Section made;
    made.segment = segment;
    made.name = name;
    made.flags = flags;
    return made;
}

TEST(CStrings, WhichSectionsHoldThem) {
    EXPECT_TRUE(holds_c_strings(section("__TEXT", "__cstring", kCstringLiterals)));
    EXPECT_TRUE(holds_c_strings(section("__DATA", "__anything", kCstringLiterals | 0x80000000)));
    EXPECT_TRUE(holds_c_strings(section("__TEXT", "__os_log", 0)));
    EXPECT_FALSE(holds_c_strings(section("__TEXT", "__os_log", kZerofill)));
    EXPECT_FALSE(holds_c_strings(section("__TEXT", "__cstring", 0))) << "the type says so, not the name";
    EXPECT_FALSE(holds_c_strings(section("__TEXT", "__const", k4ByteLiterals)));
    EXPECT_TRUE(holds_cf_strings(section("__AUTH_CONST", "__cfstring", 0)));
    EXPECT_FALSE(holds_cf_strings(section("__DATA", "__cfstring", kZerofill)));
    EXPECT_FALSE(holds_cf_strings(section("__DATA", "__cfstrings", 0)));
}

}  // namespace
}  // namespace strata::macho
