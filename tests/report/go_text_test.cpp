// Strings as Go's %#v prints them.
#include "report/go_text.h"

#include <gtest/gtest.h>

namespace strata::report {
namespace {

TEST(GoText, Quoted) {
    EXPECT_EQ(go_quoted(""), R"("")");
    EXPECT_EQ(go_quoted("hello %@"), R"("hello %@")");
    EXPECT_EQ(go_quoted("say \"hi\" \\n `x`"), R"("say \"hi\" \\n `x`")");
    EXPECT_EQ(go_quoted("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
    EXPECT_EQ(go_quoted(std::string("\0\x01\x1f\x7f", 4)), R"("\x00\x01\x1f\x7f")");
    EXPECT_EQ(go_quoted("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"");
    EXPECT_EQ(go_quoted("\xc2\x85\xc2\xa0\xc2\xad"), R"("\u0085\u00a0\u00ad")")
        << "spaces and soft hyphens are not printable";
    EXPECT_EQ(go_quoted("\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf"), R"("\u200b\u2028\ufeff")");
    EXPECT_EQ(go_quoted("\xf0\x90\xbf\xbf\xf3\xa0\x80\x81"), R"("\U00010fff\U000e0001")");
    EXPECT_EQ(go_quoted("\xef\xbf\xbd"), "\"\xef\xbf\xbd\"") << "U+FFFD itself is printable";
}

TEST(GoText, BytesThatAreNotUtf8) {
    EXPECT_EQ(go_quoted("\xff"), R"("\xff")");
    EXPECT_EQ(go_quoted("\xc3"), R"("\xc3")");
    EXPECT_EQ(go_quoted("\xc0\xaf"), R"("\xc0\xaf")") << "not the shortest form";
    EXPECT_EQ(go_quoted("\xed\xa0\x80"), R"("\xed\xa0\x80")") << "a surrogate";
    EXPECT_EQ(go_quoted("\xf4\x90\x80\x80"), R"("\xf4\x90\x80\x80")") << "above U+10FFFF";
    EXPECT_EQ(go_quoted("a\xe2\x82z"), R"("a\xe2\x82z")");
}

TEST(GoText, IsText) {
    EXPECT_TRUE(is_go_text("a\tb\nc \xc2\xa0\xe2\x80\xa8"));
    EXPECT_TRUE(is_go_text("\xff\xfe")) << "what is no character is no unprintable character";
    EXPECT_FALSE(is_go_text("a\x01"));
    EXPECT_FALSE(is_go_text("\xe2\x80\x8b"));
    EXPECT_FALSE(is_go_text("\x7f"));
}

}  // namespace
}  // namespace strata::report
