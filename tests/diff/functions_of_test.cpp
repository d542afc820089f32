// Functions and the names of their addresses.
#include "diff/functions_of.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "support/store_maker.h"

namespace strata::diff {
namespace {

using test::MadeFacts;
using test::MadeSymbol;
using test::TempDir;

/// Every function gets the name that sorts first, or an exported one before all others, wherever the symbols come.
TEST(FunctionsOf, TheBestOfSeveralNames) {
    constexpr uint64_t kFunctions = 3000;
    MadeFacts facts;
    for (uint64_t i = 0; i < kFunctions; ++i) {
        const uint64_t offset = i * 0x1235;  // up to three digits of the sort
        facts.functions.push_back({1, static_cast<uint32_t>(offset), 16});
        const std::string number = std::to_string(i);
        if (i % 5 == 4) continue;  // no name
        facts.symbols.push_back({"_b" + number, record::SymbolKind::kLocal, offset, "", ""});
        if (i % 5 >= 1) facts.symbols.push_back({"_a" + number, record::SymbolKind::kLocal, offset, "", ""});
        if (i % 5 == 2)
            facts.symbols.push_back(
                {"_z" + number, record::SymbolKind::kExport, offset, "", "", record::kSymbolExported});
        if (i % 5 == 3) facts.symbols.push_back({"_0" + number, record::SymbolKind::kImport, offset, "", ""});
    }
    std::shuffle(facts.symbols.begin(), facts.symbols.end(), std::mt19937(1));
    const TempDir dir;
    {
        store::Writer writer(dir / "store");
        test::put_firmware(writer, "one", {{"/a", facts}});
        writer.flush();
    }
    store::Reader reader(dir / "store");
    const auto head = reader.head(reader.firmware("one").id, "/a");
    ASSERT_TRUE(head);
    const auto functions = functions_of(reader, *head);
    ASSERT_EQ(functions.items.size(), kFunctions);
    const std::array<std::string, 5> best{"_b", "_a", "_z", "_a", ""};
    for (uint64_t i = 0; i < kFunctions; ++i) {
        EXPECT_EQ(functions.items[i].address, head->section_addresses[0] + i * 0x1235);
        EXPECT_EQ(functions.items[i].name, i % 5 == 4 ? "" : best[i % 5] + std::to_string(i));
    }
}

TEST(FunctionsOf, NoSymbols) {
    const TempDir dir;
    {
        store::Writer writer(dir / "store");
        MadeFacts facts;
        facts.functions = {{1, 0, 16}, {1, 16, 4}};
        test::put_firmware(writer, "one", {{"/a", facts}});
        writer.flush();
    }
    store::Reader reader(dir / "store");
    const auto functions = functions_of(reader, *reader.head(reader.firmware("one").id, "/a"));
    ASSERT_EQ(functions.items.size(), 2U);
    EXPECT_EQ(functions.items[1].name, "");
}

}  // namespace
}  // namespace strata::diff
