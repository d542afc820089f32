// Mapping files: what is refused, and files that shrink under the mapping.
#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/errors.h"
#include "support/temp_dir.h"

namespace strata::base {
namespace {

using test::error_of;
using test::fails_with;
using test::TempDir;
using test::write_file;

uint64_t page() {
    return static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(MappedFile, ShowsTheFilesBytes) {
    const TempDir dir;
    write_file(dir / "file", "some bytes");
    const auto file = MappedFile::open(dir / "file");
    EXPECT_EQ(file->view().as_text(), "some bytes");
    EXPECT_EQ(file->size(), 10U);
    EXPECT_EQ(file->path(), dir / "file");
    EXPECT_EQ(file->view().source()->name, (dir / "file").string());
    EXPECT_FALSE(file->torn());
    EXPECT_NO_THROW(file->check_intact());
    file->release_pages();
    EXPECT_EQ(file->view().as_text(), "some bytes") << "pages given back come again";
}

TEST(MappedFile, RefusesWhatIsNoFileWithBytes) {
    const TempDir dir;
    EXPECT_EQ(error_of([&] { MappedFile::open(dir / "missing"); })->kind(), ErrorKind::kIo);
    EXPECT_TRUE(fails_with("not a regular file", [&] { MappedFile::open(dir.path()); }));
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    EXPECT_TRUE(fails_with("not a regular file", [&] { MappedFile::open(dir / "fifo"); }))
        << "and does not wait for a writer";
    EXPECT_TRUE(fails_with("not a regular file", [] { MappedFile::open("/dev/null"); }));
    write_file(dir / "empty", "");
    const auto error = error_of([&] { MappedFile::open(dir / "empty"); });
    EXPECT_EQ(error->kind(), ErrorKind::kInput);
    EXPECT_EQ(error->file(), (dir / "empty").string());
}

TEST(MappedFile, SurvivesAFileThatShrinks) {
    const TempDir dir;
    write_file(dir / "file", std::string(4 * page(), 'x'));
    write_file(dir / "other", std::string(4 * page(), 'y'));
    const auto file = MappedFile::open(dir / "file");
    const auto other = MappedFile::open(dir / "other");
    ASSERT_EQ(::truncate((dir / "file").c_str(), static_cast<off_t>(page())), 0);
    EXPECT_EQ(file->view().u8(0, "kept page"), 'x');
    EXPECT_FALSE(file->torn()) << "what is left can be read without harm";
    EXPECT_EQ(file->view().u8(2 * page() + 5, "lost page"), 0);
    EXPECT_TRUE(file->torn());
    EXPECT_EQ(error_of([&] { file->check_intact(); })->kind(), ErrorKind::kIo);
    EXPECT_EQ(file->view().u8(3 * page(), "another lost page"), 0);
    file->release_pages();
    EXPECT_TRUE(file->torn()) << "never resets";
    EXPECT_EQ(other->view().u8(3 * page(), "another file"), 'y');
    EXPECT_FALSE(other->torn());
}

TEST(MappedFile, ANewFileInAnOldSlotIsNotTorn) {
    const TempDir dir;
    write_file(dir / "file", std::string(2 * page(), 'x'));
    {
        const auto file = MappedFile::open(dir / "file");
        ASSERT_EQ(::truncate((dir / "file").c_str(), 0), 0);
        EXPECT_EQ(file->view().u8(0, "lost page"), 0);
        EXPECT_TRUE(file->torn());
    }
    write_file(dir / "file", "again");
    EXPECT_FALSE(MappedFile::open(dir / "file")->torn());
}

TEST(MappedFile, TooManyAreRefusedNotCrashed) {
    const TempDir dir;
    write_file(dir / "file", "x");
    std::vector<std::unique_ptr<MappedFile>> files;
    EXPECT_TRUE(fails_with("too many files", [&] {
        for (int i = 0; i < 5000; ++i) files.push_back(MappedFile::open(dir / "file"));
    }));
    EXPECT_GE(files.size(), 128U) << "enough for the largest cache";
    files.clear();
    EXPECT_NO_THROW(MappedFile::open(dir / "file"));
}

using MappedFileDeathTest = ::testing::Test;

TEST(MappedFileDeathTest, ForeignFaultsStillKill) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    const TempDir dir;
    write_file(dir / "file", "x");
    EXPECT_EXIT(
        {
            const auto file = MappedFile::open(dir / "file");
            ::raise(SIGBUS);
        },
        ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace strata::base
