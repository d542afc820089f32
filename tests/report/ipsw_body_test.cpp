// Bodies as `ipsw diff` prints them: the rules for functions, names, counts and contents, on built cases. Real reports
// are compared in tests/e2e.
#include "report/ipsw_body.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/store_maker.h"

namespace strata::report {
namespace {

using Functions = std::vector<IpswSide::Function>;
using record::SymbolKind;

Functions sized(const std::vector<uint64_t>& sizes) {
    Functions functions;
    for (size_t i = 0; i < sizes.size(); ++i) functions.push_back({"sub_" + std::to_string(i), sizes[i]});
    return functions;
}

/// The same sizes under other names.
Functions renamed(Functions functions) {
    for (auto& function : functions) function.name += "x";
    return functions;
}

TEST(IpswFunctions, EqualCountsArePaired) {
    EXPECT_EQ(ipsw_functions({{"_a", 4}, {"_b", 8}}, {{"_a", 4}, {"_b", 12}}), "~ _b : 8 -> 12\n");
    EXPECT_EQ(ipsw_functions({{"_a", 4}, {"_b", 8}}, {{"_c", 4}, {"_d", 12}}), "~ _b -> _d : 8 -> 12\n")
        << "another name of the same size says nothing";
}

TEST(IpswFunctions, FiveMismatchesInARowEndTheList) {
    EXPECT_EQ(ipsw_functions(sized({1, 1, 1, 1, 1}), renamed(sized({2, 2, 2, 2, 2}))), "");
    EXPECT_NE(ipsw_functions(sized({1, 1, 1, 1, 7}), renamed(sized({2, 2, 2, 2, 7}))), "") << "four are not too many";
    EXPECT_NE(ipsw_functions(sized({1, 1, 7, 1, 1, 1}), renamed(sized({2, 2, 7, 2, 2, 2}))), "") << "not in a row";
}

TEST(IpswFunctions, ThreeEqualSizesAheadSaveTheList) {
    const Functions before = sized({1, 1, 1, 1, 1, 5, 6, 7, 8, 9, 10});
    EXPECT_NE(ipsw_functions(before, renamed(sized({2, 2, 2, 2, 2, 5, 6, 7, 8, 9, 10}))), "");
    EXPECT_NE(ipsw_functions(sized({1, 1, 1, 1, 1, 3, 3, 3, 8, 9, 10, 1, 1, 1}),
                             renamed(sized({2, 2, 2, 2, 2, 4, 4, 4, 8, 9, 10, 1, 1, 1}))),
              "");
    EXPECT_EQ(ipsw_functions(sized({1, 1, 1, 1, 1, 3, 6, 7, 3, 9, 10, 1}),
                             renamed(sized({2, 2, 2, 2, 2, 4, 6, 7, 4, 9, 10, 1}))),
              "")
        << "two and two are not three in a row";
    EXPECT_EQ(ipsw_functions(sized({1, 1, 1, 1, 1, 5, 6, 7, 8, 9}), renamed(sized({2, 2, 2, 2, 2, 5, 6, 7, 8, 9}))), "")
        << "six functions must be left";
}

TEST(IpswFunctions, OtherCountsAreStepped) {
    EXPECT_EQ(ipsw_functions({{"_a", 4}, {"_b", 8}}, {{"_a", 4}, {"_new", 12}, {"_b", 8}}), "+ _new\n");
    EXPECT_EQ(ipsw_functions({{"_a", 4}, {"_old", 12}, {"_b", 8}}, {{"_a", 4}, {"_b", 8}}), "- _old\n");
    EXPECT_EQ(ipsw_functions({{"_a", 4}}, {{"_a", 8}, {"_tail", 8}}), "~ _a : 4 -> 8\n") << "tails are not printed";
    EXPECT_EQ(ipsw_functions({{"_a", 4}, {"_b", 8}}, {{"_c", 5}, {"_d", 6}, {"_e", 7}}), "")
        << "where nothing fits it burns to its limit";
    EXPECT_EQ(ipsw_functions({{"_x", 3}, {"_a", 4}, {"_b", 8}}, {{"_x", 9}, {"_c", 5}, {"_d", 6}, {"_e", 7}}), "")
        << "and takes with it what was found before";
}

class IpswSides : public ::testing::Test {
  protected:
    IpswSides() {
        facts_.layout.sections = {{"__TEXT", "__text", 0x40, 0x80000400, 2, ""}};
        facts_.layout.dependencies = {{"/usr/lib/libz.dylib", 0}, {"/usr/lib/liba.dylib", 3}};
        facts_.functions = {{1, 0, 16}, {1, 16, 8}};
    }

