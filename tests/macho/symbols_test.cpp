// Symbol table entries and their names.
#include "macho/symbols.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/macho_maker.h"

namespace strata::macho {
namespace {

class SymbolTables : public ::testing::TestWithParam<bool> {
  protected:
    SymbolTable table(const test::Buffer& nlists) const { return {nlists.view(), pool_.view(), GetParam()}; }

    const test::MachoMaker maker_{GetParam()};
    const test::Buffer pool_{std::string("\0_first\0_last", 13)};
};
INSTANTIATE_TEST_SUITE_P(Symbols, SymbolTables, ::testing::Bool(),
                         [](const auto& wide) { return wide.param ? "Wide" : "Narrow"; });

TEST_P(SymbolTables, Entries) {
    const test::Buffer nlists(maker_.nlist(1, 0x0f, 3, 0x0280, 0xfffffff0) + maker_.nlist(8, 0x1e, 1, 0, 2));
    const auto symbols = table(nlists);
    ASSERT_EQ(symbols.size(), 2U);
    EXPECT_EQ(symbols[0].name, "_first");
    EXPECT_EQ(symbols[0].value, 0xfffffff0U);
    EXPECT_EQ(symbols[0].section, 3);
    EXPECT_EQ(symbols[0].desc, 0x0280);
    EXPECT_EQ(symbols[0].library_ordinal(), 2U);
    EXPECT_TRUE(symbols[0].is_external());
    EXPECT_FALSE(symbols[0].is_private());
    EXPECT_EQ(symbols[0].kind(), kNSection);
    EXPECT_EQ(symbols[1].name, "_last") << "the pool's end ends a name";
    EXPECT_TRUE(symbols[1].is_private());
    EXPECT_THROW(symbols[2], base::Error);
    EXPECT_THROW(symbols[UINT64_MAX], base::Error);
}

TEST_P(SymbolTables, NamesOutsideThePoolAreEmpty) {
    for (const uint32_t strx : {0U, 7U, 13U, 14U, UINT32_MAX}) {
        const test::Buffer nlists(maker_.nlist(strx, 0x0f, 1, 0, 0));
        EXPECT_EQ(table(nlists)[0].name, "") << strx;
    }
}

TEST_P(SymbolTables, APartialEntryIsNone) {
    const std::string entry = maker_.nlist(1, 0x0f, 1, 0, 0);
    const test::Buffer nlists(entry + entry.substr(1));
    EXPECT_EQ(table(nlists).size(), 1U);
    const test::Buffer nothing("");
    EXPECT_EQ(table(nothing).size(), 0U);
}

TEST(SymbolEntry, Kinds) {
    SymbolEntry entry;
    entry.type = 0x64;
    EXPECT_TRUE(entry.is_stab());
    entry.type = kNExternal;
    EXPECT_TRUE(entry.is_undefined());
    EXPECT_FALSE(entry.is_stab());
    entry.type = kNPrebound | kNExternal;
    EXPECT_TRUE(entry.is_undefined());
    entry.type = kNAbsolute;
    EXPECT_EQ(entry.kind(), kNAbsolute);
    EXPECT_FALSE(entry.is_undefined());
}

}  // namespace
}  // namespace strata::macho
