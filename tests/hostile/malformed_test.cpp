// Damaged binaries found in the wild: over a thousand files that broke other readers. Each is given to `strata index`.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "reading.h"
#include "running.h"
#include "support/random.h"
#include "support/temp_dir.h"

namespace strata::hostile {
namespace {
namespace fs = std::filesystem;
using e2e::Outcome;

// Starting the program on every one would take a minute: of the folders that hold no caches at all, one in so many.
constexpr size_t kSample = 6;

class Malformed : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto caches = e2e::caches_dir();
        const fs::path archive = caches ? caches->parent_path() / "malformed.tar.xz" : fs::path();
        if (!fs::exists(archive)) GTEST_SKIP() << e2e::kNoData;
        const std::string command = "tar -xJf '" + archive.string() + "' -C '" + dir_.path().string() + "'";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }

    std::vector<fs::path> files_of(bool caches) const {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(dir_.path()))
            if (entry.is_regular_file() && (entry.path().parent_path().filename() == "dsc") == caches)
                files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        return files;
    }

    Outcome index(const fs::path& file) const {
        const auto start = std::chrono::steady_clock::now();
        const Outcome run =
            e2e::run_strata({"index", file.string(), "--name", file.filename().string(), "--store", dir_ / "store"});
        EXPECT_LT(std::chrono::steady_clock::now() - start, kTimeLimit) << describe(run);
        expect_orderly(run);
        return run;
    }

    e2e::TempDir dir_;
};

TEST_F(Malformed, Caches) {
    const auto files = files_of(true);
    EXPECT_GE(files.size(), 5U);
    size_t damaged = 0;
    for (const auto& file : files) {
        const Outcome run = index(file);
        // The folder also holds the sound caches that the damaged ones were made from.
        if (run.exit_code == e2e::kDone) continue;
        ++damaged;
        EXPECT_TRUE(holds(run.err, " at offset 0x") && holds(run.err, "expected ")) << describe(run);
    }
    EXPECT_GE(damaged, 2U);
}

TEST_F(Malformed, WhatIsNoCache) {
    const auto files = files_of(false);
    EXPECT_GE(files.size(), 1000U);
    for (size_t i = 0; i < files.size(); i += kSample) {
        const Outcome run = index(files[i]);
        // What is nothing known is refused; what is a Mach-O or an archive has images, of which some may be whole.
        if (run.exit_code == e2e::kDone) continue;
        EXPECT_TRUE(run.exit_code == e2e::kUsage || run.exit_code == e2e::kSomeFailed) << describe(run);
        EXPECT_TRUE(holds(run.err, files[i].filename().string().substr(0, 8))) << describe(run);
    }
}

/// The whole collection as one tree: whatever fails is listed, and nothing else is lost by it.
TEST_F(Malformed, AsATree) {
    const e2e::TempDir store;
    const Outcome run = e2e::run_strata({"index", dir_.path().string(), "--name", "all", "--store", store / "store"});
    expect_orderly(run);
    EXPECT_EQ(run.exit_code, e2e::kSomeFailed) << describe(run);
    EXPECT_TRUE(holds(run.err, " at offset 0x") && holds(run.err, "expected ")) << describe(run);
}

/// As many again: each file with some of its first bytes changed, where headers and tables are.
TEST_F(Malformed, MutationsOfEach) {
    test::Random random(20261122);
    const fs::path mutant = dir_.path() / "mutant";
    std::vector<fs::path> files = files_of(false);
    const auto caches = files_of(true);
    files.insert(files.end(), caches.begin(), caches.end());
    for (const auto& file : files) {
        if (fs::file_size(file) == 0) continue;
        std::string bytes = test::read_file(file);
        const uint64_t reach = random.below(2) == 0 ? 64 : 4096;
        for (int i = 0; i < 4; ++i)
            bytes[random.below(std::min<uint64_t>(bytes.size(), reach))] = static_cast<char>(random.below(256));
        test::write_file(mutant, bytes);
        const auto start = std::chrono::steady_clock::now();
        read_all(mutant);
        EXPECT_LT(std::chrono::steady_clock::now() - start, kTimeLimit) << file;
    }
}

/// All of them as images and as caches, by the fuzz targets' own programs: one process each.
TEST_F(Malformed, ReplayedByTheFuzzTargets) {
    for (const char* program : {STRATA_REPLAY_MACHO, STRATA_REPLAY_CACHE, STRATA_REPLAY_TRIE}) {
        if (*program == '\0') GTEST_SKIP() << "the fuzz targets are no replay programs in this build";
        const std::string command = std::string(program) + " '" + dir_.path().string() + "' > /dev/null";
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
    }
}

}  // namespace
}  // namespace strata::hostile
