// Images that have the bytes of an earlier one of their source are not extracted again, and nothing else tells.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "record/strings.h"
#include "store/indexer.h"
#include "store/reader.h"
#include "support/temp_dir.h"

namespace strata::store {
namespace {

using test::TempDir;

struct MadeImage {
    std::string text;
    bool fails = false;
};

/// Images of one string each. Without `tells`, every image is read. `on_read` is told how often so far, this time too.
class MadeSource : public extract::Source {
  public:
    MadeSource(std::vector<MadeImage> images, bool tells, std::function<void(unsigned)> on_read = {})
        : images_(std::move(images)), tells_(tells), on_read_(std::move(on_read)) {
        info_.identity.bytes[0] = 1;
        info_.kind = "tree";
        info_.name = "made";
        info_.bytes = 1000;
    }

    const extract::SourceInfo& info() const override { return info_; }
    uint64_t image_count() const override { return images_.size(); }
    std::string image_key(uint64_t index) const override { return "image" + std::to_string(index); }
    uint64_t declared_bytes(uint64_t) const override { return 100; }
    std::optional<uint64_t> copy_of(uint64_t index) const override {
        for (uint64_t i = 0; tells_ && i < index; ++i)
            if (images_[i].text == images_[index].text) return i;
        return std::nullopt;
    }
    record::Head extract(uint64_t index, const record::ChunkSink& sink) const override {
        const unsigned times = ++read_;
        if (on_read_) on_read_(times);
        if (images_[index].fails) throw base::Error::io(image_key(index), "cannot be read");
        record::Head head;
        head.address = images_[index].text.size();
        const std::vector<std::string> sections{"__TEXT,__cstring"};
        std::vector<record::StringRecord> strings{{images_[index].text, 0}};
        record::encode_strings(strings, sections, [&](record::Chunk chunk) {
            auto& column = head.column(chunk.kind);
            column.count += chunk.count;
            column.bytes += chunk.message.size();
            column.chunks.push_back({0, chunk.digest, static_cast<uint32_t>(chunk.message.size())});
            sink(std::move(chunk));
        });
        return head;
    }
    unsigned times_read() const { return read_; }

  private:
    std::vector<MadeImage> images_;
    bool tells_;
    std::function<void(unsigned)> on_read_;
    extract::SourceInfo info_;
    mutable std::atomic<unsigned> read_{0};
};

/// Everything that the store says of a firmware.
std::vector<std::string> content_of(const std::filesystem::path& directory) {
    Reader reader(directory);
    const auto firmware = reader.firmware("x");
    std::vector<std::string> content{std::to_string(firmware.images) + " " + std::to_string(firmware.failed) + " " +
                                     std::to_string(firmware.extracted_bytes)};
    for (auto cursor = reader.heads(firmware.id); cursor->valid(); cursor->next()) {
        const auto head = cursor->head();
        std::string line(cursor->path());
        line += " " + std::to_string(head.address);
        if (head.failure) line += " " + head.failure->file + " " + head.failure->message;
        for (const auto& column : head.columns)
            for (const auto& chunk : column.chunks) line += " " + chunk.digest.hex() + "@" + std::to_string(chunk.id);
        content.push_back(line);
    }
    return content;
}

IndexResult index(const std::filesystem::path& store, const MadeSource& source, unsigned jobs,
                  base::StopFlag* stop = nullptr) {
    Writer writer(store);
    IndexOptions options;
    options.name = "x";
    options.jobs = jobs;
    options.stop = stop;
    return index_source(writer, source, options);
}

const std::vector<MadeImage> kImages{{"a"}, {"b"}, {"a"}, {"broken", true}, {"b"}, {"broken", true}, {"c"}, {"a"}};

TEST(Copies, TheStoreIsAsIfAllHadBeenRead) {
    const TempDir dir;
    const MadeSource all(kImages, false);
    const auto expected = index(dir / "all", all, 1);
    EXPECT_EQ(all.times_read(), kImages.size());
    for (const unsigned jobs : {1U, 4U}) {
        const auto store = dir / std::to_string(jobs);
        const MadeSource source(kImages, true);
        const auto result = index(store, source, jobs);
        EXPECT_EQ(source.times_read(), kImages.size() - 3) << "a copy of what failed is tried for itself";
        EXPECT_EQ(content_of(store), content_of(dir / "all"));
        EXPECT_EQ(result.extracted, expected.extracted);
        EXPECT_EQ(result.counters.chunks_written, expected.counters.chunks_written);
        EXPECT_EQ(result.counters.chunks_shared, expected.counters.chunks_shared);
        EXPECT_EQ(result.counters.bytes_shared, expected.counters.bytes_shared);
    }
}

TEST(Copies, OriginalsOfAnEarlierRunCount) {
    const TempDir dir;
    index(dir / "all", MadeSource(kImages, false), 1);
    base::StopFlag stop;
    const MadeSource first(kImages, true, [&](unsigned) { stop.request(); });
    ASSERT_TRUE(index(dir / "store", first, 1, &stop).interrupted);
    const MadeSource second(kImages, true);
    EXPECT_EQ(index(dir / "store", second, 1).resumed, 1U);
    EXPECT_EQ(second.times_read(), 4U) << "b, c, and what is broken twice; a is in the store";
    EXPECT_EQ(content_of(dir / "store"), content_of(dir / "all"));
}

TEST(Copies, ARunCanBeStoppedWhileCopiesOfWhatFailedAreRead) {
    const TempDir dir;
    base::StopFlag stop;
    const MadeSource source(std::vector<MadeImage>(50, {"broken", true}), true, [&](unsigned times) {
        if (times == 2) stop.request();
    });
    EXPECT_TRUE(index(dir / "store", source, 1, &stop).interrupted);
    EXPECT_EQ(source.times_read(), 2U);
}

TEST(Copies, TheLimitOfTheOutputIsWhereItIsWithoutThem) {
    const TempDir dir;
    const std::vector<MadeImage> images(80, {std::string(1U << 20, 'x'), false});
    index(dir / "all", MadeSource(images, false), 1);
    const MadeSource source(images, true);
    index(dir / "store", source, 1);
    EXPECT_EQ(source.times_read(), 1U);
    const auto content = content_of(dir / "store");
    EXPECT_TRUE(std::any_of(content.begin(), content.end(),
                            [](const std::string& line) { return line.find("over the limit") != std::string::npos; }));
    EXPECT_EQ(content, content_of(dir / "all"));
}

}  // namespace
}  // namespace strata::store
