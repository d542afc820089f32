// Digests of whole files: of every byte, the same on any number of threads, and what cannot be read is said.
#include "base/file_content.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "support/temp_dir.h"

namespace strata::base {
namespace {

using test::TempDir;
using test::write_file;

constexpr uint64_t kMiB = 1U << 20;

class FileContent : public ::testing::Test {
  protected:
    void add(const std::string& bytes) {
        const auto path = dir_ / std::to_string(list_.sizes.size());
        write_file(path, bytes);
        list_.sizes.push_back(bytes.size());
        paths_.push_back(path);
        list_.open = [this](size_t i) { return std::shared_ptr<const MappedFile>(MappedFile::open(paths_[i])); };
    }
    std::vector<FileDigest> digests(Reading reading = {}) const { return digest_files(list_, reading); }

    TempDir dir_;
    std::vector<std::filesystem::path> paths_;
    FileList list_;
};

TEST_F(FileContent, EveryByteCountsAndNothingElse) {
    std::string bytes(3 * kMiB + 17, 'x');
    add(bytes);
    add(bytes);
    for (const uint64_t at : {uint64_t{0}, kMiB - 1, kMiB, 3 * kMiB, 3 * kMiB + 16}) {
        std::string other = bytes;
        other[at] = 'y';
        add(other);
    }
    add(bytes + "x");
    add(bytes.substr(1));
    const auto all = digests();
    EXPECT_EQ(all[0].digest, all[1].digest);
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].digest, digest_file(*MappedFile::open(paths_[i])));
    for (size_t i = 2; i < all.size(); ++i)
        for (size_t j = 1; j < i; ++j) EXPECT_NE(all[i].digest, all[j].digest) << i << " " << j;
}

TEST_F(FileContent, IsTheSameOnAnyNumberOfThreads) {
    for (int i = 0; i < 20; ++i) add(std::string(static_cast<size_t>(i) * kMiB / 4 + 1, static_cast<char>('a' + i)));
    const auto one = digests({1, nullptr, {}});
    for (const unsigned jobs : {2U, 3U, 16U}) {
        const auto many = digests({jobs, nullptr, {}});
        for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].digest, many[i].digest) << jobs;
    }
}

TEST_F(FileContent, OfNoFilesIsNothing) {
    EXPECT_TRUE(digests().empty());
}

TEST_F(FileContent, AFileThatShrankOrWentHasAnError) {
    add("first");
    add(std::string(2 * kMiB, 'x'));
    add("third");
    add("fourth");
    ASSERT_EQ(::truncate(paths_[1].c_str(), 5), 0);
    ASSERT_EQ(::unlink(paths_[2].c_str()), 0);
    const auto all = digests();
    EXPECT_FALSE(all[0].error);
    ASSERT_TRUE(all[1].error);
    EXPECT_EQ(all[1].error->kind(), ErrorKind::kIo);
    EXPECT_EQ(all[1].error->file(), paths_[1].string());
    ASSERT_TRUE(all[2].error);
    EXPECT_EQ(all[2].error->file(), paths_[2].string());
    EXPECT_FALSE(all[3].error);
}

struct sigaction guard_action;
std::atomic<int> signals{0};

/// Counts what the guard of mapped files gets to do.
class CountedSignals {
  public:
    CountedSignals() {
        signals = 0;
        struct sigaction count {};
        count.sa_sigaction = [](int signal, siginfo_t* info, void* context) {
            ++signals;
            guard_action.sa_sigaction(signal, info, context);
        };
        count.sa_flags = SA_SIGINFO | SA_NODEFER;
        ::sigaction(SIGBUS, &count, &guard_action);
    }
    ~CountedSignals() { ::sigaction(SIGBUS, &guard_action, nullptr); }
};

/// A signal and a mapping for each page that is missing would be a hundred thousand for a file of 400 MB.
TEST_F(FileContent, MissingPagesAreNotTouched) {
    add(std::string(8 * kMiB, 'x'));
    const std::shared_ptr<const MappedFile> file = MappedFile::open(paths_[0]);
    list_.open = [&](size_t) { return file; };
    ASSERT_EQ(::truncate(paths_[0].c_str(), 5), 0);
    const CountedSignals counted;
    EXPECT_TRUE(digests()[0].error);
    EXPECT_EQ(signals, 0);
}

TEST_F(FileContent, TellsHowFarItIsAndStopsWhenAsked) {
    for (int i = 0; i < 10; ++i) add(std::string(kMiB, 'x'));
    StopFlag stop;
    uint64_t last = 0;
    const auto progress = [&](uint64_t done, uint64_t total) {
        EXPECT_GT(done, last);
        EXPECT_EQ(total, 10 * kMiB);
        last = done;
    };
    digests({2, &stop, progress});
    EXPECT_EQ(last, 10 * kMiB);
    stop.request();
    try {
        digests({2, &stop, {}});
        FAIL() << "went on";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
    }
}

}  // namespace
}  // namespace strata::base
