// Two firmwares side by side: nothing against itself, mirrored when turned round, the same on any number of threads.
#include "diff/firmware_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "extract/shared_cache_source.h"
#include "store/indexer.h"
#include "support/cache_maker.h"
#include "support/errors.h"
#include "support/store_maker.h"

namespace strata::diff {
namespace {

using test::put_firmware;

/// What one image's diff says, owned and sorted: added and removed can be told apart and exchanged.
struct Said {
    Status status{};
    std::string from;  ///< of a moved image
    std::multiset<std::string> added;
    std::multiset<std::string> removed;
    std::multiset<std::string> resized;
    bool operator==(const Said&) const = default;
    Said mirrored() const {
        const Status turned = status == Status::kAdded     ? Status::kRemoved
                              : status == Status::kRemoved ? Status::kAdded
                                                           : status;
        std::multiset<std::string> back;
        for (const auto& line : resized) {
            const auto first = line.find('|');
            const auto second = line.find('|', first + 1);
            back.insert(line.substr(0, first) + line.substr(second) + line.substr(first, second - first));
        }
        return {turned, "", removed, added, back};
    }
};

Said said_of(const ImageDiff& diff) {
    Said said{diff.status, diff.from, {}, {}, {}};
    const auto note = [](const auto& from, std::multiset<std::string>& to, const auto& text) {
        for (const auto& item : from) to.insert(text(item));
    };
    const auto symbol = [](const SymbolFact& s) {
        return "symbol " + std::string(s.name) + std::string(record::symbol_kind_name(s.kind)) + std::string(s.dylib);
    };
    note(diff.symbols.added, said.added, symbol);
    note(diff.symbols.removed, said.removed, symbol);
    for (const auto& change : diff.symbols.changed) {
        said.added.insert("changed " + symbol(change.after));
        said.removed.insert("changed " + symbol(change.before));
    }
    const auto string = [](const StringFact& s) { return "string " + std::string(s.value) + std::string(s.section); };
    note(diff.strings.added, said.added, string);
    note(diff.strings.removed, said.removed, string);
    note(diff.functions.added, said.added,
         [](const auto& f) { return "function " + f.name + std::to_string(f.after); });
    note(diff.functions.removed, said.removed,
         [](const auto& f) { return "function " + f.name + std::to_string(f.before); });
    note(diff.functions.resized, said.resized, [](const auto& f) {
        return "function " + f.name + "|" + std::to_string(f.before) + "|" + std::to_string(f.after);
    });
    note(diff.sections.added, said.added, [](const auto& s) { return "section " + s.section; });
    note(diff.sections.removed, said.removed, [](const auto& s) { return "section " + s.section; });
    note(diff.sections.resized, said.resized, [](const auto& s) {
        return "section " + s.section + "|" + std::to_string(s.before) + "|" + std::to_string(s.after);
    });
    note(diff.dependencies.added, said.added, [](const auto& d) { return "dependency " + d.name; });
    note(diff.dependencies.removed, said.removed, [](const auto& d) { return "dependency " + d.name; });
    for (const auto& scalar : diff.scalars)
        said.resized.insert(std::string(scalar.fact) + "|" + scalar.before + "|" + scalar.after);
    return said;
}

/// A generated cache and its next version, both in one store.
class FirmwareDiffTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        pair_ = std::make_unique<Pair>();
        auto spec = test::spec_of(0x228, dscgen::Arch::arm64e, dscgen::Layout::split, 60);
        spec.symbols = 60 * 150;
        dscgen::make(spec, (pair_->dir / "old").string());
        dscgen::Step step;
        step.change = 12;
        step.add = 4;
        step.remove = 3;
        step.move = 2;
        step.seed = 5;
        dscgen::next((pair_->dir / "old").string(), (pair_->dir / "new").string(), step);
        for (const std::string side : {"old", "new"}) {
            store::Writer writer(pair_->dir / "store");
            const extract::SharedCacheSource source(pair_->dir / side);
            store::IndexOptions options;
            options.name = side;
            options.jobs = 2;
            store::index_source(writer, source, options);
        }
        pair_->truth = test::read_truth(pair_->dir / "new/truth.jsonl");
    }
    static void TearDownTestSuite() { pair_.reset(); }

    struct Result {
        DiffSummary summary;
        std::vector<std::string> paths;  ///< in the order in which they came
        std::map<std::string, Said> images;
    };

    Result diff(const std::string& before, const std::string& after, unsigned jobs = 1,
                const base::StopFlag* stop = nullptr) {
        Result result;
        std::mutex mutex;
        DiffOptions options;
        options.jobs = jobs;
        options.stop = stop;
        result.summary = diff_firmwares(
            reader_, reader_.firmware(before), reader_.firmware(after), options,
            [&](const ImageDiff& image) {
                const std::lock_guard lock(mutex);
                result.images.emplace(image.path, said_of(image));
                return image.path;
            },
            [&](const RenderedImage& image) { result.paths.push_back(image.text); });
        return result;
    }

    struct Pair {
        test::TempDir dir;
        test::Truth truth;
    };
    static inline std::unique_ptr<Pair> pair_;
    store::Reader reader_{pair_->dir / "store"};
};

TEST_F(FirmwareDiffTest, AgainstItselfIsNothing) {
    const auto result = diff("old", "old");
    EXPECT_TRUE(result.images.empty());
    EXPECT_FALSE(result.summary.has_differences());
    EXPECT_EQ(result.summary.count(Status::kUnchanged), 60U);
    EXPECT_EQ(reader_.counters().records_in_place + reader_.counters().records_copied, 0U) << "no column is read";
}

