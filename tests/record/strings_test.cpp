// Strings: what goes in comes out, sorted and once.
#include "record/strings.h"

#include <gtest/gtest.h>

#include <set>

#include "record/sorted_texts.h"
#include "samples.h"

namespace strata::record {
namespace {

using OwnedString = std::pair<std::string, std::string>;

const std::vector<std::string> kSections{"__DATA_CONST,__cfstring", "__TEXT,__cstring", "__TEXT,__odd\xff"};

std::vector<Chunk> encode(std::vector<StringRecord>& strings) {
    std::vector<Chunk> chunks;
    encode_strings(strings, kSections, keep(chunks, ColumnKind::kStrings));
    return chunks;
}

std::vector<OwnedString> decode_strings(const std::vector<Chunk>& chunks) {
    std::vector<OwnedString> facts;
    for (const auto& chunk : chunks) {
        const StringsView view(chunk.message.bytes());
        EXPECT_EQ(view.size(), chunk.count);
        for (uint64_t i = 0; i < view.size(); ++i) facts.emplace_back(view.value(i), view.section(i));
    }
    return facts;
}

TEST(Strings, RoundTrip) {
    test::Random random(20);
    for (uint64_t round = 0; round < 200; ++round) {
        std::vector<std::string> values(round < 3 ? round : random.below(400));
        std::vector<StringRecord> records;
        std::set<OwnedString> expected;
        for (auto& value : values) {
            value = random.one_in(2) ? random.crowded_name(4) : random.bytes(random.below(80));
            const auto section = static_cast<uint16_t>(random.below(kSections.size()));
            records.push_back({value, section});
            expected.emplace(value, kSections[section]);
        }
        const auto facts = decode_strings(encode(records));
        ASSERT_EQ(facts, std::vector<OwnedString>(expected.begin(), expected.end()))
            << "sorted by value, then section, each once";
    }
}

/// From wherever the look-up begins, some entries are empty.
TEST(Strings, TheEntryOfEachByte) {
    test::Random random(23);
    std::vector<std::string> values(60);
    std::vector<StringRecord> records;
    for (auto& value : values) {
        value = random.bytes(random.below(6));
        records.push_back({value, static_cast<uint16_t>(random.below(kSections.size()))});
    }
    const auto chunks = encode(records);
    ASSERT_EQ(chunks.size(), 1U);
    const SortedTexts texts(ColumnKind::kStrings, chunks[0].message.bytes());
    const BlobView& blob = texts.blob();
    EXPECT_TRUE(blob[0].empty() && blob[1].empty());
    for (uint64_t entry = 0; entry < blob.size(); ++entry)
        for (uint64_t at = blob.offset(entry); at < blob.offset(entry + 1); ++at)
            for (uint64_t first = 0; first <= entry; ++first) ASSERT_EQ(blob.entry_at(at, first), entry) << first;
    for (uint64_t first = 0; first <= blob.size(); ++first)
        EXPECT_EQ(blob.entry_at(blob.bytes().size(), first), blob.size());
}

TEST(Strings, ManyChunks) {
    test::Random random(21);
    std::vector<std::string> values(200'000);
    std::vector<StringRecord> records;
    std::set<OwnedString> expected;
    for (auto& value : values) {
        value = random.bytes(random.below(30));
        const auto section = static_cast<uint16_t>(random.below(kSections.size()));
        records.push_back({value, section});
        expected.emplace(value, kSections[section]);
    }
    const auto chunks = encode(records);
    EXPECT_GT(chunks.size(), 5U);
    EXPECT_EQ(decode_strings(chunks), std::vector<OwnedString>(expected.begin(), expected.end()));
}

TEST(Strings, OnlyNamesOfUsedSectionsAreStored) {
    std::vector<StringRecord> records{{"a", 2}};
    const auto chunks = encode(records);
    std::vector<Chunk> alone;
    std::vector<StringRecord> again{{"a", 0}};
    encode_strings(again, std::vector<std::string>{kSections[2]}, keep(alone, ColumnKind::kStrings));
    EXPECT_EQ(chunks.at(0).digest, alone.at(0).digest) << "another section's name must not change the digest";
}

TEST(Strings, OneHugeString) {
    const std::string huge(5U << 20, 'h');
    std::vector<StringRecord> records{{"a", 0}, {huge, 0}, {huge, 1}, {"z", 1}};
    EXPECT_EQ(decode_strings(encode(records)),
              (std::vector<OwnedString>{
                  {"a", kSections[0]}, {huge, kSections[0]}, {huge, kSections[1]}, {"z", kSections[1]}}));
}

}  // namespace
}  // namespace strata::record
