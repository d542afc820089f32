// Digests of sections: what counts as the same content.
#include "extract/section_facts.h"

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "facts.h"

namespace strata::extract {
namespace {

SectionDigests digests(const std::string& bytes, std::string_view segment, std::string_view name, uint32_t flags) {
    MadeImage made;
    made.space.map(0x1000, bytes);
    made.add_section(segment, name, 0x1000, bytes.size(), flags);
    return digest_sections(made.context());
}

std::string literal(const std::string& bytes, std::string_view segment = "__TEXT", std::string_view name = "__cstring",
                    uint32_t flags = macho::kCstringLiterals) {
    return digests(bytes, segment, name, flags).literal.at(0);
}

std::string strings(std::initializer_list<std::string> values) {
    std::string bytes;
    for (const auto& value : values) bytes += value + '\0';
    return bytes;
}

TEST(SectionFacts, StringSectionsAreSetsWithRepetition) {
    EXPECT_EQ(literal(strings({"a", "b", "c"})), literal(strings({"c", "a", "b"})));
    EXPECT_NE(literal(strings({"a", "b"})), literal(strings({"a", "c"})));
    EXPECT_NE(literal(strings({"a", "a"})), literal(strings({"a"})));
    EXPECT_NE(literal(strings({"a", "a", "b"})), literal(strings({"a", "b", "b"})));
    EXPECT_NE(literal(strings({"ab"})), literal(strings({"a", "b"})));
    EXPECT_EQ(literal(strings({"a"})).size(), 32U);
}

TEST(SectionFacts, BuildPathsDoNotCount) {
    const std::string one = "/Library/Caches/com.apple.xbs/8E68174B-502C-3A48-BFB9-DAD3A5BCC558/Sources/a.c";
    const std::string two = "/Library/Caches/com.apple.xbs/11111111-502C-3A48-BFB9-DAD3A5BCC558/Sources/a.c";
    EXPECT_EQ(literal(strings({one})), literal(strings({two})));
    EXPECT_NE(digests(strings({one}), "__TEXT", "__cstring", 2).raw,
              digests(strings({two}), "__TEXT", "__cstring", 2).raw);
}

TEST(SectionFacts, OtherLiteralsAreVerbatim) {
    const std::string bytes = strings({"b", "a"});
    const std::string whole(base::sha256(bytes.data(), bytes.size()).view());
    EXPECT_EQ(literal(bytes, "__TEXT", "__literal8", macho::k8ByteLiterals), whole);
    EXPECT_EQ(literal(bytes, "__TEXT", "__ustring", 0), whole);
    EXPECT_EQ(literal(bytes, "__DATA_CONST", "__objc_imageinfo", 0), whole);
}

TEST(SectionFacts, WhatMovesWithTheLayoutHasNone) {
    const std::string bytes = strings({"b", "a"});
    EXPECT_EQ(literal(bytes, "__TEXT", "__text", 0x80000400), "");
    EXPECT_EQ(literal(bytes, "__DATA_CONST", "__const", 0), "");
    EXPECT_EQ(literal(bytes, "__TEXT", "__info_plist", 0), "") << "its keys are facts";
    EXPECT_EQ(literal(bytes, "__DATA", "__ustring", 0), "") << "the name counts in its own segment only";
    EXPECT_EQ(literal(bytes, "__TEXT", "__objc_methname", 0), literal(bytes))
        << "Objective-C names are strings by name";
}

TEST(SectionFacts, RawDigestsAreCutSha256) {
    const std::string bytes(3 << 20, 'r');
    const auto raw = digests(bytes, "__DATA", "__data", 0).raw;
    EXPECT_EQ(raw, base::sha256(bytes.data(), bytes.size()).view().substr(0, record::kSectionDigestSize))
        << "read in steps";
}

TEST(SectionFacts, SectionsWithoutBytes) {
    MadeImage made;
    made.add_section("__DATA", "__bss", 0x1000, 0x1000, macho::kZerofill);
    made.add_section("__TEXT", "__cstring", 0xdead, 0, macho::kCstringLiterals);
    const auto none = digest_sections(made.context());
    EXPECT_EQ(none.raw, std::string(2 * record::kSectionDigestSize, '\0'));
    EXPECT_EQ(none.literal, (std::vector<std::string>{"", ""}));
}

TEST(SectionFacts, ATokenThatIsNoStringMakesItVerbatim) {
    const std::string bytes((1 << 20) + 1, 't');
    EXPECT_EQ(literal(bytes), std::string(base::sha256(bytes.data(), bytes.size()).view()));
}

}  // namespace
}  // namespace strata::extract
