// How changed facts read: what belongs to one owner stands together.
#include "report/facts_text.h"

#include <gtest/gtest.h>

namespace strata::report {
namespace {

std::string group_lines(const diff::FactGroup& group) {
    std::string text;
    walk_fact_lines(
        group, [&](FactSign sign, const std::string& line) { text += static_cast<char>(sign) + (" " + line) + "\n"; });
    return text;
}

TEST(FactsText, StandTogetherByOwner) {
    diff::FactGroup group;
    group.kind = record::ColumnKind::kObjc;
    group.added = {{"class Bird", "", "Animal"},
                   {"class Bird", "-fly", "v16@0:8"},
                   {"class Bird", "protocol Naming", ""},
                   {"class Cat", "-scratch:", "v24@0:8@16"}};
    group.removed = {{"class Cat", "-purr:", "v20@0:8i16"}, {"protocol Old", "", ""}};
    group.changed = {{"class Cat", "ivar _lives", "i", "q"}, {"class Dog", "", "Animal", "Pet"}};
    EXPECT_EQ(group_lines(group),
              "+ class Bird : Animal\n"
              "+   -fly  v16@0:8\n"
              "+   protocol Naming\n"
              "  class Cat\n"
              "+   -scratch:  v24@0:8@16\n"
              "-   -purr:  v20@0:8i16\n"
              "~   ivar _lives  i -> q\n"
              "~ class Dog : Animal -> Pet\n"
              "- protocol Old\n");
}

TEST(FactsText, AnOwnerThatWasReplacedIsShownOnBothSides) {
    diff::FactGroup group;
    group.added = {{"class A", "", "X"}, {"class A", "", "Y"}};
    group.removed = {{"class A", "", "Z"}, {"class A", "-m", "v"}};
    EXPECT_EQ(group_lines(group), "+ class A : X\n- class A : Z\n-   -m  v\n");
}

TEST(FactsText, WithoutOwnersOneByOne) {
    diff::FactGroup group;
    group.added = {{"", "__DATA,__const", "12ab"}};
    group.removed = {{"", "", "value alone"}};
    group.changed = {{"", "__DATA,__data", "old", "new"}};
    EXPECT_EQ(group_lines(group), "+ __DATA,__const  12ab\n-   value alone\n~ __DATA,__data  old -> new\n");
}

TEST(FactsText, NamesCannotReachTheTerminal) {
    diff::FactGroup group;
    group.added = {{"class \x1b[2J", "-a\n", "\xff"}};
    EXPECT_EQ(group_lines(group), "  class \\x1B[2J\n+   -a\\x0A  \\xFF\n");
}

}  // namespace
}  // namespace strata::report
