// The strings column: which sections, which limits.
#include "extract/string_facts.h"

#include <gtest/gtest.h>

#include "facts.h"
#include "support/errors.h"

namespace strata::extract {
namespace {

std::vector<std::pair<std::string, std::string>> extract(const MadeImage& made) {
    Kept kept;
    extract_strings(made.context(), kept.sink());
    std::vector<std::pair<std::string, std::string>> strings;
    for (const auto& chunk : kept.of(record::ColumnKind::kStrings)) {
        const record::StringsView view(chunk.message.bytes());
        for (uint64_t i = 0; i < view.size(); ++i) strings.emplace_back(view.value(i), view.section(i));
    }
    return strings;
}

std::string cf_record(uint64_t data, uint64_t length, uint32_t flags = 0x7c8) {
    return test::le64(0) + test::le64(flags) + test::le64(test::MemorySpace::encode_pointer(data)) + test::le64(length);
}

TEST(StringFacts, EveryKindOfSection) {
    MadeImage made;
    made.space.map(0x1000, std::string("b\0a\0a\0\0cut", 10));
    made.space.map(0x2000, std::string("log\0", 4));
    made.space.map(0x3000, cf_record(0x1000, 1) + cf_record(0x1002, 1));
    made.space.map(0x4000, std::string("not a string\0", 13));
    made.add_section("__TEXT", "__cstring", 0x1000, 10, macho::kCstringLiterals);
    made.add_section("__TEXT", "__os_log", 0x2000, 4, 0);
    made.add_section("__DATA_CONST", "__cfstring", 0x3000, 64, 0);
    made.add_section("__TEXT", "__const", 0x4000, 13, 0);
    using Strings = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(extract(made), (Strings{{"a", "__DATA_CONST,__cfstring"},
                                      {"a", "__TEXT,__cstring"},
                                      {"b", "__DATA_CONST,__cfstring"},
                                      {"b", "__TEXT,__cstring"},
                                      {"cut", "__TEXT,__cstring"},
                                      {"log", "__TEXT,__os_log"}}));
}

TEST(StringFacts, SeveralSectionsOfOneNameAreOne) {
    MadeImage made;
    made.space.map(0x1000, std::string("a\0", 2));
    made.space.map(0x2000, std::string("a\0b\0", 4));
    made.add_section("__TEXT", "__cstring", 0x1000, 2, macho::kCstringLiterals);
    made.add_section("__TEXT", "__cstring", 0x2000, 4, macho::kCstringLiterals);
    EXPECT_EQ(extract(made).size(), 2U);
}

TEST(StringFacts, EmptySectionsMayPointAnywhere) {
    MadeImage made;
    made.add_section("__TEXT", "__cstring", 0xdead0000, 0, macho::kCstringLiterals);
    made.add_section("__DATA", "__cfstring", 0xdead0000, 0, 0);
    EXPECT_TRUE(extract(made).empty());
}

TEST(StringFacts, SectionsOutsideTheInputAreErrors) {
    MadeImage made;
    made.space.map(0x1000, "abc");
    made.add_section("__TEXT", "__cstring", 0x1000, 4, macho::kCstringLiterals);
    EXPECT_TRUE(test::fails_with("string section", [&] { extract(made); }));
}

/// A few records that all point at one large text: the output must stay in proportion to the image.
TEST(StringFacts, CfStringsThatMultiplyTheirContents) {
    MadeImage made;
    made.space.map(0x100000, std::string(1 << 20, 'x'));
    std::string records;
    for (uint64_t i = 0; i < 40; ++i) records += cf_record(0x100000, (1 << 20) - i);
    made.space.map(0x3000, records);
    made.add_section("__DATA", "__cfstring", 0x3000, records.size(), 0);
    EXPECT_TRUE(test::fails_with("CFStrings add up", [&] { extract(made); }));
}

TEST(StringFacts, AHugeStringIsRefused) {
    MadeImage made;
    made.space.map(0x1000000, std::string((16U << 20) + 1, 'x'));
    made.add_section("__TEXT", "__cstring", 0x1000000, (16U << 20) + 1, macho::kCstringLiterals);
    EXPECT_TRUE(test::fails_with("string of 0x1000001 bytes", [&] { extract(made); }));
}

}  // namespace
}  // namespace strata::extract
