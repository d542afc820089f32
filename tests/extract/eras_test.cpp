// Facts of generated caches of every era, architecture and layout equal what the generator wrote down.
#include <gtest/gtest.h>

#include "extract/shared_cache_source.h"
#include "facts.h"
#include "support/cache_maker.h"

namespace strata::extract {
namespace {

using record::ColumnKind;
using record::SymbolKind;
using test::EraAndArch;
using test::MadeCache;

uint64_t count_kind(const std::vector<StoredSymbol>& symbols, SymbolKind kind) {
    return static_cast<uint64_t>(
        std::count_if(symbols.begin(), symbols.end(), [&](const auto& s) { return s.kind == kind; }));
}

void expect_facts(const SharedCacheSource& source, uint64_t index, const test::Json& truth) {
    Kept kept;
    const auto head = source.extract(index, kept.sink());
    for (const auto kind : record::kColumnKinds)
        EXPECT_EQ(head.column(kind).count, kept.count(kind)) << record::column_name(kind);
    EXPECT_EQ(kept.count(ColumnKind::kSymbols), truth.at("symbols").get<uint64_t>());
    EXPECT_EQ(kept.count(ColumnKind::kPlaces), truth.at("symbols").get<uint64_t>());
    EXPECT_EQ(kept.count(ColumnKind::kStrings), truth.at("strings").get<uint64_t>());
    EXPECT_EQ(kept.count(ColumnKind::kObjc), truth.at("objc").get<uint64_t>());
    EXPECT_EQ(kept.count(ColumnKind::kFunctions), truth.at("functions").get<uint64_t>());
    EXPECT_EQ(head.address, truth.at("address").get<uint64_t>());
    EXPECT_EQ(head.aliases, truth.at("aliases").get<std::vector<std::string>>());
    EXPECT_FALSE(head.failure);
    const auto symbols = symbols_of(kept);
    EXPECT_EQ(count_kind(symbols, SymbolKind::kImport), truth.at("imports").get<uint64_t>());
    EXPECT_EQ(count_kind(symbols, SymbolKind::kReexport), truth.at("reexports").get<uint64_t>());
    const auto exported = std::count_if(symbols.begin(), symbols.end(),
                                        [](const auto& s) { return (s.flags & record::kSymbolExported) != 0; });
    EXPECT_EQ(static_cast<uint64_t>(exported), truth.at("trie").get<uint64_t>());
    const auto layout = record::decode_layout(kept.of(ColumnKind::kLayout).at(0).message.bytes());
    EXPECT_EQ(layout.sections.size(), truth.at("sections").get<size_t>());
    EXPECT_EQ(layout.dependencies.size(), truth.at("dependencies").get<size_t>());
    EXPECT_EQ(head.section_digests.size(), layout.sections.size() * record::kSectionDigestSize);
    EXPECT_EQ(head.section_addresses.size(), layout.sections.size());
    EXPECT_EQ(head.segment_addresses.size(), layout.segments.size());
    EXPECT_EQ(head.dependency_versions.size(), 2 * layout.dependencies.size());
    EXPECT_GT(source.declared_bytes(index), 0U);
}

class Facts : public ::testing::TestWithParam<EraAndArch> {};
INSTANTIATE_TEST_SUITE_P(Extract, Facts, ::testing::ValuesIn(test::all_eras()),
                         test::era_name<::testing::TestParamInfo<EraAndArch>>);

TEST_P(Facts, EqualTheTruth) {
    const auto [era, arch] = GetParam();
    for (const auto layout : test::layouts_of(era)) {
        const MadeCache made(test::spec_of(era, arch, layout));
        SCOPED_TRACE("layout " + std::to_string(static_cast<int>(layout)));
        const SharedCacheSource source(made.main);
        ASSERT_EQ(source.image_count(), made.truth.size());
        for (uint64_t i = 0; i < source.image_count(); ++i) {
            SCOPED_TRACE(source.image_key(i));
            ASSERT_TRUE(made.truth.contains(source.image_key(i)));
            expect_facts(source, i, made.truth.at(source.image_key(i)));
        }
    }
}

class LocalsModes : public ::testing::TestWithParam<dscgen::Locals> {};
INSTANTIATE_TEST_SUITE_P(Extract, LocalsModes,
                         ::testing::Values(dscgen::Locals::kept, dscgen::Locals::unmapped, dscgen::Locals::redacted));

TEST_P(LocalsModes, EqualTheTruth) {
    for (const uint32_t era : {0x140U, 0x1c8U, 0x228U}) {
        auto spec = test::spec_of(era, dscgen::Arch::arm64e);
        spec.locals = GetParam();
        const MadeCache made(spec);
        const SharedCacheSource source(made.main);
        for (uint64_t i = 0; i < source.image_count(); ++i) {
            SCOPED_TRACE(source.image_key(i));
            const auto& truth = made.truth.at(source.image_key(i));
            expect_facts(source, i, truth);
            Kept kept;
            source.extract(i, kept.sink());
            const uint64_t expected = GetParam() == dscgen::Locals::redacted ? truth.at("redacted").get<uint64_t>() : 0;
            EXPECT_EQ(count_kind(symbols_of(kept), SymbolKind::kRedacted), expected);
        }
    }
}

/// Without the .symbols file the images' own tables say `<redacted>`; that is kept, address by address, and nothing
/// invented.
TEST(Extract, RedactedWithoutTheSymbolsFile) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64e));
    ASSERT_TRUE(std::filesystem::remove(made.file(".symbols")));
    const SharedCacheSource source(made.main);
    EXPECT_FALSE(source.info().warnings.empty());
    uint64_t redacted = 0;
    for (uint64_t i = 0; i < source.image_count(); ++i) {
        Kept kept;
        source.extract(i, kept.sink());
        const auto& truth = made.truth.at(source.image_key(i));
        const auto symbols = symbols_of(kept);
        const uint64_t without = truth.at("symbols").get<uint64_t>() - truth.at("locals").get<uint64_t>();
        EXPECT_EQ(symbols.size(), without + truth.at("redacted").get<uint64_t>());
        for (const auto& symbol : symbols) {
            EXPECT_EQ(symbol.kind == SymbolKind::kRedacted, symbol.name == "<redacted>");
            EXPECT_NE(symbol.kind, SymbolKind::kLocal);
        }
        redacted += count_kind(symbols, SymbolKind::kRedacted);
    }
    EXPECT_GT(redacted, 0U);
}

}  // namespace
}  // namespace strata::extract
