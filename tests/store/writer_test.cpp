// Commits that go on behind the writer's back.
#include "store/writer.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/store_maker.h"

namespace strata::store {
namespace {

using test::error_of;
using test::MadeFacts;
using test::put_facts;
using test::TempDir;
namespace fs = std::filesystem;

/// Strings that no other tag has, of about this many bytes.
MadeFacts facts_of(const std::string& tag, size_t bytes) {
    MadeFacts facts;
    const std::string filling(1000, 'x');
    for (size_t i = 0; i * filling.size() < bytes; ++i) facts.strings.push_back(tag + std::to_string(i) + filling);
    return facts;
}

/// More than a writer stages.
constexpr size_t kOverOneCommit = kColumnFileBytes + (4U << 20);

std::vector<uint64_t> ids_of(const record::Head& head) {
    std::vector<uint64_t> ids;
    for (const auto& column : head.columns)
        for (const auto& chunk : column.chunks) ids.push_back(chunk.id);
    return ids;
}

TEST(Writer, WhatIsBeingCommittedIsFound) {
    const TempDir dir;
    Writer writer(dir / "store");
    const auto first = put_facts(writer, facts_of("small", 1000));
    writer.put_head(1, "/small", first);
    const auto large = put_facts(writer, facts_of("large", kOverOneCommit));
    // The commit that this began may be over by now, or not.
    const auto found = writer.whole_head(1, "/small");
    ASSERT_TRUE(found);
    EXPECT_EQ(ids_of(*found), ids_of(first));
    const auto written = writer.counters().chunks_written;
    EXPECT_EQ(ids_of(put_facts(writer, facts_of("small", 1000))), ids_of(first));
    EXPECT_EQ(ids_of(put_facts(writer, facts_of("large", kOverOneCommit))), ids_of(large));
    EXPECT_EQ(writer.counters().chunks_written, written) << "all of it is there already";
}

TEST(Writer, AWriterThatGoesLeavesWholeCommits) {
    const TempDir dir;
    record::Head small;
    {
        Writer writer(dir / "store");
        small = put_facts(writer, facts_of("small", 1000));
        writer.put_head(1, "/small", small);
        (void)put_facts(writer, facts_of("large", kOverOneCommit));
        // Nobody waits for what this began, and the rest is never committed.
    }
    Reader reader(dir / "store");
    const auto head = reader.head(1, "/small");
    ASSERT_TRUE(head);
    ASSERT_EQ(ids_of(*head), ids_of(small));
    for (const auto id : ids_of(*head)) EXPECT_FALSE(reader.column(id).message().empty());
}

TEST(Writer, ACommitThatFailsIsToldByTheNext) {
    const TempDir dir;
    Writer writer(dir / "store");
    (void)put_facts(writer, facts_of("small", 1000));
    // The file that is being staged is gone; the next one can be made.
    fs::remove_all(dir / "store" / "staging");
    fs::create_directories(dir / "store" / "staging");
    const auto error = error_of([&] {
        const auto large = put_facts(writer, facts_of("large", kOverOneCommit));
        writer.put_head(1, "/large", large);
        writer.commit();
    });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::ErrorKind::kStore);
    EXPECT_TRUE(error_of([&] { writer.commit(); })) << "and by every one after that";
    EXPECT_FALSE(Reader(dir / "store").head(1, "/large"));
}

}  // namespace
}  // namespace strata::store
