// Reports in files: whole or not there.
#include "report/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "support/errors.h"
#include "support/temp_dir.h"

namespace strata::report {
namespace {

using test::TempDir;
namespace fs = std::filesystem;

size_t files_in(const TempDir& dir) {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()));
}

TEST(Output, AFinishedFileIsThere) {
    const TempDir dir;
    Output output((dir / "report").string());
    output.write("one ");
    output.write(std::string("two\0", 4));
    EXPECT_FALSE(fs::exists(dir / "report")) << "not before it is whole";
    EXPECT_FALSE(output.is_terminal());
    output.finish();
    EXPECT_EQ(test::read_file(dir / "report"), std::string("one two\0", 8));
    EXPECT_EQ(files_in(dir), 1U);
}

TEST(Output, AnUnfinishedFileLeavesNothing) {
    const TempDir dir;
    {
        Output output((dir / "report").string());
        output.write("half");
    }
    EXPECT_EQ(files_in(dir), 0U);
}

TEST(Output, AnUnfinishedFileLeavesTheOldOne) {
    const TempDir dir;
    test::write_file(dir / "report", "old");
    {
        Output output((dir / "report").string());
        output.write("half");
    }
    EXPECT_EQ(test::read_file(dir / "report"), "old");
    Output output((dir / "report").string());
    output.write("new");
    output.finish();
    EXPECT_EQ(test::read_file(dir / "report"), "new");
}

TEST(Output, FoldersThatAreNotThere) {
    const TempDir dir;
    const auto error = test::error_of([&] { Output output((dir / "missing/report").string()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::ErrorKind::kIo);
    EXPECT_EQ(error->file(), (dir / "missing/report").string());
}

TEST(Output, AFolderIsRefusedAtOnce) {
    const TempDir dir;
    fs::create_directories(dir / "report/full");
    EXPECT_EQ(test::error_of([&] { Output output((dir / "report").string()); })->kind(), base::ErrorKind::kUsage);
    EXPECT_EQ(files_in(dir), 1U) << "no partial file";
}

/// A device or a pipe must not be replaced by a file.
TEST(Output, WhatIsNoPlainFileIsWrittenTo) {
    const TempDir dir;
    const std::string pipe = (dir / "pipe").string();
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    {
        Output output(pipe);
        output.write("through");
        output.finish();
    }
    char text[16] = {};
    EXPECT_EQ(::read(reader, text, sizeof text), 7);
    EXPECT_STREQ(text, "through");
    ::close(reader);
    EXPECT_TRUE(fs::is_fifo(pipe));
    Output null("/dev/null");
    null.write("x");
    null.finish();
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(Output, ALinkStaysALink) {
    const TempDir dir;
    test::write_file(dir / "real", "old");
    fs::create_symlink("real", dir / "link");
    Output output((dir / "link").string());
    output.write("new");
    output.finish();
    EXPECT_TRUE(fs::is_symlink(dir / "link"));
    EXPECT_EQ(test::read_file(dir / "real"), "new");
}

TEST(Output, ALinkThatLeadsNowhereYetStaysALink) {
    const TempDir dir;
    fs::create_symlink("later", dir / "link");
    Output output((dir / "link").string());
    output.write("new");
    output.finish();
    EXPECT_TRUE(fs::is_symlink(dir / "link"));
    EXPECT_EQ(test::read_file(dir / "later"), "new");
}

/// /dev/stdout is a link to a pipe that has no path.
TEST(Output, ADescriptorsLinkIsWrittenTo) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    {
        Output output("/proc/self/fd/" + std::to_string(ends[1]));
        output.write("through");
        output.finish();
    }
    char text[16] = {};
    EXPECT_EQ(::read(ends[0], text, sizeof text), 7);
    EXPECT_STREQ(text, "through");
    ::close(ends[0]);
    ::close(ends[1]);
}

/// What is called like the unfinished report may be somebody's link to what they need.
TEST(Output, APartialFilesLinkIsNotFollowed) {
    const TempDir dir;
    test::write_file(dir / "victim", "mine");
    fs::create_symlink("victim", dir / "report.partial");
    EXPECT_TRUE(test::error_of([&] { Output output((dir / "report").string()); }));
    EXPECT_EQ(test::read_file(dir / "victim"), "mine");
}

TEST(Output, AFullDiskIsReported) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full here";
    Output output("/dev/full");
    EXPECT_EQ(test::error_of([&] {
                  output.write(std::string(1 << 20, 'x'));
                  output.finish();
              })->kind(),
              base::ErrorKind::kIo);
}

/// Nothing stays behind of a report that did not fit: neither the report nor its beginning.
TEST(Output, WhatDoesNotFitLeavesNothing) {
    const TempDir dir;
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1024, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    {
        Output output((dir / "report").string());
        const auto error = test::error_of([&] {
            output.write(std::string(1 << 20, 'x'));
            output.finish();
        });
        ::setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->kind(), base::ErrorKind::kIo);
    }
    EXPECT_EQ(files_in(dir), 0U);
}

}  // namespace
}  // namespace strata::report
