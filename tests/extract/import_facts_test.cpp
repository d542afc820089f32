// The imports column: which library each import comes from.
#include "extract/import_facts.h"

#include <gtest/gtest.h>

#include "facts.h"
#include "support/fixups_maker.h"

namespace strata::extract {
namespace {

using test::Buffer;
using test::uleb;

struct ImportFacts : ::testing::Test {
    ImportFacts() {
        made.image.dependencies = {{"/usr/lib/libA.dylib", macho::DependencyKind::kLoad, 0, 0},
                                   {"/usr/lib/libB.dylib", macho::DependencyKind::kLoad, 0, 0}};
    }
    std::vector<std::string> extract() {
        Kept kept;
        extract_imports(made.context(), kept.sink());
        return facts_of(kept, record::ColumnKind::kImports);
    }
    MadeImage made;
};

std::string symbol(const std::string& name, char flags = 0) {
    return std::string(1, static_cast<char>(0x40 | flags)) + name + '\0';
}

TEST_F(ImportFacts, NoneWithoutFixups) {
    EXPECT_TRUE(extract().empty());
}

TEST_F(ImportFacts, ChainedImports) {
    test::FixupsMaker maker;
    maker.imports = {{2, "_b"},    {1, "_a", true},   {-2, "_flat"}, {-1, "_main"},
                     {0, "_self"}, {-3, "_operator"}, {9, "_lost"}};
    const Buffer file(maker.bytes());
    made.image.chained_fixups = file.view();
    EXPECT_EQ(extract(), (std::vector<std::string>{" | _lost | bind", "/usr/lib/libA.dylib | _a | bind weak",
                                                   "/usr/lib/libB.dylib | _b | bind", "@flat | _flat | bind",
                                                   "@main | _main | bind", "@self | _self | bind",
                                                   "@weak | _operator | weak bind"}));
}

TEST_F(ImportFacts, OpcodesSayEachWayOnce) {
    const std::string place("\x70\x00", 2);
    const Buffer binds("\x11" + symbol("_a") + place + "\x90\x90\x90" + symbol("_b", 1) + "\x90");
    const Buffer lazy("\x11" + place + symbol("_a") + "\x90" + std::string(1, '\0') + "\x12" + symbol("_b") + "\x90");
    const Buffer weak(symbol("_operator") + place + "\x90");
    made.image.binds = binds.view();
    made.image.lazy_binds = lazy.view();
    made.image.weak_binds = weak.view();
    EXPECT_EQ(extract(), (std::vector<std::string>{
                             "/usr/lib/libA.dylib | _a | bind,lazy bind", "/usr/lib/libA.dylib | _b | bind weak",
                             "/usr/lib/libB.dylib | _b | lazy bind", "@weak | _operator | weak bind"}));
}

TEST_F(ImportFacts, WhatCannotBeReadIsOneFact) {
    const Buffer binds("\x11" + symbol("_a") + std::string("\x70\x00\x90\xf0", 4));
    made.image.binds = binds.view();
    EXPECT_EQ(extract(), std::vector<std::string>{"@unreadable |  | bind program: opcode 0xf0"});
}

TEST_F(ImportFacts, OneLongNameForManyImportsIsRefused) {
    test::FixupsMaker maker;
    maker.imports.assign(20000, {1, ""});
    std::string bytes = maker.bytes();
    // All names: suffixes of one text of a megabyte.
    const uint64_t imports_at = 32 + 8;
    const uint64_t symbols_at = imports_at + 4 * maker.imports.size();
    for (uint64_t i = 0; i < maker.imports.size(); ++i) test::put(bytes, imports_at + 4 * i, test::le32(1 | i << 9));
    bytes.resize(symbols_at);
    bytes += std::string(1 << 20, 'x') + '\0';
    const Buffer file(bytes);
    made.image.chained_fixups = file.view();
    const auto facts = extract();
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_NE(facts[0].find("names of imports add up"), std::string::npos) << facts[0];
}

TEST_F(ImportFacts, ManyImportsAreRefusedInGoodTime) {
    std::string program = "\x11" + std::string("\x70\x00", 2);
    for (uint32_t i = 0; i < 300000; ++i)
        program += symbol("_" + std::to_string(i)) + "\x90" + std::string("\x70\x00", 2);
    const Buffer file(program);
    made.image.binds = file.view();
    EXPECT_EQ(extract(), std::vector<std::string>{"@unreadable |  | more than 262144 imports"});
    // The same symbols again and again, in an order that never repeats the last one.
    std::string again = "\x11" + std::string("\x70\x00", 2);
    for (uint32_t i = 0; i < 1000000; ++i)
        again += symbol("_" + std::to_string(i % 1000)) + "\x90" + std::string("\x70\x00", 2);
    const Buffer repeated(again);
    made.image.binds = repeated.view();
    EXPECT_EQ(extract().size(), 1000U);
}

}  // namespace
}  // namespace strata::extract
