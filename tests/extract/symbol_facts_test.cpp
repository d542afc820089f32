// Merging nlist, exports trie and unmapped locals into one list.
#include <gtest/gtest.h>

#include "facts.h"
#include "support/errors.h"
#include "support/macho_maker.h"

namespace strata::extract {
namespace {

using record::SymbolKind;
using test::uleb;

/// Collects nlists and their names.
struct Table {
    void add(std::string_view name, uint8_t type, uint8_t section, uint16_t desc, uint64_t value) {
        nlists += maker.nlist(static_cast<uint32_t>(pool.size()), type, section, desc, value);
        pool += std::string(name) + '\0';
    }
    test::MachoMaker maker;
    std::string nlists;
    std::string pool = std::string(1, '\0');
};

class SymbolFacts : public ::testing::Test {
  protected:
    SymbolFacts() {
        made_.add_section("__TEXT", "__text", 0x10800, 0x100, 0x80000400);
        made_.add_section("__DATA", "__data", 0x20000, 0x100, 0);
        made_.image.dependencies = {{"/usr/lib/liba.dylib", macho::DependencyKind::kLoad, 0, 0},
                                    {"/usr/lib/libb.dylib", macho::DependencyKind::kLoad, 0, 0}};
    }

    std::vector<StoredSymbol> extract() {
        const test::Buffer nlists(own_.nlists), pool(own_.pool), trie(trie_), local_nlists(locals_.nlists),
            local_pool(locals_.pool);
        made_.image.nlists = nlists.view();
        made_.image.string_pool = pool.view();
        made_.image.exports_trie = trie.view();
        made_.locals = {local_nlists.view(), local_pool.view(), true};
        Kept kept;
        AddressNames names;
        counts_ = extract_symbols(made_.context(), names, kept.sink());
        return symbols_of(kept);
    }

