// The layout record.
#include "record/layout.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace strata::record {
namespace {

void expect_equal(const Layout& a, const Layout& b) {
    EXPECT_EQ(a.cpu_type, b.cpu_type);
    EXPECT_EQ(a.cpu_subtype, b.cpu_subtype);
    EXPECT_EQ(a.file_type, b.file_type);
    EXPECT_EQ(a.flags, b.flags);
    EXPECT_EQ(a.platform, b.platform);
    EXPECT_EQ(a.install_name, b.install_name);
    EXPECT_EQ(a.segments, b.segments);
    EXPECT_EQ(a.dependencies, b.dependencies);
    EXPECT_EQ(a.load_commands, b.load_commands);
    EXPECT_EQ(a.details, b.details);
    ASSERT_EQ(a.sections.size(), b.sections.size());
    for (size_t i = 0; i < a.sections.size(); ++i) {
        EXPECT_EQ(a.sections[i].segment, b.sections[i].segment);
        EXPECT_EQ(a.sections[i].name, b.sections[i].name);
        EXPECT_EQ(a.sections[i].size, b.sections[i].size);
        EXPECT_EQ(a.sections[i].flags, b.sections[i].flags);
        EXPECT_EQ(a.sections[i].align, b.sections[i].align);
        EXPECT_EQ(a.sections[i].literal_digest, b.sections[i].literal_digest);
    }
}

TEST(LayoutRecord, RoundTrip) {
    const auto layout = sample_layout();
    const auto chunk = encode_layout(layout);
    EXPECT_EQ(chunk.kind, ColumnKind::kLayout);
    EXPECT_EQ(chunk.count, 1U);
    expect_equal(decode_layout(chunk.message.bytes()), layout);
}

TEST(LayoutRecord, Empty) {
    const auto chunk = encode_layout(Layout{});
    expect_equal(decode_layout(chunk.message.bytes()), Layout{});
}

/// More than the builder was sized for: the message then has several segments, which must change nothing.
TEST(LayoutRecord, LongNamesAndManyParts) {
    test::Random random(40);
    const std::string name = random.name(100'000);
    Layout layout = sample_layout();
    layout.install_name = name;
    for (int i = 0; i < 3000; ++i) {
        layout.sections.push_back({"__DATA", "__data", random.word(), 0, 0, random.bytes(32)});
        layout.dependencies.push_back({std::string_view(name).substr(0, random.below(500)), 1});
        layout.details.push_back({0x8000001c, std::string_view(name).substr(0, random.below(500))});
        layout.segments.push_back({"__S", 1, 2, 3});
        layout.load_commands.push_back(0x19);
    }
    const auto chunk = encode_layout(layout);
    expect_equal(decode_layout(chunk.message.bytes()), layout);
    EXPECT_EQ(encode_layout(layout).digest, chunk.digest);
}

TEST(LayoutRecord, EachFactCounts) {
    const auto digest = encode_layout(sample_layout()).digest;
    auto changed = sample_layout();
    changed.sections[1].literal_digest[31] ^= 1;
    EXPECT_NE(encode_layout(changed).digest, digest);
    changed = sample_layout();
    changed.dependencies[0].kind = 1;
    EXPECT_NE(encode_layout(changed).digest, digest);
    changed = sample_layout();
    std::swap(changed.load_commands[0], changed.load_commands[1]);
    EXPECT_NE(encode_layout(changed).digest, digest);
}

}  // namespace
}  // namespace strata::record
