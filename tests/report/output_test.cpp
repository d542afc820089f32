// Reports in files: whole or not there.
#include "report/output.h"

#include <gtest/gtest.h>

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

TEST(Output, ATargetThatCannotBeReplaced) {
    const TempDir dir;
    fs::create_directories(dir / "report/full");
    {
        Output output((dir / "report").string());
        output.write("x");
        EXPECT_EQ(test::error_of([&] { output.finish(); })->kind(), base::ErrorKind::kIo);
    }
    EXPECT_EQ(files_in(dir), 1U) << "the partial file is gone";
}

TEST(Output, AFullDiskIsReported) {
    if (!fs::exists("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full here";
    const TempDir dir;
    fs::create_symlink("/dev/full", dir / "report.partial");
    Output output((dir / "report").string());
    EXPECT_EQ(test::error_of([&] {
                  output.write(std::string(1 << 20, 'x'));
                  output.finish();
              })->kind(),
              base::ErrorKind::kIo);
    EXPECT_FALSE(fs::exists(dir / "report"));
}

}  // namespace
}  // namespace strata::report
