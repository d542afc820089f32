// The address table of a cache, and reading through it.
#include "dyld/mappings.h"

#include <gtest/gtest.h>

#include "dyld/cache.h"
#include "support/errors.h"
#include "support/temp_dir.h"

namespace strata::dyld {
namespace {

/// Cache files of plain bytes with made-up headers.
class MappingsTest : public ::testing::Test {
  protected:
    void add(const std::string& name, uint64_t file_size, std::vector<Mapping> mappings) {
        test::write_file(dir_ / name, std::string(file_size, name.back()));
        CacheFile file;
        file.file = base::MappedFile::open(dir_ / name);
        file.header.mappings = std::move(mappings);
        files_.files.push_back(std::move(file));
    }

    test::TempDir dir_;
    CacheFiles files_;
};

TEST_F(MappingsTest, FindAcrossFiles) {
    add("a", 0x300, {{0x1000, 0x100, 0, 5, 5}, {0x3000, 0x200, 0x100, 3, 3}});
    add("b", 0x100, {{0x2000, 0x100, 0, 5, 5}});
    const Mappings mappings(files_);
    EXPECT_EQ(mappings.find(0xfff), nullptr);
    EXPECT_EQ(mappings.find(0x1000)->file, 0U);
    EXPECT_EQ(mappings.find(0x10ff)->mapping, 0U);
    EXPECT_EQ(mappings.find(0x1100), nullptr) << "a gap";
    EXPECT_EQ(mappings.find(0x2000)->file, 1U);
    EXPECT_EQ(mappings.find(0x31ff)->mapping, 1U);
    EXPECT_EQ(mappings.find(0x3200), nullptr);
    EXPECT_EQ(mappings.find(UINT64_MAX), nullptr);
    EXPECT_EQ(mappings.find(0), nullptr);
}

TEST_F(MappingsTest, NeighboursMayTouch) {
    add("a", 0x200, {{0x1000, 0x100, 0, 5, 5}, {0x1100, 0x100, 0x100, 5, 5}});
    const Mappings mappings(files_);
    EXPECT_EQ(mappings.find(0x10ff)->mapping, 0U);
    EXPECT_EQ(mappings.find(0x1100)->mapping, 1U);
}

TEST_F(MappingsTest, OverlapsAreRefused) {
    add("a", 0x100, {{0x1000, 0x100, 0, 5, 5}});
    add("b", 0x100, {{0x10ff, 0x100, 0, 5, 5}});
    EXPECT_TRUE(test::fails_with("overlaps", [&] { Mappings{files_}; }));
}

TEST_F(MappingsTest, TheSameAddressTwiceIsAnOverlap) {
    add("a", 0x100, {{0x1000, 0x100, 0, 5, 5}});
    add("b", 0x100, {{0x1000, 0x10, 0, 5, 5}});
    EXPECT_TRUE(test::fails_with("overlaps", [&] { Mappings{files_}; }));
}

TEST_F(MappingsTest, ReadingThroughTheSpace) {
    add("a", 0x300, {{0x1000, 0x100, 0, 5, 5}, {0x3000, 0x200, 0x100, 3, 3}});
    add("b", 0x80, {{0x2000, 0x100, 0, 5, 5}});
    files_.missing.push_back({"cache.07", "gone", 0x5000});
    const CacheSpace space(files_);
    EXPECT_EQ(space.rest(0x1010, "bytes").size(), 0xf0U) << "not beyond the mapping";
    EXPECT_EQ(space.rest(0x3000, "bytes").size(), 0x200U);
    EXPECT_EQ(space.at(0x2000, 4, "bytes").as_text(), "bbbb");
    EXPECT_EQ(space.rest(0x2000, "bytes").size(), 0x80U) << "nor beyond a truncated file";
    EXPECT_TRUE(test::fails_with("truncated", [&] { space.rest(0x2080, "bytes"); }));
    EXPECT_TRUE(test::fails_with("bytes", [&] { space.at(0x2000, 0x81, "bytes"); }));
    EXPECT_TRUE(test::fails_with("bytes", [&] { space.at(0x1000, 0x101, "bytes"); }));
    EXPECT_TRUE(test::fails_with("cache.07", [&] { space.rest(0x5000, "bytes"); })) << "says which file is missing";
}

}  // namespace
}  // namespace strata::dyld
