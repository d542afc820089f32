// What waits for its turn on disk comes back as it was, and workers do not wait for a long image.
#include "store/spill.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "record/strings.h"
#include "store/indexer.h"
#include "store/reader.h"
#include "support/random.h"
#include "support/temp_dir.h"

namespace strata::store {
namespace {

using test::TempDir;

std::string some_words(test::Random& random, size_t words) {
    std::string bytes(words * 8, '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(256));
    return bytes;
}

TEST(ChunkSpill, GivesBackWhatWasPut) {
    const TempDir dir;
    ChunkSpill spill(dir.path(), 1U << 20);
    test::Random random(51);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::pair<std::string, ChunkSpill::Place>> waiting;
        for (size_t words : {0, 1, 7, 5'000}) {
            const auto bytes = some_words(random, words);
            const auto place = spill.put(bytes);
            ASSERT_TRUE(place);
            waiting.emplace_back(bytes, *place);
        }
        while (!waiting.empty()) {
            const size_t i = random.below(waiting.size());
            EXPECT_EQ(spill.take(waiting[i].second).bytes(), waiting[i].first);
            waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    EXPECT_TRUE(std::filesystem::is_empty(dir.path())) << "the file has no name";
}

TEST(ChunkSpill, TakesNoMoreThanItMay) {
    const TempDir dir;
    ChunkSpill spill(dir.path(), 1000);
    const std::string bytes(400, 'x');
    EXPECT_FALSE(spill.put(std::string(1001, 'x')));
    const auto first = spill.put(bytes);
    const auto second = spill.put(bytes);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(spill.put(bytes));
    EXPECT_EQ(spill.take(*first).bytes(), bytes);
    EXPECT_FALSE(spill.put(bytes)) << "room comes back when nothing waits";
    EXPECT_EQ(spill.take(*second).bytes(), bytes);
    EXPECT_TRUE(spill.put(bytes));
}

TEST(ChunkSpill, WithoutAFileNothingIsTaken) {
    const TempDir dir;
    ChunkSpill spill(dir / "missing", 1000);
    EXPECT_FALSE(spill.put("12345678"));
    EXPECT_FALSE(spill.put("12345678"));
}

/// How large files may be, while this lives; who writes more gets an error.
class FilesUpTo {
  public:
    explicit FilesUpTo(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit both{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &both);
    }
    ~FilesUpTo() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FilesUpTo(const FilesUpTo&) = delete;
    FilesUpTo& operator=(const FilesUpTo&) = delete;

  private:
    void (*handler_)(int);
    rlimit before_{};
};

TEST(ChunkSpill, KeepsToWhatAFileMayHave) {
    const TempDir dir;
    const FilesUpTo limit(1000);
    ChunkSpill spill(dir.path(), 1U << 20);
    EXPECT_FALSE(spill.put(std::string(1008, 'x')));
    EXPECT_TRUE(spill.put(std::string(504, 'x'))) << "that was no trouble with the disk";
}

TEST(ChunkSpill, LeavesAFullDiskToTheStore) {
    const TempDir dir;
    ChunkSpill spill(dir.path(), 1U << 20);
    const std::string bytes(504, 'x');
    const auto first = spill.put(bytes);
    ASSERT_TRUE(first);
    {
        const FilesUpTo full(1000);
        EXPECT_FALSE(spill.put(bytes));
    }
    EXPECT_FALSE(spill.put("12345678")) << "not even when there is room again";
    EXPECT_EQ(spill.take(*first).bytes(), bytes) << "what was put is there";
}

TEST(ChunkSpill, IsSafeFromManyThreads) {
    const TempDir dir;
    ChunkSpill spill(dir.path(), 4U << 20);
    std::vector<std::thread> threads;
    for (uint64_t t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            test::Random random(60 + t);
            for (int i = 0; i < 300; ++i) {
                const auto bytes = some_words(random, 1 + random.below(200));
                const auto place = spill.put(bytes);
                ASSERT_TRUE(place);
                EXPECT_EQ(spill.take(*place).bytes(), bytes);
            }
        });
    for (auto& thread : threads) thread.join();
}

/// Many large images, the first of which is done when all others are.
class SlowStart : public extract::Source {
  public:
    SlowStart() {
        info_.identity.bytes[0] = 1;
        info_.kind = "tree";
        info_.name = "made";
        info_.bytes = kImages * kBytes;
    }

    static constexpr uint64_t kImages = 40;
    static constexpr uint64_t kBytes = 1U << 20;  // each; all others together are more than the queue holds

    const extract::SourceInfo& info() const override { return info_; }
    uint64_t image_count() const override { return kImages; }
    std::string image_key(uint64_t index) const override { return "image" + std::to_string(100 + index); }
    uint64_t declared_bytes(uint64_t) const override { return kBytes; }
    record::Head extract(uint64_t index, const record::ChunkSink& sink) const override {
        if (index == 0) wait_for_others();
        record::Head head;
        test::Random random(index);
        const auto text = some_words(random, kBytes / 8);
        std::vector<record::StringRecord> strings{{text, 0}};
        record::encode_strings(strings, std::vector<std::string>{"__TEXT,__cstring"}, [&](record::Chunk chunk) {
            head.column(chunk.kind).chunks.push_back({0, chunk.digest, static_cast<uint32_t>(chunk.message.size())});
            sink(std::move(chunk));
        });
        const std::lock_guard lock(mutex_);
        ++done_;
        changed_.notify_all();
        return head;
    }
    bool waited_in_vain() const { return in_vain_; }

  private:
    void wait_for_others() const {
        std::unique_lock lock(mutex_);
        in_vain_ = !changed_.wait_for(lock, std::chrono::seconds(60), [&] { return done_ == kImages - 1; });
    }

    extract::SourceInfo info_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable uint64_t done_ = 0;
    mutable std::atomic<bool> in_vain_ = false;
};

TEST(ChunkSpill, WorkersDoNotWaitForALongImage) {
    const TempDir dir;
    const SlowStart source;
    {
        Writer writer(dir / "store");
        IndexOptions options;
        options.name = "x";
        options.jobs = 2;
        const auto result = index_source(writer, source, options);
        EXPECT_EQ(result.extracted, SlowStart::kImages);
    }
    EXPECT_FALSE(source.waited_in_vain());
    Reader reader(dir / "store");
    auto cursor = reader.heads(reader.firmware("x").id);
    uint64_t last_id = 0;
    for (uint64_t i = 0; i < SlowStart::kImages; ++i, cursor->next()) {
        ASSERT_TRUE(cursor->valid());
        const auto head = cursor->head();
        const auto& chunks = head.column(record::ColumnKind::kStrings).chunks;
        ASSERT_EQ(chunks.size(), 1U);
        EXPECT_TRUE(i == 0 || chunks[0].id > last_id) << "stored in order";
        last_id = chunks[0].id;
        test::Random random(i);
        EXPECT_EQ(record::StringsView(reader.column(chunks[0].id).message()).value(0),
                  some_words(random, SlowStart::kBytes / 8));
    }
}

}  // namespace
}  // namespace strata::store
