// Image heads and failures.
#include "record/head.h"

#include <gtest/gtest.h>

#include "record/head_view.h"

#include "samples.h"

namespace strata::record {
namespace {

void expect_equal(const Head& a, const Head& b) {
    EXPECT_EQ(a.uuid, b.uuid);
    EXPECT_EQ(a.source_version, b.source_version);
    EXPECT_EQ(a.has_build_version, b.has_build_version);
    EXPECT_EQ(a.min_os, b.min_os);
    EXPECT_EQ(a.sdk, b.sdk);
    EXPECT_EQ(a.address, b.address);
    EXPECT_EQ(a.segment_addresses, b.segment_addresses);
    EXPECT_EQ(a.section_addresses, b.section_addresses);
    EXPECT_EQ(a.section_digests, b.section_digests);
    EXPECT_EQ(a.dependency_versions, b.dependency_versions);
    EXPECT_EQ(a.aliases, b.aliases);
    EXPECT_EQ(a.stabs, b.stabs);
    EXPECT_EQ(a.redacted, b.redacted);
    EXPECT_EQ(a.unmapped_locals, b.unmapped_locals);
    for (const auto kind : kColumnKinds) {
        const auto& left = a.column(kind);
        const auto& right = b.column(kind);
        EXPECT_EQ(left.count, right.count) << column_name(kind);
        EXPECT_EQ(left.bytes, right.bytes) << column_name(kind);
        EXPECT_TRUE(left.same_content(right)) << column_name(kind);
        ASSERT_EQ(left.chunks.size(), right.chunks.size());
        for (size_t i = 0; i < left.chunks.size(); ++i) EXPECT_EQ(left.chunks[i].id, right.chunks[i].id);
    }
    ASSERT_EQ(a.failure.has_value(), b.failure.has_value());
    if (!a.failure) return;
    EXPECT_EQ(a.failure->file, b.failure->file);
    EXPECT_EQ(a.failure->offset, b.failure->offset);
    EXPECT_EQ(a.failure->message, b.failure->message);
    EXPECT_EQ(a.failure->expected, b.failure->expected);
}

void expect_round_trip(const Head& head) {
    expect_equal(decode_head(encode_head(head).bytes()), head);
}

TEST(HeadRecord, RoundTrip) {
    expect_round_trip(sample_head());
}

TEST(HeadRecord, InPlaceSaysTheSame) {
    const Head head = sample_head();
    const auto message = encode_head(head);
    const HeadView view(message.bytes());
    EXPECT_FALSE(view.failed());
    EXPECT_EQ(view.uuid(), head.uuid);
    EXPECT_EQ(view.address(), head.address);
    const auto same = [](std::span<const uint64_t> got, const std::vector<uint64_t>& want) {
        return std::vector<uint64_t>(got.begin(), got.end()) == want;
    };
    EXPECT_TRUE(same(view.section_addresses(), head.section_addresses));
    EXPECT_TRUE(same(view.segment_addresses(), head.segment_addresses));
    EXPECT_EQ(view.aliases(), (std::vector<std::string_view>(head.aliases.begin(), head.aliases.end())));
    for (const auto kind : kColumnKinds) {
        std::vector<uint64_t> ids;
        for (const auto& chunk : head.column(kind).chunks) ids.push_back(chunk.id);
        EXPECT_TRUE(same(view.chunk_ids(kind), ids)) << column_name(kind);
    }
    EXPECT_TRUE(HeadView(encode_head([] {
                             Head failed;
                             failed.failure = Failure{"f", 0, "m", ""};
                             return failed;
                         }())
                             .bytes())
                    .failed());
}

TEST(HeadRecord, Empty) {
    expect_round_trip(Head{});
}

TEST(HeadRecord, ZeroIsNotAbsent) {
    Head head;
    head.source_version = 0;
    head.has_build_version = true;
    head.failure = Failure{"f", 0, "m", ""};
    expect_round_trip(head);
    head.failure->offset.reset();
    expect_round_trip(head);
}

TEST(HeadRecord, ManyChunksAndSections) {
    test::Random random(50);
    Head head = sample_head();
    for (uint64_t i = 0; i < 10'000; ++i) {
        head.column(ColumnKind::kStrings).chunks.push_back({random.word(), base::sha256(&i, sizeof i)});
        head.section_addresses.push_back(random.word());
        head.aliases.push_back(random.name(random.below(100)));
    }
    expect_round_trip(head);
}

TEST(Failure, NamesTheFileWithoutItsFolder) {
    const auto failure = Failure::from(base::Error::input("/caches/x/cache.01", 16, "bad magic", "feedfacf"));
    EXPECT_EQ(failure.file, "cache.01");
    EXPECT_EQ(failure.offset, 16U);
    EXPECT_EQ(failure.message, "bad magic");
    EXPECT_EQ(failure.expected, "feedfacf");
    EXPECT_EQ(Failure::from(base::Error::io("cache", "gone")).file, "cache");
    EXPECT_FALSE(Failure::from(base::Error::io("cache", "gone")).offset);
}

TEST(ColumnRef, ContentIsDigestsNotIds) {
    const ColumnRef a{1, 2, {{7, base::sha256("a", 1)}}};
    const ColumnRef b{1, 2, {{9, base::sha256("a", 1)}}};
    const ColumnRef longer{2, 4, {{7, base::sha256("a", 1)}, {8, base::sha256("b", 1)}}};
    EXPECT_TRUE(a.same_content(b));
    EXPECT_FALSE(a.same_content(longer));
    EXPECT_FALSE(longer.same_content(a));
    EXPECT_TRUE(ColumnRef{}.same_content(ColumnRef{}));
}

}  // namespace
}  // namespace strata::record
