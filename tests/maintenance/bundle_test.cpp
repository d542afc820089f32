#include "store/bundle.h"

#include <gtest/gtest.h>

#include <cstring>

#include "maintenance/stores.h"
#include "store/verify.h"
#include "store/writer.h"
#include "support/errors.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::test {
namespace {

std::string export_to_text(const std::filesystem::path& path, const std::vector<std::string>& firmwares) {
    std::string bundle;
    store::Reader reader(path);
    store::export_bundle(reader, firmwares, [&](std::string_view bytes) { bundle += bytes; });
    return bundle;
}

/// Hands out a text in small, uneven pieces, as a pipe does.
store::BundleReader::Fill pieces_of(const std::string& text) {
    return [&text, at = size_t{0}](char* data, size_t size) mutable {
        const size_t piece = std::min({size, text.size() - at, size_t{1} + at % 4099});
        std::memcpy(data, text.data() + at, piece);
        at += piece;
        return piece;
    };
}

store::ImportResult import_text(const std::filesystem::path& path, const std::string& bundle) {
    return store::import_bundle(path, "bundle", pieces_of(bundle));
}

/// How many columns have a filter.
size_t filters_in(const std::filesystem::path& path) {
    store::Reader reader(path);
    size_t count = 0;
    for (const auto kind : {record::ColumnKind::kSymbols, record::ColumnKind::kStrings})
        reader.for_each_filter(kind, {}, [&](uint64_t, std::string_view) { ++count; });
    return count;
}

class Bundle : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        dir_ = new TempDir;
        index_pair(*dir_ / "origin");
        before_ = new std::string(export_to_text(*dir_ / "origin", {"before"}));
        after_ = new std::string(export_to_text(*dir_ / "origin", {"after"}));
        both_ = new std::string(export_to_text(*dir_ / "origin", {"before", "after"}));
    }
    static void TearDownTestSuite() {
        delete both_;
        delete after_;
        delete before_;
        delete dir_;
    }
    static std::string origin_answers() {
        const auto origin = *dir_ / "origin";
        return everything(origin, "before") + everything(origin, "after") + diff_lines(origin, "before", "after");
    }
    static std::string answers(const std::filesystem::path& store) {
        return everything(store, "before") + everything(store, "after") + diff_lines(store, "before", "after");
    }

    static TempDir* dir_;
    static std::string* before_;
    static std::string* after_;
    static std::string* both_;
};

TempDir* Bundle::dir_ = nullptr;
std::string* Bundle::before_ = nullptr;
std::string* Bundle::after_ = nullptr;
std::string* Bundle::both_ = nullptr;

TEST_F(Bundle, TheSameFirmwaresGiveTheSameBytes) {
    EXPECT_EQ(export_to_text(*dir_ / "origin", {"before", "after"}), *both_);
}

TEST_F(Bundle, AnyOrderOfImportsGivesTheSameAnswers) {
    const std::vector<std::vector<const std::string*>> orders{
        {both_}, {before_, after_}, {after_, before_}, {after_, both_, before_}};
    for (const auto& order : orders) {
        const TempDir dir;
        for (const auto* bundle : order) import_text(dir / "store", *bundle);
        EXPECT_EQ(answers(dir / "store"), origin_answers());
        expect_sound(dir / "store");
        EXPECT_EQ(filters_in(dir / "store"), filters_in(*dir_ / "origin"));
    }
    EXPECT_GT(filters_in(*dir_ / "origin"), 24U);
}

TEST_F(Bundle, WhatIsThereIsNotStoredAgain) {
    const TempDir dir;
    index_source(dir / "store", {CachePair::get().before(), "before", 2, {}});
    const auto result = import_text(dir / "store", *both_);
    EXPECT_EQ(result.added, std::vector<std::string>{"after"});
    EXPECT_EQ(result.present, std::vector<std::string>{"before"});
    EXPECT_GT(result.columns_shared, result.columns_written);
    EXPECT_EQ(answers(dir / "store"), origin_answers());
    expect_sound(dir / "store");
}

