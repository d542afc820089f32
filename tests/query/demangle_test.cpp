#include "query/demangle.h"

#include <gtest/gtest.h>

#include <string>

#include "support/random.h"

namespace strata::query {
namespace {

TEST(Demangle, NamesOfCxx) {
    EXPECT_EQ(demangle("__ZN3foo3barEi"), "foo::bar(int)");
    EXPECT_EQ(demangle("_ZN3foo3barEi"), "foo::bar(int)");
    EXPECT_EQ(demangle("___ZN3foo3barEi_block_invoke_2"), "foo::bar(int)_block_invoke_2");
    EXPECT_EQ(demangle("__ZNSt3mapIiiEC2Ev"), "std::map<int, int>::map()");
}

TEST(Demangle, OthersStayAsTheyAre) {
    for (const std::string name : {"", "_", "_main", "Z", "_Z", "__Z", "-[Foo bar]", "_$s3Foo3baryyF", "__RNvC3foo3bar",
                                   "__ZN3foo", "_OBJC_CLASS_$_NSString"})
        EXPECT_EQ(demangle(name), "") << name;
}

/// Each S_ doubles what it refers to: 60 of them would be an exabyte.
TEST(Demangle, NamesThatExplodeAreLeft) {
    std::string bomb = "_Z1fSt4pairIiiE";
    for (int i = 0; i < 60; ++i) {
        const std::string reference =
            i < 2 ? "S" + (i == 0 ? std::string() : "0") + "_"
                  : "S" + std::string(1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(i - 1) % 36]) + "_";
        bomb += "St4pairI" + reference + reference + "E";
    }
    EXPECT_EQ(demangle(bomb), "");
    EXPECT_EQ(demangle("_Z" + std::string(100'000, 'P')), "");
    EXPECT_EQ(demangle("_Z1f" + std::string(1000, 'P') + "i").substr(0, 1), "f");
}

TEST(Demangle, AnyBytesEnd) {
    test::Random random(3);
    static constexpr std::string_view kLetters = "NSTIEPRKJLDpsv0123_aCZt";
    for (int i = 0; i < 20'000; ++i) {
        std::string name = "__Z";
        for (uint64_t n = random.below(40); n > 0; --n) name += kLetters[random.below(kLetters.size())];
        (void)demangle(name);
    }
}

}  // namespace
}  // namespace strata::query
