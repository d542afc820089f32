// Symbols and places: what goes in comes out, sorted and once.
#include "record/symbols.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "samples.h"
#include "support/errors.h"

namespace strata::record {
namespace {

/// Everything a symbol says, owned.
using OwnedSymbol = std::tuple<std::string, uint8_t, std::string, std::string, Place>;

OwnedSymbol fact_of(const SymbolRecord& symbol, const SymbolSet& set) {
    const std::string dylib = symbol.dylib == kNoDylib ? "" : set.dylib_names[symbol.dylib];
    return {std::string(symbol.name), symbol.kind, dylib, std::string(symbol.target), symbol.place};
}

struct Encoded {
    std::vector<Chunk> names;
    std::vector<Chunk> places;
};

Encoded encode(SymbolSet& set) {
    Encoded encoded;
    encode_symbols(set.records, set.dylibs, [&](Chunk chunk) {
        (chunk.kind == ColumnKind::kSymbols ? encoded.names : encoded.places).push_back(std::move(chunk));
    });
    return encoded;
}

std::vector<OwnedSymbol> decode(const Encoded& encoded) {
    std::vector<OwnedSymbol> facts;
    EXPECT_EQ(encoded.names.size(), encoded.places.size());
    for (size_t c = 0; c < encoded.names.size(); ++c) {
        const SymbolsView names(encoded.names[c].message.bytes());
        const PlacesView places(encoded.places[c].message.bytes());
        EXPECT_EQ(names.size(), encoded.names[c].count);
        EXPECT_EQ(places.size(), encoded.places[c].count);
        EXPECT_EQ(names.size(), places.size());
        for (uint64_t i = 0; i < names.size(); ++i) {
            const auto kind = static_cast<uint8_t>(static_cast<uint8_t>(names.kind(i)) | names.flags(i));
            facts.emplace_back(names.name(i), kind, names.dylib(i), names.target(i), places.place(i));
        }
    }
    return facts;
}

TEST(Symbols, NoneGivesNoChunk) {
    SymbolSet set;
    EXPECT_TRUE(encode(set).names.empty());
}

TEST(Symbols, RoundTrip) {
    test::Random random(10);
    for (uint64_t round = 0; round < 200; ++round) {
        SymbolSet set;
        fill_symbols(set, round < 3 ? round : random.below(300), random);
        std::set<OwnedSymbol> expected;
        for (const auto& symbol : set.records) expected.insert(fact_of(symbol, set));
        const auto facts = decode(encode(set));
        ASSERT_TRUE(std::is_sorted(facts.begin(), facts.end(), [](const OwnedSymbol& a, const OwnedSymbol& b) {
            return std::get<0>(a) < std::get<0>(b);
        }));
        ASSERT_EQ(facts.size(), expected.size()) << "each symbol once";
        ASSERT_EQ(std::set<OwnedSymbol>(facts.begin(), facts.end()), expected);
    }
}

/// The content decides, not the order in which it was found.
TEST(Symbols, OrderOfInputDoesNotMatter) {
    test::Random random(11);
    SymbolSet set;
    fill_symbols(set, 2000, random);
    const auto first = encode(set);
    std::reverse(set.records.begin(), set.records.end());
    const auto second = encode(set);
    ASSERT_EQ(first.names.size(), second.names.size());
    for (size_t i = 0; i < first.names.size(); ++i) {
        EXPECT_EQ(first.names[i].digest, second.names[i].digest);
        EXPECT_EQ(first.places[i].digest, second.places[i].digest);
    }
}

TEST(Symbols, OrderOfDependenciesDoesNotMatter) {
    SymbolRecord symbol;
    symbol.name = "_a";
    const std::vector<std::string_view> dylibs{"/b", "/a"};
    const std::vector<std::string_view> swapped{"/a", "/c", "/b"};
    std::vector<Chunk> first;
    std::vector<Chunk> second;
    std::vector<SymbolRecord> records{symbol};
    records[0].dylib = 0;
    encode_symbols(records, dylibs, keep(first, ColumnKind::kSymbols));
    records[0].dylib = 2;
    encode_symbols(records, swapped, keep(second, ColumnKind::kSymbols));
    EXPECT_EQ(first.at(0).digest, second.at(0).digest) << "the names column knows the dylib by name only";
}

TEST(Symbols, BytesOrderNamesAsUnsigned) {
    SymbolSet set;
    for (const char* name : {"\xff", "a", "a\x80", "", "A", "aa", "ab\x01"})
        set.records.push_back({name, {}, {}, kNoDylib, 3});
    std::vector<std::string> names;
    for (const auto& fact : decode(encode(set))) names.push_back(std::get<0>(fact));
    EXPECT_EQ(names, (std::vector<std::string>{"", "A", "a", "aa", "ab\x01", "a\x80", "\xff"}));
}

/// 200,000 symbols are cut into chunks; nothing is lost at the cuts.
TEST(Symbols, ManyChunksAreSortedAndComplete) {
    test::Random random(12);
    SymbolSet set;
    fill_symbols(set, 200'000, random);
    std::set<OwnedSymbol> expected;
    for (const auto& symbol : set.records) expected.insert(fact_of(symbol, set));
    const auto encoded = encode(set);
    EXPECT_GT(encoded.names.size(), 5U);
    const auto facts = decode(encoded);
    EXPECT_EQ(facts.size(), expected.size());
    EXPECT_TRUE(std::is_sorted(facts.begin(), facts.end(), [](const OwnedSymbol& a, const OwnedSymbol& b) {
        return std::get<0>(a) < std::get<0>(b);
    }));
    EXPECT_EQ(std::set<OwnedSymbol>(facts.begin(), facts.end()), expected);
}

TEST(Places, FarOnesKeepAll64Bits) {
    SymbolSet set;
    const std::vector<Place> places{{kFarPlace, UINT64_MAX}, {0, UINT32_MAX}, {kFarPlace, 0},
                                    {kNoPlace, 0},           {0xfffd, 7},     {kFarPlace, 1ULL << 32}};
    const std::vector<std::string> names{"a", "b", "c", "d", "e", "f"};
    for (size_t i = 0; i < places.size(); ++i) set.records.push_back({names[i], {}, places[i], kNoDylib, 5});
    const auto encoded = encode(set);
    const PlacesView view(encoded.places.at(0).message.bytes());
    for (uint64_t i = places.size(); i-- > 0;) EXPECT_EQ(view.place(i), places[i]) << "any order of access: " << i;
}

TEST(Symbols, KindsHaveNames) {
    EXPECT_EQ(symbol_kind_name(SymbolKind::kExport), "export");
    EXPECT_EQ(symbol_kind_name(SymbolKind::kReexport), "reexport");
    EXPECT_EQ(symbol_kind_name(SymbolKind::kRedacted), "redacted");
}

TEST(Symbols, UnknownKindIsDamage) {
    std::vector<SymbolRecord> records{{"_a", {}, {}, kNoDylib, 0x0f}};
    std::vector<Chunk> chunks;
    encode_symbols(records, {}, keep(chunks, ColumnKind::kSymbols));
    const SymbolsView view(chunks.at(0).message.bytes());
    EXPECT_TRUE(test::fails_with("unknown symbol kind", [&] { view.kind(0); }));
}

}  // namespace
}  // namespace strata::record
