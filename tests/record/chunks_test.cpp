// Where columns are cut, and what a digest stands for.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "record/column.h"
#include "samples.h"

namespace strata::record {
namespace {

constexpr uint64_t kMinChunk = 64U << 10;
constexpr uint64_t kMaxChunk = 512U << 10;

/// Names as a large image has them: sorted, distinct.
std::vector<std::string> many_names(uint64_t count) {
    test::Random random(70);
    std::set<std::string> names;
    while (names.size() < count) names.insert("_$s10Foundation" + std::to_string(random.below(100'000'000)) + "vgTj");
    return {names.begin(), names.end()};
}

std::vector<Chunk> encode(const std::vector<std::string>& names) {
    std::vector<SymbolRecord> records;
    for (const auto& name : names) records.push_back({name, {}, {1, records.size() * 4}, kNoDylib, 0});
    std::vector<Chunk> chunks;
    encode_symbols(records, {}, keep(chunks, ColumnKind::kSymbols));
    return chunks;
}

std::set<base::Digest> digests_of(const std::vector<Chunk>& chunks) {
    std::set<base::Digest> digests;
    for (const auto& chunk : chunks) digests.insert(chunk.digest);
    return digests;
}

uint64_t missing_from(const std::set<base::Digest>& a, const std::set<base::Digest>& b) {
    return static_cast<uint64_t>(
        std::count_if(a.begin(), a.end(), [&](const auto& digest) { return !b.contains(digest); }));
}

TEST(Chunks, SizesStayInBounds) {
    const auto chunks = encode(many_names(200'000));
    ASSERT_GT(chunks.size(), 10U);
    for (size_t i = 0; i < chunks.size(); ++i) {
        EXPECT_LE(chunks[i].message.size(), kMaxChunk + kMinChunk);
        if (i + 1 == chunks.size()) break;
        EXPECT_GE(chunks[i].message.size(), kMinChunk - (kMinChunk >> 2));
    }
}

/// The point of cutting by content: one more (or one less, or a changed) name leaves nearly all chunks as they are.
TEST(Chunks, OneNameChangesFewDigests) {
    const auto names = many_names(200'000);
    const auto before = digests_of(encode(names));
    test::Random random(71);
    uint64_t worst = 0;
    for (int round = 0; round < 12; ++round) {
        auto changed = names;
        const auto at = static_cast<ptrdiff_t>(random.below(names.size()));
        if (round % 3 == 0) changed.insert(changed.begin() + at, names[static_cast<size_t>(at)] + "A");
        if (round % 3 == 1) changed.erase(changed.begin() + at);
        if (round % 3 == 2) changed[static_cast<size_t>(at)] += "A";
        const auto after = digests_of(encode(changed));
        worst = std::max({worst, missing_from(before, after), missing_from(after, before)});
    }
    EXPECT_LE(worst, 4U);
    EXPECT_GT(before.size(), 20U);
}

TEST(Chunks, EqualNamesAreNeverParted) {
    // Runs of equal names, each longer than the size at which a chunk would be cut.
    std::vector<SymbolRecord> records;
    const std::vector<std::string> names{"_a", "_b", "_c", "_d", "_e"};
    for (const auto& name : names)
        for (uint64_t i = 0; i < 100'000; ++i) records.push_back({name, {}, {1, i}, kNoDylib, 3});
    std::vector<Chunk> chunks;
    encode_symbols(records, {}, keep(chunks, ColumnKind::kSymbols));
    EXPECT_GT(chunks.size(), 1U);
    std::string last;
    uint64_t total = 0;
    for (const auto& chunk : chunks) {
        const SymbolsView view(chunk.message.bytes());
        EXPECT_NE(view.name(0), last);
        last = view.name(view.size() - 1);
        total += view.size();
    }
    EXPECT_EQ(total, records.size());
}

TEST(ChunkCutter, CutsByContentBetweenTheBounds) {
    test::Random random(72);
    ChunkCutter cutter;
    uint64_t size = 0;
    uint64_t cuts = 0;
    for (int i = 0; i < 300'000; ++i) {
        const std::string name = random.name(40);
        size += 48;
        if (!cutter.ends_after(name, "another", 48)) {
            ASSERT_LT(size, kMaxChunk + 48);
            continue;
        }
        ASSERT_GE(size, kMinChunk);
        size = 0;
        ++cuts;
    }
    EXPECT_GT(cuts, 60U);
}

TEST(ChunkCutter, EndlessRunsAreCutAtLast) {
    ChunkCutter cutter;
    uint64_t size = 0;
    for (bool cut = false; !cut; size += 1000) {
        cut = cutter.ends_after("same", "same", 1000);
        ASSERT_LT(size, 5U << 20) << "a hostile run must not make a chunk of any size";
    }
    EXPECT_GE(size, 4U << 20);
}

TEST(Digests, KindsKeepEqualBytesApart) {
    std::set<base::Digest> digests;
    for (const auto kind : kColumnKinds) digests.insert(column_digest(kind, "same bytes"));
    EXPECT_EQ(digests.size(), kColumnKinds.size());
    EXPECT_EQ(column_digest(ColumnKind::kStrings, "x"), column_digest(ColumnKind::kStrings, "x"));
}

TEST(Digests, AreOfKindAndMessage) {
    for (const auto& chunk : encode({"_a", "_b"}))
        EXPECT_EQ(chunk.digest, column_digest(chunk.kind, chunk.message.bytes()));
}

TEST(ColumnNames, AreDistinct) {
    std::set<std::string> names;
    for (const auto kind : kColumnKinds) names.insert(column_name(kind));
    EXPECT_EQ(names, (std::set<std::string>{"layout", "symbols", "places", "functions", "strings", "code", "imports",
                                            "signature", "data", "objc", "swift"}));
}

}  // namespace
}  // namespace strata::record