    MadeImage made_;
    Table own_;
    Table locals_;
    std::string trie_;
    SymbolCounts counts_;
};

TEST_F(SymbolFacts, NlistAndTrieEntryAreOneSymbol) {
    own_.add("_both", 0x0f, 1, 0, 0x10810);
    trie_ = test::make_trie({"", {{"_both", {uleb(0) + uleb(0x810), {}}}}});
    const auto symbols = extract();
    ASSERT_EQ(symbols.size(), 1U);
    EXPECT_EQ(symbols[0].kind, SymbolKind::kExport);
    EXPECT_EQ(symbols[0].flags, record::kSymbolExported);
    EXPECT_EQ(symbols[0].place, (record::Place{1, 0x10}));
}

TEST_F(SymbolFacts, TheSameNameElsewhereIsAnotherSymbol) {
    own_.add("_name", 0x0e, 1, 0, 0x10810);
    trie_ = test::make_trie({"", {{"_name", {uleb(0) + uleb(0x10000), {}}}}});
    const auto symbols = extract();
    ASSERT_EQ(symbols.size(), 2U);
    EXPECT_EQ(symbols[0].kind, SymbolKind::kLocal);
    EXPECT_EQ(symbols[0].place, (record::Place{1, 0x10}));
    EXPECT_EQ(symbols[1].kind, SymbolKind::kExport);
    EXPECT_EQ(symbols[1].place, (record::Place{2, 0}));
}

TEST_F(SymbolFacts, ImportsKnowTheirLibrary) {
    own_.add("_a", 0x01, 0, 0x0100, 0);
    own_.add("_b", 0x01, 0, 0x0240, 0);
    own_.add("_flat", 0x01, 0, 0xfe00, 0);
    own_.add("_self", 0x01, 0, 0, 0);
    own_.add("_toofar", 0x01, 0, 0x0300, 0);
    const auto symbols = extract();
    ASSERT_EQ(symbols.size(), 5U);
    for (const auto& symbol : symbols) {
        EXPECT_EQ(symbol.kind, SymbolKind::kImport);
        EXPECT_EQ(symbol.place.section, record::kNoPlace);
    }
    EXPECT_EQ(symbols[0].dylib, "/usr/lib/liba.dylib");
    EXPECT_EQ(symbols[1].dylib, "/usr/lib/libb.dylib");
    EXPECT_EQ(symbols[1].flags, record::kSymbolWeak);
    for (size_t i = 2; i < 5; ++i) EXPECT_EQ(symbols[i].dylib, "") << symbols[i].name;
}

TEST_F(SymbolFacts, ReexportsNameTheirTarget) {
    trie_ = test::make_trie(
        {"",
         {{"_new", {uleb(8) + uleb(2) + std::string("_old\0", 5), {}}}, {"_same", {uleb(8) + uleb(1) + '\0', {}}}}});
    const auto symbols = extract();
    ASSERT_EQ(symbols.size(), 2U);
    EXPECT_EQ(symbols[0].kind, SymbolKind::kReexport);
    EXPECT_EQ(symbols[0].flags, record::kSymbolExported | record::kSymbolUnlisted) << "the symbol table has none";
    EXPECT_EQ(symbols[0].target, "_old");
    EXPECT_EQ(symbols[0].dylib, "/usr/lib/libb.dylib");
    EXPECT_EQ(symbols[1].target, "");
}

TEST_F(SymbolFacts, StabsAreCountedNotKept) {
    own_.add("source.c", 0x64, 1, 0, 0);
    own_.add("_local", 0x0e, 1, 0, 0x10800);
    locals_.add("other.c", 0x66, 1, 0, 0);
    EXPECT_EQ(extract().size(), 1U);
    EXPECT_EQ(counts_.stabs, 2U);
}

TEST_F(SymbolFacts, RealNamesReplaceRedactedOnes) {
    own_.add("<redacted>", 0x0e, 1, 0, 0x10810);
    own_.add("<redacted>", 0x0e, 1, 0, 0x10820);
    locals_.add("_real", 0x0e, 1, 0, 0x10810);
    const auto symbols = extract();
    EXPECT_EQ(counts_.redacted, 2U);
    EXPECT_EQ(counts_.unmapped_locals, 1U);
    ASSERT_EQ(symbols.size(), 2U);
    EXPECT_EQ(symbols[0].name, "<redacted>");
    EXPECT_EQ(symbols[0].kind, SymbolKind::kRedacted);
    EXPECT_EQ(symbols[0].place, (record::Place{1, 0x20}));
    EXPECT_EQ(symbols[1].name, "_real");
    EXPECT_EQ(symbols[1].kind, SymbolKind::kLocal);
}

TEST_F(SymbolFacts, KindsOfDefinedSymbols) {
    own_.add("_absolute", 0x03, 0, 0, 0x7ffffffffffff8);
    own_.add("_export", 0x0f, 1, 0, 0x10800);
    own_.add("_local", 0x0e, 1, 0, 0x10801);
    own_.add("_private", 0x1f, 1, 0, 0x10802);
    own_.add("_weak", 0x0f, 1, 0x80, 0x10803);
    const auto symbols = extract();
    ASSERT_EQ(symbols.size(), 5U);
    EXPECT_EQ(symbols[0].kind, SymbolKind::kAbsolute);
    EXPECT_EQ(symbols[0].place, (record::Place{record::kFarPlace, 0x7ffffffffffff8}));
    EXPECT_EQ(symbols[1].kind, SymbolKind::kExport);
    EXPECT_EQ(symbols[1].flags, record::kSymbolExported) << "without a trie the table says what is exported";
    EXPECT_EQ(symbols[2].kind, SymbolKind::kLocal);
    EXPECT_EQ(symbols[3].kind, SymbolKind::kLocal);
    EXPECT_EQ(symbols[3].flags, record::kSymbolPrivate);
    EXPECT_EQ(symbols[4].kind, SymbolKind::kWeak);
}

TEST_F(SymbolFacts, PlacesOutsideSections) {
    own_.add("_header", 0x0f, 1, 0, 0x10000);
    own_.add("_before", 0x0f, 0, 0, 0x100);
    const auto symbols = extract();
    EXPECT_EQ(symbols[0].place, (record::Place{record::kFarPlace, 0x100}));
    EXPECT_EQ(symbols[1].place, (record::Place{0, 0}));
}

/// A zero-filled section may be of any size: offsets beyond 32 bits are kept as addresses, not cut and not mistaken for
/// them.
TEST_F(SymbolFacts, PlacesFarIntoAHugeSection) {
    made_.add_section("__DATA", "__bss", 0x100000000, uint64_t{1} << 40, macho::kZerofill);
    own_.add("_far", 0x0f, 3, 0, 0x100000000 + (uint64_t{5} << 32));
    const auto symbols = extract();
    EXPECT_EQ(symbols[0].place, (record::Place{record::kFarPlace, 0x100000000 + (uint64_t{5} << 32)}));
}

TEST_F(SymbolFacts, NamesThatAddUpToTooMuchAreRefused) {
    // Every entry names the same long string.
    own_.pool.append(1 << 20, 'n').push_back('\0');
    for (int i = 0; i < 100; ++i) own_.nlists += own_.maker.nlist(1, 0x0e, 1, 0, 0x10800);
    EXPECT_TRUE(test::fails_with("symbol names of this image add up", [&] { extract(); }));
}

}  // namespace
}  // namespace strata::extract
