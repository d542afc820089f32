// What is written is read: in place, once, in order.
#include <gtest/gtest.h>

#include <set>

#include "support/errors.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::store {
namespace {

using record::ColumnKind;
using test::fails_with;
using test::MadeFacts;
using test::put_firmware;
using test::TempDir;

MadeFacts facts_of(uint64_t seed, uint64_t count = 50) {
    test::Random random(seed);
    MadeFacts facts;
    for (uint64_t i = 0; i < count; ++i) {
        facts.symbols.push_back(
            {"_symbol" + std::to_string(random.below(100'000)), record::SymbolKind::kExport, i * 16, "", ""});
        facts.strings.push_back(random.bytes(random.below(60)));
        facts.functions.push_back({1, static_cast<uint32_t>(i * 16), 16});
    }
    facts.layout.install_name = "/usr/lib/libmade.dylib";
    return facts;
}

/// All names of an image, chunk by chunk.
std::vector<std::string> names_of(Reader& reader, const record::Head& head) {
    std::vector<std::string> names;
    for (const auto& chunk : head.column(ColumnKind::kSymbols).chunks) {
        const Lease lease = reader.column(chunk.id);
        const record::SymbolsView view(lease.message());
        for (uint64_t i = 0; i < view.size(); ++i) names.emplace_back(view.name(i));
    }
    return names;
}

std::vector<std::string> names_of(const MadeFacts& facts) {
    std::set<std::pair<std::string, uint64_t>> symbols;
    for (const auto& symbol : facts.symbols) symbols.emplace(symbol.name, symbol.offset);
    std::vector<std::string> names;
    for (const auto& [name, offset] : symbols) names.push_back(name);
    return names;
}

TEST(Store, RoundTrip) {
    const TempDir dir;
    const std::vector<std::pair<std::string, MadeFacts>> images{
        {"/a", facts_of(1)}, {"/b", facts_of(2, 100'000)}, {"/b@0x1", facts_of(3, 0)}};
    {
        Writer writer(dir / "store");
        put_firmware(writer, "one", images);
        writer.flush();
    }
    Reader reader(dir / "store");
    const auto firmware = reader.firmware("one");
    EXPECT_TRUE(firmware.complete);
    EXPECT_EQ(firmware.images, 3U);
    auto cursor = reader.heads(firmware.id);
    for (const auto& [path, facts] : images) {
        ASSERT_TRUE(cursor->valid());
        EXPECT_EQ(cursor->path(), path);
        const auto head = cursor->head();
        EXPECT_EQ(names_of(reader, head), names_of(facts));
        EXPECT_EQ(reader.head(firmware.id, path)->uuid, head.uuid);
        cursor->next();
    }
    EXPECT_FALSE(cursor->valid());
    EXPECT_NO_THROW(cursor->check());
    EXPECT_FALSE(reader.head(firmware.id, "/c"));
    EXPECT_EQ(reader.counters().records_copied, 0U) << "after flush() all columns are read where they lie";
    EXPECT_GT(reader.counters().records_in_place, 3U);
    EXPECT_GT(reader.sizes().columns, 0U);
    EXPECT_GT(reader.sizes().filters, 0U);
    EXPECT_GE(reader.sizes().total, reader.sizes().columns);
}

TEST(Store, ACursorStaysInItsFirmware) {
    const TempDir dir;
    Writer writer(dir / "store");
    const auto one = put_firmware(writer, "one", {{"/a", facts_of(1)}, {"/c", facts_of(1)}});
    const auto two = put_firmware(writer, "two", {{"/b", facts_of(1)}});
    writer.flush();
    Reader reader(dir / "store");
    auto cursor = reader.heads(one.id);
    cursor->seek("/b");
    ASSERT_TRUE(cursor->valid());
    EXPECT_EQ(cursor->path(), "/c");
    cursor->seek("/d");
    EXPECT_FALSE(cursor->valid()) << "the next key is another firmware's";
    EXPECT_EQ(reader.heads(two.id)->path(), "/b");
    EXPECT_EQ(reader.firmwares().size(), 2U);
}

TEST(Store, EqualContentIsStoredOnce) {
    const TempDir dir;
    Writer writer(dir / "store");
    const auto first = put_facts(writer, facts_of(1));
    const auto written = writer.counters().chunks_written;
    EXPECT_EQ(writer.counters().chunks_shared, 0U);
    const auto second = put_facts(writer, facts_of(1));
    EXPECT_EQ(writer.counters().chunks_written, written) << "before the commit";
    EXPECT_EQ(writer.counters().chunks_shared, written);
    writer.commit();
    const auto third = put_facts(writer, facts_of(1));
    EXPECT_EQ(writer.counters().chunks_written, written) << "after it";
    for (const auto kind : record::kColumnKinds)
        for (size_t i = 0; i < first.column(kind).chunks.size(); ++i) {
            EXPECT_EQ(second.column(kind).chunks[i].id, first.column(kind).chunks[i].id);
            EXPECT_EQ(third.column(kind).chunks[i].id, first.column(kind).chunks[i].id);
        }
}

TEST(Store, ContentIsSharedBetweenRuns) {
    const TempDir dir;
    uint64_t id = 0;
    {
        Writer writer(dir / "store");
        id = put_facts(writer, facts_of(1)).column(ColumnKind::kSymbols).chunks.at(0).id;
        writer.flush();
    }
    Writer writer(dir / "store");
    EXPECT_EQ(put_facts(writer, facts_of(1)).column(ColumnKind::kSymbols).chunks.at(0).id, id);
    EXPECT_EQ(writer.counters().chunks_written, 0U);
}

TEST(Store, IdsAscendAcrossCommitsAndRuns) {
    const TempDir dir;
    uint64_t last = 0;
    for (uint64_t run = 0; run < 4; ++run) {
        Writer writer(dir / "store");
        for (uint64_t image = 0; image < 3; ++image) {
            const auto head = put_facts(writer, facts_of(100 + run * 10 + image));
            for (const auto kind : {ColumnKind::kSymbols, ColumnKind::kFunctions, ColumnKind::kStrings})
                for (const auto& chunk : head.column(kind).chunks) {
                    if (chunk.id <= last && writer.counters().chunks_shared != 0)
                        continue;  // shared with an earlier image
                    EXPECT_GT(chunk.id, last);
                    last = chunk.id;
                }
            writer.commit();
        }
        writer.flush();
    }
    EXPECT_GT(last, 12U);
}

TEST(Store, FirmwareIdsAreNeverUsedAgain) {
    const TempDir dir;
    uint32_t last = 0;
    for (int run = 0; run < 3; ++run) {
        Writer writer(dir / "store");
        const auto firmware = put_firmware(writer, "same name", {{"/a", facts_of(1)}});
        EXPECT_GT(firmware.id, last);
        last = firmware.id;
        writer.remove_firmware(firmware);
        EXPECT_FALSE(writer.find("same name"));
        EXPECT_EQ(writer.head_state(firmware.id, "/a"), Writer::HeadState::kAbsent);
    }
}

TEST(Store, RemovingOneFirmwareLeavesTheOthers) {
    const TempDir dir;
    {
        Writer writer(dir / "store");
        const auto one = put_firmware(writer, "one", {{"/a", facts_of(1)}});
        put_firmware(writer, "two", {{"/a", facts_of(1)}});
        writer.flush();
        writer.remove_firmware(one);
        writer.flush();
    }
    Reader reader(dir / "store");
    EXPECT_TRUE(fails_with("no firmware named \"one\"", [&] { reader.firmware("one"); }));
    const auto two = reader.firmware("two");
    EXPECT_EQ(names_of(reader, *reader.head(two.id, "/a")), names_of(facts_of(1))) << "shared columns stay";
}

TEST(Store, HeadStates) {
    const TempDir dir;
    Writer writer(dir / "store");
    record::Head failed;
    failed.failure = record::Failure{"cache", 16, "bad", "good"};
    writer.put_head(1, "/failed", failed);
    writer.put_head(1, "/whole", put_facts(writer, facts_of(1)));
    EXPECT_EQ(writer.head_state(1, "/whole"), Writer::HeadState::kAbsent) << "not before the commit";
    writer.commit();
    EXPECT_EQ(writer.head_state(1, "/whole"), Writer::HeadState::kWhole);
    EXPECT_EQ(writer.head_state(1, "/failed"), Writer::HeadState::kFailed);
    EXPECT_EQ(writer.head_state(2, "/whole"), Writer::HeadState::kAbsent);
    Reader reader(dir / "store");
    EXPECT_EQ(reader.head(1, "/failed")->failure->message, "bad");
}

TEST(Store, OddNamesAndPaths) {
    const TempDir dir;
    const std::string odd("\xff\0\x01/ \"'", 7);
    {
        Writer writer(dir / "store");
        put_firmware(writer, odd, {{odd, facts_of(1)}, {"", facts_of(2)}, {std::string(5000, 'p'), facts_of(3)}});
        writer.flush();
    }
    Reader reader(dir / "store");
    const auto firmware = reader.firmware(odd);
    EXPECT_TRUE(reader.head(firmware.id, odd));
    EXPECT_TRUE(reader.head(firmware.id, ""));
    EXPECT_TRUE(reader.head(firmware.id, std::string(5000, 'p')));
    for (const auto& firmware_in_list : reader.firmwares()) EXPECT_EQ(firmware_in_list.name, odd);
}

}  // namespace
}  // namespace strata::store
