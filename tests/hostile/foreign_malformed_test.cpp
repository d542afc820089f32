// The collection of malformed files as ELF and PE files, through workers: no crash, no hang, bounded memory, on either
// side; and as many again with their headers changed.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "chunk_checks.h"
#include "extract/foreign_facts.h"
#include "extract/sniff.h"
#include "running.h"
#include "support/random.h"
#include "support/temp_dir.h"

namespace strata::hostile {
namespace {

namespace fs = std::filesystem;
using foreign::Format;

// A worker's own 60 MB, the 192 MiB that any file may cost, and five times the largest file here.
constexpr long kWorkerKib = 400L * 1024;

class ForeignMalformed : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto caches = e2e::caches_dir();
        const fs::path archive = caches ? caches->parent_path() / "malformed.tar.xz" : fs::path();
        if (!fs::exists(archive)) GTEST_SKIP() << e2e::kNoData;
        const std::string command = "tar -xJf '" + archive.string() + "' -C '" + dir_.path().string() + "'";
        ASSERT_EQ(std::system(command.c_str()), 0) << command;
        for (const auto& entry : fs::recursive_directory_iterator(dir_.path()))
            if (entry.is_regular_file() && entry.path().parent_path().filename() != "dsc")
                files_.push_back(entry.path());
        std::sort(files_.begin(), files_.end());
    }

    /// Reads and checks all that comes of it; the message when it is refused.
    std::string read(Format format, const std::string& name, const std::string& bytes) {
        const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
        const base::ByteSource source{name, data};
        const auto start = std::chrono::steady_clock::now();
        std::string refusal;
        try {
            fuzz::ChunkChecker checker;
            checker.finish(extract::extract_foreign(
                pool_, format, {&source, data, bytes.size()}, [](uint64_t) {}, checker.sink()));
            ++read_;
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::kInput) << error.what();
            EXPECT_EQ(error.file(), name);
            refusal = error.message();
            ++refused_;
            if (refusal.starts_with("the ")) ++ended_[refusal.substr(0, refusal.find("of processor"))];
        }
        EXPECT_LT(std::chrono::steady_clock::now() - start, kTimeLimit) << name;
        return refusal;
    }

    static std::optional<Format> format_of(const std::string& bytes) {
        const base::ByteSource source{"start", reinterpret_cast<const uint8_t*>(bytes.data())};
        const auto kind = extract::sniff({&source, source.base, bytes.size()});
        if (kind == extract::FileKind::kElf) return Format::kElf;
        if (kind == extract::FileKind::kPe) return Format::kPe;
        return std::nullopt;
    }

    void TearDown() override {
        std::printf("%zu read, %zu refused, %u workers\n", read_, refused_, pool_.started());
        for (const auto& [how, count] : ended_) std::printf("%zu times %s\n", count, how.c_str());
    }

    const e2e::TempDir dir_;
    std::vector<fs::path> files_;
    foreign::WorkerPool pool_{foreign::WorkerProgram::other(STRATA_BIN)};
    size_t read_ = 0;
    size_t refused_ = 0;
    std::map<std::string, size_t> ended_;
};

TEST_F(ForeignMalformed, EachAsBothFormats) {
    EXPECT_GE(files_.size(), 1000U);
    for (const auto& file : files_) {
        const std::string bytes = e2e::read_file(file);
        const auto format = format_of(bytes);
        read(format.value_or(Format::kElf), file.filename().string(), bytes);
        if (!format) read(Format::kPe, file.filename().string(), bytes);
    }
    EXPECT_GE(read_, 50U);
    EXPECT_GE(refused_, 1000U);
}

TEST_F(ForeignMalformed, MutationsOfEach) {
    test::Random random(4);
    size_t mutants = 0;
    // Those that are no ELF or PE files would be refused at the first byte: the others more often instead.
    while (mutants < files_.size()) {
        for (const auto& file : files_) {
            std::string bytes = e2e::read_file(file);
            const auto format = format_of(bytes);
            if (!format) continue;
            const uint64_t reach = std::min<uint64_t>(bytes.size(), random.below(2) == 0 ? 1024 : bytes.size());
            for (int i = 0; i < 4; ++i) {
                const uint64_t at = random.below(reach);
                if (at >= 4) bytes[at] = static_cast<char>(random.below(4) == 0 ? 0xff : random.below(256));
            }
            read(*format, file.filename().string(), bytes);
            ++mutants;
        }
        ASSERT_GT(mutants, 0U);
    }
    EXPECT_GE(read_, 50U);
}

/// Of all workers there were, in this process's whole life.
TEST_F(ForeignMalformed, WorkersStaySmall) {
    if (!e2e::memory_is_measurable()) GTEST_SKIP() << "a sanitizer's memory is not ours";
    {
        foreign::WorkerPool pool(foreign::WorkerProgram::other(STRATA_BIN));
        for (const auto& file : files_) {
            const std::string bytes = e2e::read_file(file);
            const auto format = format_of(bytes);
            if (!format) continue;
            const base::ByteSource source{"file", reinterpret_cast<const uint8_t*>(bytes.data())};
            try {
                (void)pool.read(*format, {&source, source.base, bytes.size()}, [](uint64_t) {});
            } catch (const base::Error&) {
            }
        }
    }
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    std::printf("largest worker %ld MiB\n", usage.ru_maxrss / 1024);
    EXPECT_LE(usage.ru_maxrss, kWorkerKib);
}

}  // namespace
}  // namespace strata::hostile
