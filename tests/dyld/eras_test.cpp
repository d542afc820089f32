// Caches of every era, architecture and layout open, and list what is in them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "dyld/cache.h"
#include "support/cache_maker.h"

namespace strata::dyld {
namespace {

using test::EraAndArch;
using test::MadeCache;

std::set<std::string> aliases_of(const SharedCache& cache, const ImageEntry& image) {
    std::set<std::string> names;
    for (const auto& alias : cache.aliases())
        if (&cache.images()[alias.image] == &image) names.insert(alias.name);
    return names;
}

void expect_images(const SharedCache& cache, const MadeCache& made) {
    EXPECT_EQ(cache.images().size(), made.truth.size());
    std::set<std::string> seen;
    for (const auto& image : cache.images()) {
        const std::string path(image.path);
        SCOPED_TRACE(path);
        EXPECT_TRUE(seen.insert(path).second);
        ASSERT_TRUE(made.truth.contains(path));
        const auto& truth = made.truth.at(path);
        EXPECT_EQ(image.address, truth.at("address").get<uint64_t>());
        EXPECT_EQ(aliases_of(cache, image), truth.at("aliases").get<std::set<std::string>>());
        const auto read = cache.read_image(image);
        EXPECT_EQ(read.sections.size(), truth.at("sections").get<size_t>());
        EXPECT_EQ(read.dependencies.size(), truth.at("dependencies").get<size_t>());
        EXPECT_EQ(read.nlists.size() / read.nlist_size(), truth.at("nlist").get<size_t>());
        EXPECT_EQ(read.is_64, cache.pointer_size() == 8);
    }
}

class Eras : public ::testing::TestWithParam<EraAndArch> {};
INSTANTIATE_TEST_SUITE_P(Cache, Eras, ::testing::ValuesIn(test::all_eras()),
                         test::era_name<::testing::TestParamInfo<EraAndArch>>);

TEST_P(Eras, OpenAndListTheirImages) {
    const auto [era, arch] = GetParam();
    for (const auto layout : test::layouts_of(era)) {
        const MadeCache made(test::spec_of(era, arch, layout));
        SCOPED_TRACE("layout " + std::to_string(static_cast<int>(layout)));
        const SharedCache cache(made.main);
        EXPECT_TRUE(cache.warnings().empty()) << cache.warnings().front();
        const auto& header = cache.header();
        EXPECT_EQ(header.size, era);
        EXPECT_EQ(header.arch, dscgen::arch_name(arch));
        EXPECT_EQ(header.magic.size(), 15U);
        EXPECT_FALSE(is_null(header.uuid));
        EXPECT_EQ(header.platform != 0, era >= 0xe0) << "the era says whether there is such a field";
        EXPECT_EQ(header.os_version != 0, era >= 0x170);
        EXPECT_EQ(cache.pointer_size(), dscgen::pointer_size(arch));
        EXPECT_EQ(cache.files().files.size() > 1, layout != dscgen::Layout::single);
        EXPECT_TRUE(cache.files().missing.empty());
        expect_images(cache, made);
    }
}

TEST(Cache, EverySlideInfoIsWalkedWithoutComplaint) {
    struct Slide {
        uint32_t version;
        dscgen::Arch arch;
    };
    using dscgen::Arch;
    for (const auto& [version, arch] : {Slide{1, Arch::arm64},
                                        {2, Arch::arm64},
                                        {2, Arch::x86_64},
                                        {2, Arch::armv7},
                                        {3, Arch::arm64e},
                                        {4, Arch::arm64_32},
                                        {5, Arch::arm64e},
                                        {99, Arch::arm64}}) {
        auto spec = test::spec_of(0x228, arch);
        spec.slide = version;
        const MadeCache made(spec);
        SCOPED_TRACE("slide " + std::to_string(version) + " " + dscgen::arch_name(arch));
        const SharedCache cache(made.main);
        for (const auto& image : cache.images()) EXPECT_NO_THROW(cache.read_image(image));
    }
}

TEST(Cache, IdentityIsOfTheContentNotThePlace) {
    const auto spec = test::spec_of(0x228, dscgen::Arch::arm64e);
    const MadeCache first(spec);
    const MadeCache second(spec);
    EXPECT_EQ(SharedCache(first.main).identity({}), SharedCache(second.main).identity({}));
    EXPECT_EQ(SharedCache(first.main).identity({}), SharedCache(first.folder()).identity({}));
    auto other = spec;
    other.seed = 2;
    EXPECT_NE(SharedCache(first.main).identity({}), SharedCache(MadeCache(other).main).identity({}));
}

/// A researcher patches a byte and leaves header, uuids and signature as they are: that is other content.
TEST(Cache, IdentityIsOfEveryByteOfEveryFile) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64e));
    const auto before = SharedCache(made.main).identity({});
    for (const auto& entry : std::filesystem::directory_iterator(made.folder())) {
        if (!entry.path().filename().string().starts_with("dyld_shared_cache")) continue;
        const auto at = static_cast<std::streamoff>(std::filesystem::file_size(entry.path()) / 2);
        const auto flip = [&] {
            std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
            file.seekg(at);
            const int byte = file.get();
            file.seekp(at);
            file.put(static_cast<char>(byte ^ 0x40));
        };
        flip();
        EXPECT_NE(SharedCache(made.main).identity({}), before) << entry.path();
        flip();
        EXPECT_EQ(SharedCache(made.main).identity({}), before) << entry.path();
    }
}

TEST(Cache, TotalBytesAreThoseOfItsFiles) {
    const MadeCache made(test::spec_of(0x228, dscgen::Arch::arm64e));
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(made.folder()))
        if (entry.path().string().starts_with(made.main.string())) bytes += entry.file_size();
    EXPECT_EQ(SharedCache(made.main).total_bytes(), bytes);
}

// Every pointer of the slide info of a real cache, as another program decoded them.
TEST(RealFixups, AreAllThereAndNoOthers) {
    const char* given = std::getenv("STRATA_TEST_DATA");
    const std::filesystem::path data = given != nullptr
                                           ? std::filesystem::path(given)
                                           : std::filesystem::path(STRATA_SOURCE_DIR).parent_path() / "shared" / "data";
    for (const std::string name : {"rizin-macos11-arm64", "rizin-macos11-arm64-objc"}) {
        const auto folder = data / "dsc" / name;
        if (!std::filesystem::exists(folder)) GTEST_SKIP() << "skipped: no real inputs (set STRATA_TEST_DATA)";
        const SharedCache cache(folder / "dyld_shared_cache_arm64");
        std::ifstream file(folder / "expected.json");
        const auto expected = nlohmann::json::parse(file);
        const auto number = [](const nlohmann::json& text) {
            return std::stoull(text.get<std::string>(), nullptr, 16);
        };
        std::map<uint64_t, uint64_t> want;
        for (const auto& mapping : expected.at("slide_fixups"))
            for (const auto& fixup : mapping.at("list")) want[number(fixup.at(0))] = number(fixup.at(2));
        std::map<uint64_t, uint64_t> found;
        for (const auto& mapping : expected.at("slide_fixups")) {
            const uint64_t start = number(mapping.at("mapping"));
            const uint64_t size = cache.space().rest(start, "mapping").size();
            cache.space().walk_pointers(start, size, [&](uint64_t at, uint64_t target, uint64_t) {
                found[at] = target;
                EXPECT_EQ(cache.space().decode_pointer(cache.space().at(at, 8, "pointer").u64(0, "pointer"), at),
                          target);
            });
        }
        EXPECT_EQ(found, want) << name;
    }
}

}  // namespace
}  // namespace strata::dyld
