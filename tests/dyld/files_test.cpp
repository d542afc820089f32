// Finding the files of a cache, and files that are absent or do not belong.
#include "dyld/cache_files.h"

#include <gtest/gtest.h>

#include "support/buffer.h"
#include "support/cache_maker.h"
#include "support/errors.h"

namespace strata::dyld {
namespace {

using dscgen::Arch;
using dscgen::Layout;
using test::fails_with;
using test::MadeCache;
namespace fs = std::filesystem;

void edit(const fs::path& file, uint64_t offset, std::string_view bytes) {
    std::string content = test::read_file(file);
    test::put(content, offset, bytes);
    test::write_file(file, content);
}

/// A cache of several files, and those files' suffixes.
class CacheFilesTest : public ::testing::Test {
  protected:
    CacheFilesTest() : made_(test::spec_of(0x228, Arch::arm64e, Layout::split)) {
        const auto files = open_cache_files(made_.main);
        for (const auto& file : files.files)
            if (!file.suffix.empty()) suffixes_.push_back(file.suffix);
        has_symbols_ = files.symbols != nullptr;
    }

    const MadeCache made_;
    std::vector<std::string> suffixes_;
    bool has_symbols_ = false;
};

TEST_F(CacheFilesTest, AllAreOpened) {
    const auto files = open_cache_files(made_.main);
    ASSERT_FALSE(suffixes_.empty());
    EXPECT_TRUE(has_symbols_);
    EXPECT_TRUE(files.missing.empty());
    EXPECT_EQ(files.main().suffix, "");
    EXPECT_EQ(files.main().name(), made_.main.filename());
}

TEST_F(CacheFilesTest, AnyOfThemLeadsToTheMainOne) {
    for (const auto& suffix : suffixes_) {
        const auto files = open_cache_files(made_.file(suffix));
        EXPECT_EQ(files.main().file->path(), made_.main) << suffix;
        EXPECT_EQ(files.files.size(), suffixes_.size() + 1);
    }
    EXPECT_EQ(open_cache_files(made_.file(".symbols")).main().file->path(), made_.main);
    EXPECT_EQ(open_cache_files(made_.folder()).main().file->path(), made_.main);
}

TEST_F(CacheFilesTest, AnAbsentFileIsReported) {
    fs::remove(made_.file(suffixes_.back()));
    fs::remove(made_.file(".symbols"));
    const auto files = open_cache_files(made_.main);
    EXPECT_EQ(files.files.size(), suffixes_.size());
    EXPECT_EQ(files.symbols, nullptr);
    ASSERT_EQ(files.missing.size(), 2U);
    EXPECT_EQ(files.missing[0].name, made_.file(suffixes_.back()).filename());
    EXPECT_NE(files.missing[0].address, 0U);
    EXPECT_NE(files.missing[0].reason.find("cannot open"), std::string::npos);
    EXPECT_EQ(files.missing[1].name, made_.file(".symbols").filename());
}

TEST_F(CacheFilesTest, AWrongUuidIsReported) {
    edit(made_.file(suffixes_[0]), 0x58, "0123456789abcdef");
    edit(made_.file(".symbols"), 0x58, "0123456789abcdef");
    const auto files = open_cache_files(made_.main);
    ASSERT_EQ(files.missing.size(), 2U);
    EXPECT_NE(files.missing[0].reason.find("uuid"), std::string::npos);
    EXPECT_NE(files.missing[1].reason.find("uuid"), std::string::npos);
    EXPECT_EQ(files.symbols, nullptr);
}

TEST_F(CacheFilesTest, AWrongMagicIsReported) {
    edit(made_.file(suffixes_[0]), 0, "dyld_v1   arm64");
    const auto files = open_cache_files(made_.main);
    ASSERT_EQ(files.missing.size(), 1U);
    EXPECT_NE(files.missing[0].reason.find("magic"), std::string::npos);
}

TEST_F(CacheFilesTest, AWrongAddressIsReported) {
    const auto main = test::read_file(made_.main);
    const test::Buffer buffer(main);
    const uint64_t array = buffer.view().u32(0x188, "sub-cache array");
    edit(made_.main, array + 16, test::le64(0x123456789000));
    auto files = open_cache_files(made_.main);
    ASSERT_EQ(files.missing.size(), 1U);
    EXPECT_NE(files.missing[0].reason.find("not at base + 0x123456789000"), std::string::npos);
    edit(made_.main, array + 16, test::le64(UINT64_MAX));
    files = open_cache_files(made_.main);
    EXPECT_EQ(files.missing.size(), 1U) << "an address that wraps around";
}

TEST_F(CacheFilesTest, ADamagedSiblingIsReportedNotFatal) {
    test::write_file(made_.file(suffixes_[0]), "dyld");
    EXPECT_EQ(open_cache_files(made_.main).missing.size(), 1U);
    test::write_file(made_.file(suffixes_[0]), "");
    EXPECT_EQ(open_cache_files(made_.main).missing.size(), 1U);
    fs::remove(made_.file(suffixes_[0]));
    fs::create_directory(made_.file(suffixes_[0]));
    EXPECT_EQ(open_cache_files(made_.main).missing.size(), 1U);
}

TEST_F(CacheFilesTest, ASubCacheAloneSaysWhatToDo) {
    fs::remove(made_.main);
    EXPECT_TRUE(fails_with("no main file", [&] { open_cache_files(made_.file(suffixes_[0])); }));
    EXPECT_TRUE(fails_with("no dyld shared cache", [&] { open_cache_files(made_.folder()); }));
}

TEST_F(CacheFilesTest, OtherFilesInTheFolderAreIgnored) {
    test::write_file(made_.folder() / "dyld_shared_cache_arm64e.map", "text");
    test::write_file(made_.folder() / "empty", "");
    fs::create_directory(made_.folder() / "folder");
    EXPECT_EQ(open_cache_files(made_.folder()).main().file->path(), made_.main);
}

TEST_F(CacheFilesTest, SeveralCachesInAFolderMustBeNamed) {
    const MadeCache other(test::spec_of(0x228, Arch::x86_64, Layout::split));
    for (const auto& entry : fs::directory_iterator(other.folder()))
        if (entry.path().string().starts_with(other.main.string()))
            fs::copy_file(entry.path(), made_.folder() / entry.path().filename());
    EXPECT_TRUE(fails_with("several caches", [&] { open_cache_files(made_.folder()); }));
    EXPECT_TRUE(
        fails_with("dyld_shared_cache_arm64e, dyld_shared_cache_x86_64", [&] { open_cache_files(made_.folder()); }));
    EXPECT_EQ(open_cache_files(made_.main).main().file->path(), made_.main);
}

/// From iOS 16 on a customer and a development main list the same sub-caches.
TEST_F(CacheFilesTest, TheDevelopmentTwinIsNotASecondCache) {
    ASSERT_EQ(open_cache_files(made_.main).main().header.cache_type, 2U);
    fs::copy_file(made_.main, made_.file(".development"));
    EXPECT_EQ(open_cache_files(made_.folder()).main().file->path(), made_.main);
    const auto twin = open_cache_files(made_.file(".development"));
    EXPECT_EQ(twin.main().file->path(), made_.file(".development"));
    EXPECT_TRUE(twin.missing.empty()) << twin.missing.front().reason;
    EXPECT_EQ(twin.files.size(), suffixes_.size() + 1);
    fs::remove(made_.main);
    EXPECT_EQ(open_cache_files(made_.file(suffixes_[0])).main().file->path(), made_.file(".development"));
}

TEST_F(CacheFilesTest, NothingThere) {
    EXPECT_TRUE(fails_with("no such file", [&] { open_cache_files(made_.folder() / "missing"); }));
    test::write_file(made_.folder() / "text", "this is not a cache");
    EXPECT_TRUE(fails_with("not a dyld shared cache", [&] { open_cache_files(made_.folder() / "text"); }));
}

/// iOS 15 appends plain numbers, and its sub-caches have image tables of their own.
TEST(CacheFilesOfIos15, AnyOfThemLeadsToTheMainOne) {
    const MadeCache made(test::spec_of(0x1c8, Arch::arm64, Layout::many));
    const auto files = open_cache_files(made.main);
    ASSERT_GT(files.files.size(), 1U);
    EXPECT_EQ(files.files[1].suffix, ".1");
    EXPECT_EQ(open_cache_files(made.file(".1")).main().file->path(), made.main);
    EXPECT_EQ(open_cache_files(made.folder()).main().file->path(), made.main);
}

}  // namespace
}  // namespace strata::dyld