    IpswSide side(const test::MadeFacts& facts, const std::function<void(record::Head&)>& change = {}) {
        const test::TempDir dir;
        record::Head head;
        {
            store::Writer writer(dir / "store");
            head = test::put_facts(writer, facts);
            head.source_version = 0x0000010000300000;
            if (change) change(head);
            writer.flush();
        }
        store::Reader reader(dir / "store");
        IpswSide read = read_ipsw_side(reader, head);
        for (auto& text : read.symbols) text = read.owned.emplace_back(text);
        for (auto& text : read.strings) text = read.owned.emplace_back(text);
        read.leases.clear();
        return read;
    }

    test::MadeFacts facts_;
};

TEST_F(IpswSides, Header) {
    facts_.symbols = {{"_a", SymbolKind::kExport, 0, "", ""}, {"_a.cold.1", SymbolKind::kLocal, 16, "", ""}};
    facts_.strings = {"one", "two", std::string("\x01", 1)};
    EXPECT_EQ(ipsw_header(side(facts_)),
              "1.0.3.0.0\n  __TEXT.__text: 0x40\n  - /usr/lib/liba.dylib\n  - /usr/lib/libz.dylib\n  Functions: 2\n"
              "  Symbols:   2\n  CStrings:  2\n")
        << "names with a '.' lose their '_', so _a.cold.1 is a; unprintable strings do not count";
}

TEST_F(IpswSides, NamesFromOutsideTheImageKeepTheirUnderscore) {
    facts_.symbols = {{"_f.cold.1", SymbolKind::kLocal, 16, "", ""}};
    EXPECT_EQ(side(facts_).symbols, (std::vector<std::string_view>{"f"}));
    const auto outside = [](record::Head& head) {
        head.unmapped_locals = 1;
        head.redacted = 1;
    };
    EXPECT_EQ(side(facts_, outside).symbols, (std::vector<std::string_view>{"<redacted>", "_f"}));
}

TEST_F(IpswSides, FunctionsAreNamedByTheLastSymbol) {
    facts_.symbols = {{"_local", SymbolKind::kLocal, 0, "", ""},
                      {"_b", SymbolKind::kExport, 0, "", ""},
                      {"_a", SymbolKind::kExport, 0, "", ""}};
    const auto functions = side(facts_).functions;
    ASSERT_EQ(functions.size(), 2U);
    EXPECT_EQ(functions[0].name, "_b");
    EXPECT_EQ(functions[0].size, 16U);
    EXPECT_EQ(functions[1].name, "sub_180001010");
    EXPECT_EQ(functions[1].size, 48U) << "the last function reaches to the end of its section";
}

TEST_F(IpswSides, Body) {
    auto now = facts_;
    facts_.symbols = {{"_old", SymbolKind::kExport, 0, "", ""}};
    now.symbols = {{"_new", SymbolKind::kExport, 0, "", ""}};
    now.strings = {"say \"hi\"\n"};
    now.layout.sections[0].size = 0x44;
    EXPECT_EQ(ipsw_body(side(facts_), side(now), IpswForm::kMarkdown),
              "```diff\n\n 1.0.3.0.0\n-  __TEXT.__text: 0x40\n+  __TEXT.__text: 0x44\n   - /usr/lib/liba.dylib\n"
              "   - /usr/lib/libz.dylib\n   Functions: 2\n   Symbols:   1\n-  CStrings:  0\n+  CStrings:  1\n \n"
              "Symbols:\n+ _new\n- _old\n"
              "Functions:\n~ sub_180001010 : 48 -> 52\n"
              "CStrings:\n+ \"say \\\"hi\\\"\\n\"\n```\n");
}

TEST_F(IpswSides, ContentOfTheSameSize) {
    auto now = facts_;
    facts_.layout.sections.push_back({"__TEXT", "__cstring", 8, 2, 0, std::string(32, 'a')});
    now.layout.sections.push_back({"__TEXT", "__cstring", 8, 2, 0, std::string(32, 'b')});
    const auto before = side(facts_);
    const auto after = side(now);
    EXPECT_FALSE(ipsw_equivalent(before, after));
    EXPECT_EQ(ipsw_body(before, after, IpswForm::kText),
              "Sections with same size but changed content:\n- __TEXT.__cstring\n");
    EXPECT_EQ(ipsw_body(before, after, IpswForm::kMarkdown),
              "### Sections with Same Size but Changed Content\n\n- `__TEXT.__cstring`\n");
}

TEST_F(IpswSides, WhatIpswDoesNotSee) {
    auto now = facts_;
    facts_.symbols = {{"_f.1", SymbolKind::kLocal, 0, "", ""},
                      {"_i", SymbolKind::kImport, 0, "/usr/lib/liba.dylib", ""}};
    now.symbols = {{"_f.2", SymbolKind::kLocal, 0, "", ""}, {"_i", SymbolKind::kExport, 0, "", ""}};
    now.strings = {};
    EXPECT_TRUE(ipsw_equivalent(side(facts_), side(now)));
}

TEST_F(IpswSides, BuildPathsAreTakenOutBeforeAnythingIsComparedOrShown) {
    auto now = facts_;
    const std::string at = "/AppleInternal/Library/BuildRoots/";
    facts_.strings = {at + "aaaa/x.c", "/Library/Caches/com.apple.xbs/TemporaryDirectory.zSpBnw/y"};
    now.strings = {at + "bbbb/x.c", "/Library/Caches/com.apple.xbs/TemporaryDirectory.2P10pp/y"};
    EXPECT_TRUE(ipsw_equivalent(side(facts_), side(now)));
    now.strings.push_back(at + "cccc/new.c");
    EXPECT_TRUE(ipsw_body(side(facts_), side(now), IpswForm::kText)
                    .ends_with("-  CStrings:  2\n+  CStrings:  3\n \nCStrings:\n"
                               "+ \"/AppleInternal/Library/BuildRoots/<BUILDROOT>/new.c\"\n"));
}

TEST_F(IpswSides, CountsAreThoseOfDistinctNormalisedTexts) {
    facts_.symbols = {{"_b.1", SymbolKind::kLocal, 0, "", ""},
                      {"_b.2", SymbolKind::kLocal, 16, "", ""},
                      {"_b.2.cold.1", SymbolKind::kLocal, 20, "", ""}};
    EXPECT_NE(ipsw_header(side(facts_)).find("  Symbols:   1\n"), std::string::npos);
}

/// Nothing with a sign in it: no diff to highlight.
TEST_F(IpswSides, TheFenceSaysWhetherThereAreSigns) {
    auto now = facts_;
    facts_.functions = {{1, 0, 16}, {1, 16, 8}};
    facts_.symbols = {{"_a", SymbolKind::kExport, 0, "", ""}};
    now.symbols = facts_.symbols;
    now.layout.sections.push_back({"__DATA", "__data", 8, 0, 2, ""});
    EXPECT_TRUE(ipsw_body(side(facts_), side(now), IpswForm::kMarkdown).starts_with("```diff\n"));
    EXPECT_EQ(ipsw_body(side(now), side(now), IpswForm::kMarkdown), "");
    // A function that only grew is told with `~`, and its section's size with it.
    now = facts_;
    now.functions = {{1, 0, 20}, {1, 20, 4}};
    EXPECT_TRUE(
        ipsw_body(side(facts_), side(now), IpswForm::kMarkdown).starts_with("```text\nFunctions:\n~ _a : 16 -> 20\n"));
}

/// A name cannot end its line or its fence.
TEST_F(IpswSides, NamesStayOnTheirLine) {
    auto now = facts_;
    now.symbols = {{"_x\n```\n# forged", SymbolKind::kExport, 0, "", ""}};
    const auto body = ipsw_body(side(facts_), side(now), IpswForm::kMarkdown);
    EXPECT_NE(body.find("+ _x\\x0A```\\x0A# forged\n"), std::string::npos) << body;
}

}  // namespace
}  // namespace strata::report