TEST_F(Bundle, ADamagedBundleIsRefusedWhole) {
    const TempDir dir;
    index_source(dir / "store", {CachePair::get().before(), "before", 2, {}});
    const auto before = everything(dir / "store", "before");
    Random random(8);
    for (int i = 0; i < 60; ++i) {
        std::string bundle = *after_;
        const auto at = random.below(bundle.size());
        if (i % 2 == 0) {
            bundle.resize(at);
        } else {
            bundle[at] = static_cast<char>(bundle[at] ^ (1 << random.below(8)));
        }
        EXPECT_THROW(import_text(dir / "store", bundle), base::Error) << (i % 2 == 0 ? "cut at " : "flipped at ") << at;
        EXPECT_EQ(list_firmwares(dir / "store").size(), 1U);
    }
    EXPECT_EQ(everything(dir / "store", "before"), before);
    expect_sound(dir / "store");
    import_text(dir / "store", *after_);
    EXPECT_EQ(answers(dir / "store"), origin_answers());
}

TEST_F(Bundle, ANameOfOtherContentIsRefused) {
    const TempDir dir;
    index_source(dir / "store", {CachePair::get().before(), "after", 2, {}});
    EXPECT_THROW(import_text(dir / "store", *after_), base::Error);
    EXPECT_EQ(everything(dir / "store", "after"), [] {
        std::string text = everything(*dir_ / "origin", "before");
        for (size_t at = 0; (at = text.find("\"firmware\":\"before\"", at)) != std::string::npos;)
            text.replace(at, 19, "\"firmware\":\"after\"");
        return text;
    }());
}

/// What an import leaves that is killed between its heads and its manifest.
TEST(KilledImport, HeadsWithoutAManifestAreNobodys) {
    const TempDir dir;
    store::Writer writer(dir / "store");
    MadeFacts facts;
    facts.strings = {"one"};
    const auto head = put_facts(writer, facts);
    const uint32_t stray = writer.new_firmware_id() + 1;  // as an import numbers, before it has said so
    writer.put_head(stray, "/a", head);
    writer.flush();
    EXPECT_GT(writer.new_firmware_id(), stray);
}

TEST_F(Bundle, OnlyWholeFirmwaresAreCarried) {
    EXPECT_THROW(export_to_text(*dir_ / "origin", {"nobody"}), base::Error);
}

/// The same bundle with the schema of its firmware one lower.
std::string with_older_schema(const std::string& bundle) {
    std::string_view rest = bundle;
    store::BundleReader reader("bundle", [&](char* data, size_t size) {
        const size_t part = rest.copy(data, size);
        rest.remove_prefix(part);
        return part;
    });
    std::string older;
    store::BundleWriter writer([&](std::string_view bytes) { older += bytes; });
    store::BundleItem item;
    while (reader.next(item)) {
        if (item.kind != store::BundleEntry::kFirmware) {
            writer.write(item.kind, item.first, item.second());
            continue;
        }
        auto firmware = record::decode_firmware(item.first, item.second());
        firmware.schema_version = record::kSchemaVersion - 1;
        writer.write(item.kind, item.first, record::encode_firmware(firmware).bytes());
    }
    writer.finish();
    return older;
}

TEST_F(Bundle, FirmwaresOfAnOlderSchemaAreRefused) {
    const TempDir dir;
    EXPECT_TRUE(fails_with("older strata", [&] { import_text(dir / "store", with_older_schema(*before_)); }));
    import_text(dir / "store", *before_);
    expect_sound(dir / "store");
}

TEST_F(Bundle, NotABundle) {
    const TempDir dir;
    EXPECT_THROW(import_text(dir / "store", ""), base::Error);
    EXPECT_THROW(import_text(dir / "store", "dyld_v1   arm64"), base::Error);
}

}  // namespace
}  // namespace strata::test
