// Indexing a source: resume, failures, names, and the same store on any number of threads.
#include "store/indexer.h"

#include <gtest/gtest.h>

#include "extract/shared_cache_source.h"
#include "store/reader.h"
#include "support/buffer.h"
#include "support/cache_maker.h"
#include "support/errors.h"

namespace strata::store {
namespace {

using extract::SharedCacheSource;
using test::MadeCache;
using test::TempDir;

/// Heads and digests of a firmware: everything but ids.
std::vector<std::string> content_of(const std::filesystem::path& directory, const std::string& name) {
    Reader reader(directory);
    std::vector<std::string> content;
    auto cursor = reader.heads(reader.firmware(name).id);
    for (; cursor->valid(); cursor->next()) {
        const auto head = cursor->head();
        std::string line(cursor->path());
        for (const auto kind : record::kColumnKinds)
            for (const auto& chunk : head.column(kind).chunks)
                line += " " + chunk.digest.hex() + "@" + std::to_string(chunk.id);
        content.push_back(line);
    }
    return content;
}

IndexResult index(const std::filesystem::path& store, const SharedCacheSource& source, const std::string& name,
                  unsigned jobs = 1, base::StopFlag* stop = nullptr) {
    Writer writer(store);
    IndexOptions options;
    options.name = name;
    options.jobs = jobs;
    options.stop = stop;
    return index_source(writer, source, options);
}

class IndexerTest : public ::testing::Test {
  protected:
    const MadeCache made_{test::spec_of(0x228, dscgen::Arch::arm64e, dscgen::Layout::split, 20)};
    const SharedCacheSource source_{made_.main};
    const TempDir dir_;
};

TEST_F(IndexerTest, ThreadsDoNotChangeTheStore) {
    index(dir_ / "one", source_, "x", 1);
    index(dir_ / "eight", source_, "x", 8);
    EXPECT_EQ(content_of(dir_ / "one", "x"), content_of(dir_ / "eight", "x")) << "ids included";
    EXPECT_EQ(content_of(dir_ / "one", "x").size(), made_.truth.size());
}

TEST_F(IndexerTest, ManifestSaysWhatWasRead) {
    const auto result = index(dir_ / "store", source_, "x");
    EXPECT_EQ(result.extracted, made_.truth.size());
    EXPECT_EQ(result.resumed, 0U);
    EXPECT_FALSE(result.interrupted);
    const auto firmware = Reader(dir_ / "store").firmware("x");
    EXPECT_TRUE(firmware.complete);
    EXPECT_EQ(firmware.images, made_.truth.size());
    EXPECT_EQ(firmware.failed, 0U);
    EXPECT_EQ(firmware.arch, "arm64e");
    EXPECT_EQ(firmware.identity, source_.info().identity.view());
    EXPECT_EQ(firmware.source_bytes(), source_.info().bytes);
}

TEST_F(IndexerTest, ASecondRunReadsNothing) {
    index(dir_ / "store", source_, "x");
    const auto again = index(dir_ / "store", source_, "");
    EXPECT_EQ(again.firmware.name, "x") << "the content is known under that name";
    EXPECT_EQ(again.extracted, 0U);
    EXPECT_EQ(again.resumed, made_.truth.size());
    EXPECT_EQ(again.bytes_read, 0U);
    EXPECT_EQ(again.counters.chunks_written, 0U);
}

TEST_F(IndexerTest, StoppedRunsAreResumed) {
    base::StopFlag stop;
    uint64_t done = 0;
    {
        Writer writer(dir_ / "store");
        IndexOptions options;
        options.name = "x";
        options.jobs = 1;
        options.stop = &stop;
        options.progress = [&](const IndexProgress& progress) {
            done = progress.done;
            if (done == 3) stop.request();
        };
        const auto result = index_source(writer, source_, options);
        EXPECT_EQ(result.interrupted, done < made_.truth.size());
    }
    ASSERT_GE(done, 3U);
    EXPECT_EQ(Reader(dir_ / "store").firmware("x").complete, done == made_.truth.size());
    const auto rest = index(dir_ / "store", source_, "x");
    EXPECT_EQ(rest.resumed, done);
    EXPECT_EQ(rest.resumed + rest.extracted, made_.truth.size());
    EXPECT_TRUE(rest.firmware.complete);
    index(dir_ / "whole", source_, "x");
    const auto without_ids = [](std::vector<std::string> lines) {
        for (auto& line : lines) line = line.substr(0, line.find('@'));
        return lines;
    };
    EXPECT_EQ(without_ids(content_of(dir_ / "store", "x")), without_ids(content_of(dir_ / "whole", "x")));
}

TEST_F(IndexerTest, ANameBelongsToItsContent) {
    index(dir_ / "store", source_, "x");
    auto spec = test::spec_of(0x228, dscgen::Arch::arm64e);
    spec.seed = 9;
    const MadeCache other(spec);
    const SharedCacheSource other_source(other.main);
    EXPECT_EQ(test::error_of([&] { index(dir_ / "store", other_source, "x"); })->kind(), base::ErrorKind::kUsage);
    EXPECT_TRUE(index(dir_ / "store", other_source, "y").firmware.complete);
    EXPECT_EQ(Reader(dir_ / "store").firmwares().size(), 2U);
}

TEST_F(IndexerTest, FailedImagesAreRecordedAndTriedAgain) {
    std::string bytes = test::read_file(made_.main);
    const test::Buffer file(bytes);
    const uint64_t path_field = file.view().u64(0x88, "images text") + 28;
    std::string damaged = bytes;
    test::put(damaged, path_field, test::le32(UINT32_MAX));
    test::write_file(made_.main, damaged);
    const SharedCacheSource broken(made_.main);
    const auto result = index(dir_ / "store", broken, "x", 2);
    EXPECT_EQ(result.firmware.failed, 1U);
    EXPECT_TRUE(result.firmware.complete);
    Reader reader(dir_ / "store");
    const auto head = reader.head(result.firmware.id, broken.image_key(0));
    ASSERT_TRUE(head && head->failure);
    EXPECT_EQ(head->failure->offset, path_field);
    EXPECT_EQ(head->failure->file, made_.main.filename());
    const auto again = index(dir_ / "store", broken, "x");
    EXPECT_EQ(again.extracted, 1U);
    EXPECT_EQ(again.firmware.failed, 1U);
}

}  // namespace
}  // namespace strata::store
