// A shared cache as a source: what it says about itself, keys, and images that cannot be read.
#include <gtest/gtest.h>

#include <set>

#include "extract/shared_cache_source.h"
#include "facts.h"
#include "support/cache_maker.h"
#include "support/errors.h"

namespace strata::extract {
namespace {

using test::MadeCache;

TEST(SharedCacheSource, SaysWhatItIs) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64e));
    const SharedCacheSource source(made.main);
    const auto& info = source.info();
    EXPECT_EQ(info.kind, "dyld_shared_cache");
    EXPECT_EQ(info.arch, "arm64e");
    EXPECT_EQ(info.platform, 2U);
    EXPECT_EQ(info.path, made.main.string());
    EXPECT_TRUE(info.name.starts_with("iOS-18.4.0-arm64e-")) << info.name;
    EXPECT_EQ(info.uuid.size(), 16U);
    EXPECT_GT(info.files.size(), 1U);
    EXPECT_TRUE(info.warnings.empty());
    uint64_t bytes = 0;
    for (const auto& file : info.files) bytes += file.size;
    EXPECT_EQ(info.bytes, bytes);
}

TEST(SharedCacheSource, OldCachesGetANameToo) {
    const MadeCache made(test::spec_of(0x70, dscgen::Arch::armv7));
    EXPECT_TRUE(SharedCacheSource(made.main).info().name.starts_with("dyld-armv7-"));
}

TEST(SharedCacheSource, ExtractionIsTheSameEachTime) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64e));
    const SharedCacheSource first(made.main);
    const SharedCacheSource second(made.folder());
    for (uint64_t i = 0; i < first.image_count(); ++i) {
        const auto discard = [](record::Chunk) {};
        const auto a = first.extract(i, discard);
        const auto b = second.extract(i, discard);
        for (const auto kind : record::kColumnKinds) EXPECT_TRUE(a.column(kind).same_content(b.column(kind)));
    }
}

TEST(SharedCacheSource, ImagesWithoutAMissingFileStillWork) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64e, dscgen::Layout::many, 12));
    std::set<std::string> suffixes;
    for (const auto& entry : std::filesystem::directory_iterator(made.folder()))
        if (entry.path().string().starts_with(made.main.string() + ".0")) suffixes.insert(entry.path().string());
    std::filesystem::remove(*suffixes.begin());
    const SharedCacheSource source(made.main);
    EXPECT_EQ(source.image_count(), made.truth.size());
    EXPECT_FALSE(source.info().warnings.empty());
    uint64_t failed = 0;
    for (uint64_t i = 0; i < source.image_count(); ++i) {
        try {
            source.extract(i, [](record::Chunk) {});
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
            EXPECT_FALSE(error.message().empty());
            EXPECT_EQ(source.declared_bytes(i), 0U);
            ++failed;
        }
    }
    EXPECT_GT(failed, 0U);
}

TEST(SharedCacheSource, PathsThatCannotBeReadFailTheirImageOnly) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64));
    std::string bytes = test::read_file(made.main);
    const test::Buffer file(bytes);
    const uint64_t table = file.view().u64(0x88, "images text");
    std::string damaged = bytes;
    test::put(damaged, table + 28, test::le32(UINT32_MAX));
    // The second image takes the path of the third.
    test::put(damaged, table + 32 + 28, std::string_view(bytes).substr(table + 64 + 28, 4));
    test::write_file(made.main, damaged);
    const SharedCacheSource source(made.main);
    ASSERT_EQ(source.image_count(), made.truth.size());
    std::set<std::string> keys;
    for (uint64_t i = 0; i < source.image_count(); ++i)
        EXPECT_TRUE(keys.insert(source.image_key(i)).second) << "keys are unique";
    EXPECT_TRUE(source.image_key(0).starts_with("@0x"));
    EXPECT_TRUE(test::fails_with("image path at offset 0xffffffff", [&] { source.extract(0, [](record::Chunk) {}); }));
    for (uint64_t i = 1; i < source.image_count(); ++i) EXPECT_NO_THROW(source.extract(i, [](record::Chunk) {})) << i;
}

TEST(SharedCacheSource, AFileThatShrinksFailsImagesNotTheProcess) {
    const MadeCache made(test::spec_of(0x140, dscgen::Arch::arm64e));
    const SharedCacheSource source(made.main);
    std::filesystem::resize_file(made.main, 0x4000);
    for (uint64_t i = 0; i < source.image_count(); ++i)
        EXPECT_THROW(source.extract(i, [](record::Chunk) {}), base::Error) << "zeros are not facts";
}

}  // namespace
}  // namespace strata::extract
