// Where functions are, and what is seen of their code, with and without LC_FUNCTION_STARTS.
#include "extract/function_facts.h"

#include <gtest/gtest.h>

#include <array>

#include "extract/binary.h"
#include "facts.h"
#include "record/code.h"
#include "support/macho_maker.h"

namespace strata::extract {
namespace {

using test::le32;
using test::put;
using test::uleb;

TEST(FunctionFacts, SizesEndAtTheNextStartOrTheSection) {
    MadeImage made;
    made.add_section("__TEXT", "__text", 0x10800, 0x100, 0x80000400);
    made.add_section("__TEXT", "__stubs", 0x10900, 0x40, 0x80000400);
    made.add_section("__TEXT", "__tail", 0x10a00, 0x10, 0x80000400);
    const test::Buffer starts(uleb(0x800) + uleb(0x20) + uleb(0xe0) + uleb(0x100) + uleb(0x10));
    made.image.function_starts = starts.view();
    Kept kept;
    extract_functions(made.context(), kept.sink());
    const record::FunctionsView view(kept.of(record::ColumnKind::kFunctions).at(0).message.bytes());
    ASSERT_EQ(view.size(), 5U);
    const std::array<std::array<uint32_t, 3>, 5> kExpected{
        {{1, 0, 0x20}, {1, 0x20, 0xe0}, {2, 0, 0x40}, {3, 0, 0x10}, {0, 0xa10, 0}}};
    for (size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(view[i].section, kExpected[i][0]) << i;
        EXPECT_EQ(view[i].offset, kExpected[i][1]) << i;
        EXPECT_EQ(view[i].size, kExpected[i][2]) << i;
    }
}

TEST(FunctionFacts, WithoutStartsSymbolsOfCodeSay) {
    MadeImage made;
    made.add_section("__TEXT", "__text", 0x10800, 0x100, 0x80000400);
    made.add_section("__TEXT", "__stubs", 0x10900, 0x40, 0x80000408);
    made.add_section("__TEXT", "__const", 0x10a00, 0x40, 0);
    const test::MachoMaker maker;
    const test::Buffer nlists(maker.nlist(0, 0x0f, 1, 0, 0x10840) + maker.nlist(0, 0x0e, 1, 0, 0x10800) +
                              maker.nlist(0, 0x0f, 1, 0, 0x10840) +      // another name of the first
                              maker.nlist(0, 0x0e, 1, 0x200, 0x10850) +  // an alternative entry
                              maker.nlist(0, 0x24, 1, 0, 0x10860) +      // a stab
                              maker.nlist(0, 0x02, 0, 0, 0x10870) +      // absolute
                              maker.nlist(0, 0x0e, 2, 0, 0x10900) +      // a stub
                              maker.nlist(0, 0x0f, 3, 0, 0x10a00));      // data
    made.image.nlists = nlists.view();
    Kept kept;
    const auto functions = extract_functions(made.context(), kept.sink());
    ASSERT_EQ(functions.size(), 2U);
    const auto of = [&](size_t i) {
        return std::array<uint32_t, 3>{functions[i].section, functions[i].offset, functions[i].size};
    };
    EXPECT_EQ(of(0), (std::array<uint32_t, 3>{1, 0, 0x40}));
    EXPECT_EQ(of(1), (std::array<uint32_t, 3>{1, 0x40, 0xc0}));
    EXPECT_EQ(kept.count(record::ColumnKind::kFunctions), 2U);
}

/// A program as Go's linker makes it, or an object file: three functions of arm64 code that only symbols tell of.
struct Program {
    bool object = false;
    uint64_t shift = 0;   ///< of all code
    uint32_t number = 7;  ///< that the first function returns
    uint32_t callee = 1;  ///< which of the others the last one calls

    std::vector<record::CodeRecord> codes() const {
        constexpr uint64_t kBase = 0x100000000;
        const uint64_t at = 0x1000 + shift;
        test::MachoMaker maker;
        maker.file_type = object ? 1 : 2;
        maker.add_segment(object ? "" : "__TEXT", kBase, 0x4000, 0, 0x4000,
                          {{"__TEXT", "__text", kBase + at, 28, 0x80000400}});
        maker.add_segment("__LINKEDIT", kBase + 0x4000, 0x1000, 0x4000, 0x100);
        std::string names(1, '\0');
        std::string nlists;
        for (const auto& [name, offset] : {std::pair("_one", 0U), std::pair("_two", 8U), std::pair("_three", 16U)}) {
            nlists += maker.nlist(static_cast<uint32_t>(names.size()), 0x0f, 1, 0, kBase + at + offset);
            names += name + std::string(1, '\0');
        }
        maker.add(0x2, le32(0x4000) + le32(3) + le32(0x4000 + nlists.size()) + le32(names.size()));
        std::string file = maker.bytes();
        put(file, maker.place_of(0x19) + 72 + 48, le32(at));  // the section's offset in the file
        file.resize(0x4000, '\0');
        const uint32_t back = callee == 1 ? 5 : 3;
        put(file, at,
            le32(0x52800000 | number << 5) + le32(0xd65f03c0) +                                // mov w0, #number; ret
                le32(0x52800120) + le32(0xd65f03c0) +                                          // mov w0, #9; ret
                le32(0xaa0103e0) + le32(0x94000000 | (0x4000000 - back)) + le32(0xd65f03c0));  // bl; ret
        const test::Buffer buffer(file + nlists + names);
        foreign::WorkerPool none(foreign::WorkerProgram::other(STRATA_BIN));
        Kept kept;
        extract_binary(
            FileKind::kMachO, buffer.view(), none, [](uint64_t) {}, kept.sink());
        std::vector<record::CodeRecord> codes;
        for (const auto& chunk : kept.of(record::ColumnKind::kCode)) {
            const record::CodeView view(chunk.message.bytes());
            for (uint64_t i = 0; i < view.size(); ++i) codes.push_back(view[i]);
        }
        return codes;
    }
};

TEST(FunctionFacts, ChangesAreSeenWhereOnlySymbolsTellOfFunctions) {
    const auto before = Program{}.codes();
    ASSERT_EQ(before.size(), 3U);
    for (const auto& code : before) EXPECT_NE(code.code, 0U);
    EXPECT_EQ(Program{.shift = 0x340}.codes(), before);

    auto want = before;
    const auto edited = Program{.number = 8}.codes();
    EXPECT_NE(edited.at(0).code, before[0].code);
    want[0] = edited[0];
    EXPECT_EQ(edited, want) << "nothing else changed";

    const auto other = Program{.callee = 2}.codes();
    EXPECT_EQ(other.at(2).code, before[2].code);
    EXPECT_NE(other.at(2).references, before[2].references) << "another function is called";
}

TEST(FunctionFacts, OperandsOfObjectFilesSayNothingYet) {
    const auto codes = Program{.object = true}.codes();
    ASSERT_EQ(codes.size(), 3U);
    EXPECT_EQ(codes[2].references, 0U);
    EXPECT_EQ(Program({.object = true, .callee = 2}).codes(), codes);
    EXPECT_NE(Program({.object = true, .number = 8}).codes().at(0).code, codes[0].code);
}

}  // namespace
}  // namespace strata::extract