TEST_F(FirmwareDiffTest, FindsWhatTheStepDid) {
    const auto result = diff("old", "new");
    uint64_t changed = 0;
    for (const auto& [path, truth] : pair_->truth) {
        const auto status = truth.at("status").get<std::string>();
        if (status == "changed") {
            ++changed;
            ASSERT_TRUE(result.images.contains(path)) << path;
        }
        if (status == "added" || status == "removed") {
            EXPECT_EQ(status_name(result.images.at(path).status), status);
        }
        if (status == "moved") {
            EXPECT_EQ(result.images.at(path).status, Status::kMoved);
            EXPECT_EQ(result.images.at(path).from, truth.at("old_path").get<std::string>());
            EXPECT_FALSE(result.images.contains(truth.at("old_path").get<std::string>()));
        }
    }
    EXPECT_EQ(result.summary.count(Status::kUpdated) + result.summary.count(Status::kRebuilt), changed);
    EXPECT_EQ(result.summary.count(Status::kAdded), 4U);
    EXPECT_EQ(result.summary.count(Status::kRemoved), 3U);
    EXPECT_EQ(result.summary.count(Status::kMoved), 2U);
    EXPECT_EQ(result.summary.count(Status::kUnchanged) + changed + 5, 60U);
}

TEST_F(FirmwareDiffTest, TurnedRoundIsMirrored) {
    const auto forward = diff("old", "new");
    const auto backward = diff("new", "old");
    ASSERT_EQ(forward.images.size(), backward.images.size());
    for (const auto& [path, said] : forward.images) {
        const auto& there = said.from.empty() ? path : said.from;
        ASSERT_TRUE(backward.images.contains(there)) << there;
        auto turned = said.mirrored();
        if (!said.from.empty()) turned.from = path;
        EXPECT_EQ(backward.images.at(there), turned) << path;
    }
    EXPECT_EQ(forward.summary.suppressed, backward.summary.suppressed);
    EXPECT_EQ(forward.summary.count(Status::kAdded), backward.summary.count(Status::kRemoved));
}

TEST_F(FirmwareDiffTest, ThreadsDoNotChangeTheOutput) {
    const auto one = diff("old", "new", 1);
    EXPECT_TRUE(std::is_sorted(one.paths.begin(), one.paths.end())) << "bytewise path order";
    EXPECT_EQ(one.paths.size(), one.images.size());
    for (const unsigned jobs : {2U, 8U}) {
        const auto many = diff("old", "new", jobs);
        EXPECT_EQ(many.paths, one.paths);
        EXPECT_EQ(many.images, one.images);
        EXPECT_EQ(many.summary.by_status, one.summary.by_status);
        EXPECT_EQ(many.summary.suppressed, one.summary.suppressed);
    }
}

TEST_F(FirmwareDiffTest, StopsWhenAsked) {
    base::StopFlag stop;
    stop.request();
    EXPECT_EQ(test::error_of([&] { diff("old", "new", 4, &stop); })->kind(), base::ErrorKind::kInterrupted);
}

TEST_F(FirmwareDiffTest, ErrorsOfRenderingAndWritingComeThrough) {
    const auto old_one = reader_.firmware("old");
    const auto new_one = reader_.firmware("new");
    DiffOptions options;
    options.jobs = 4;
    const auto failing = [](const auto&) -> std::string { throw base::Error::io("report", "disk full"); };
    const auto fine = [](const ImageDiff& image) { return image.path; };
    EXPECT_TRUE(test::fails_with(
        "disk full", [&] { diff_firmwares(reader_, old_one, new_one, options, failing, [](const auto&) {}); }));
    const auto unwritable = [](const RenderedImage&) { throw base::Error::io("report", "disk full"); };
    EXPECT_TRUE(
        test::fails_with("disk full", [&] { diff_firmwares(reader_, old_one, new_one, options, fine, unwritable); }));
}

TEST(FirmwareDiff, FailedImagesAreToldFromAddedOnes) {
    const test::TempDir dir;
    {
        store::Writer writer(dir / "store");
        record::Head failed;
        failed.failure = record::Failure{"cache", 16, "bad", "good"};
        const auto one = put_firmware(writer, "one", {{"/both", {}}, {"/gone", {}}});
        const auto two = put_firmware(writer, "two", {});
        writer.put_head(two.id, "/both", failed);
        writer.put_head(two.id, "/new", failed);
        writer.put_head(one.id, "/old", failed);
        writer.flush();
    }
    store::Reader reader(dir / "store");
    std::map<std::string, std::pair<Status, std::string>> images;
    std::mutex mutex;
    const auto summary = diff_firmwares(
        reader, reader.firmware("one"), reader.firmware("two"), {},
        [&](const ImageDiff& image) {
            const std::lock_guard lock(mutex);
            images[image.path] = {image.status, image.failed_side};
            return std::string();
        },
        [](const RenderedImage&) {});
    EXPECT_EQ(images.at("/both"), std::pair(Status::kFailed, std::string("new")));
    EXPECT_EQ(images.at("/new"), std::pair(Status::kFailed, std::string("new")));
    EXPECT_EQ(images.at("/old"), std::pair(Status::kFailed, std::string("old")));
    EXPECT_EQ(images.at("/gone").first, Status::kRemoved);
    EXPECT_EQ(summary.count(Status::kFailed), 3U);
}

}  // namespace
}  // namespace strata::diff
