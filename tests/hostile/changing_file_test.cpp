// Files that change while they are read: cut, taken away, written to. No death by SIGBUS, nothing made up, a message
// that says what happened; and the whole file, indexed again, gives everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/merge_sort.h"
#include "dscgen/dscgen.h"
#include "extract/shared_cache_source.h"
#include "reading.h"
#include "running.h"

namespace strata::hostile {
namespace {
namespace fs = std::filesystem;
using e2e::Outcome;

/// A generated cache of one file, and a sound copy of it.
class ChangingFile : public ::testing::Test {
  protected:
    void make(uint32_t images, uint64_t symbols) {
        dscgen::Spec spec;
        spec.images = images;
        spec.symbols = symbols;
        spec.era = 0x140;
        spec.arch = dscgen::Arch::arm64;
        sound_ = dscgen::make(spec, dir_ / "sound").main_file;
        restore();
    }
    /// Puts the sound bytes back: in place, as a download that goes on would.
    void restore() const {
        fs::create_directories(fs::path(file()).parent_path());
        std::ofstream(file(), std::ios::binary | std::ios::trunc) << std::ifstream(sound_, std::ios::binary).rdbuf();
    }
    std::string file() const { return dir_ / "cache/dyld_shared_cache_arm64"; }
    std::string store() const { return dir_ / "store"; }
    std::vector<std::string> index() const {
        return {"index", file(), "--name", "it", "--jobs", "2", "--store", store()};
    }
    uint64_t size() const { return fs::file_size(sound_); }

    /// The restored file completes the same firmware: what an undisturbed store says of it.
    void expect_completes() const {
        restore();
        Outcome again = e2e::run_strata(index());
        if (again.exit_code == e2e::kUsage && holds(again.err, "was indexed from other content")) {
            // Cut before its identity was taken: another file under the same name, and the message says what to do.
            const Outcome removed = e2e::run_strata({"remove", "it", "--store", store()});
            EXPECT_EQ(removed.exit_code, e2e::kDone) << describe(removed);
            again = e2e::run_strata(index());
        }
        EXPECT_EQ(again.exit_code, e2e::kDone) << describe(again);
        const Outcome fresh = e2e::run_strata({"index", sound_.string(), "--name", "sound", "--store", store()});
        EXPECT_EQ(fresh.exit_code, e2e::kDone) << describe(fresh);
        const Outcome diff = e2e::run_strata({"diff", "it", "sound", "--exit-code", "--store", store()});
        EXPECT_EQ(diff.exit_code, e2e::kDone) << describe(diff);
    }

    e2e::TempDir dir_;
    fs::path sound_;
};

/// Cuts the file at a moment of the run, for some moments; whichever it hits, the outcome is in order.
TEST_F(ChangingFile, CutDuringTheRun) {
    make(300, 150'000);
    bool told = false;
    for (const int after_ms : {3, 8, 15, 30, 60, 90}) {
        std::error_code ignored;
        fs::remove_all(store(), ignored);
        restore();
        Running run(index());
        std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
        fs::resize_file(file(), size() / 3);
        const auto outcome = run.wait(std::chrono::seconds(60));
        ASSERT_TRUE(outcome) << "it hangs";
        expect_orderly(*outcome);
        if (outcome->exit_code == e2e::kDone) continue;  // it was done before
        told = told || holds(outcome->err, "while it was in use") || holds(outcome->err, "truncated");
        EXPECT_TRUE(holds(outcome->err, "dyld_shared_cache_arm64")) << describe(*outcome);
        // Cut before it was opened, it is another file, under the same name.
        const auto state = e2e::run_strata({"list", "--json", "--store", store()});
        EXPECT_EQ(state.exit_code, e2e::kDone) << describe(state);
        if (holds(outcome->err, "while it was in use")) expect_completes();
    }
    EXPECT_TRUE(told) << "no moment hit the run";
}

TEST_F(ChangingFile, TakenAwayDuringTheRun) {
    make(300, 150'000);
    Running run(index());
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    fs::remove(file());
    const auto outcome = run.wait(std::chrono::seconds(60));
    ASSERT_TRUE(outcome) << "it hangs";
    // A file that was open stays readable without its name.
    expect_orderly(*outcome);
    expect_completes();
}

/// The same at known points, through the library: after opening, every image either fails for this reason or not at
/// all.
TEST_F(ChangingFile, EveryImageAfterTheCutFails) {
    make(20, 4'000);
    for (const uint64_t left : {uint64_t{0}, uint64_t{1}, size() / 2, size() - 1}) {
        restore();
        const extract::SharedCacheSource source(file());
        fs::resize_file(file(), left);
        for (uint64_t i = 0; i < source.image_count(); ++i) {
            try {
                (void)source.extract(i, [](const record::Chunk&) {});
                ADD_FAILURE() << "image " << i << " was read from a file cut to " << left << " of " << size()
                              << " bytes";
            } catch (const base::Error& error) {
                EXPECT_TRUE(holds(error.what(), "while it was in use")) << error.what();
            }
        }
    }
}

/// No byte is missing and no signal comes: only the time of the last change tells.
TEST_F(ChangingFile, WrittenToInPlace) {
    make(4, 200);
    const extract::SharedCacheSource source(file());
    {
        std::fstream out(file(), std::ios::binary | std::ios::in | std::ios::out);
        out.seekp(static_cast<std::streamoff>(size() / 2));
        out << "other bytes";
    }
    // Times of files are as coarse as the kernel's clock tick.
    fs::last_write_time(file(), fs::last_write_time(file()) + std::chrono::seconds(1));
    for (uint64_t i = 0; i < source.image_count(); ++i)
        EXPECT_THROW((void)source.extract(i, [](const record::Chunk&) {}), base::Error);
}

/// Cut and restored all the time while one reader after another opens it.
TEST_F(ChangingFile, ChangingAllTheTime) {
    make(20, 4'000);
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        while (!stop) {
            for (const uint64_t part : {4U, 2U, 3U, 1U}) fs::resize_file(file(), size() / part);
            restore();
        }
    });
    for (int i = 0; i < 300; ++i) (void)read_all(file(), Check::kNothing);
    stop = true;
    writer.join();
    restore();
    const ReadOutcome whole = read_all(file());
    EXPECT_EQ(whole.facts.size(), 20U);
}

/// What is sorted are bytes of the file: an order that changes in the middle must not lead out of the array.
TEST(Sorting, SurvivesAnOrderThatChanges) {
    std::mt19937_64 random(7);
    for (size_t size = 0; size < 400; size += size < 70 ? 1 : 37) {
        std::vector<uint64_t> items(size);
        std::iota(items.begin(), items.end(), 0);
        base::merge_sort(items, [&](uint64_t, uint64_t) { return random() % 2 == 0; });
        std::vector<uint64_t> seen = items;
        std::sort(seen.begin(), seen.end());
        for (size_t i = 0; i < size; ++i) ASSERT_EQ(seen[i], i) << "an item was lost";

        base::merge_sort(items, std::less<>());
        EXPECT_TRUE(std::is_sorted(items.begin(), items.end()));
        base::merge_sort(items, [](uint64_t a, uint64_t b) { return a % 10 < b % 10; });
        for (size_t i = 1; i < size; ++i) {
            EXPECT_LE(items[i - 1] % 10, items[i] % 10);
            const bool in_order = items[i - 1] % 10 != items[i] % 10 || items[i - 1] < items[i];
            EXPECT_TRUE(in_order) << "equal items keep their order";
        }
    }
}

}  // namespace
}  // namespace strata::hostile
