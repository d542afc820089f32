#include "cache_files.h"

#include "dscgen/dscgen.h"

#include <gtest/gtest.h>
#include <set>

namespace {

using namespace dscgen_test;

dscgen::Spec small(std::uint32_t era, dscgen::Arch arch, dscgen::Layout layout) {
    dscgen::Spec s;
    s.images = 8;
    s.symbols = 500;
    s.era = era;
    s.arch = arch;
    s.layout = layout;
    return s;
}

// Applies every kind that is left to one cache and takes those that fit it from the list.
void try_all(const dscgen::Spec& spec, std::set<std::string>& left) {
    const TempDirectory temp;
    dscgen::make(spec, temp.at("sound"));
    const auto sound = cache_files(temp.at("sound"));
    for (const std::string& name : std::set<std::string>(left)) {
        SCOPED_TRACE(name);
        try {
            const dscgen::Damage d = dscgen::damage(temp.at("sound"), temp.at("hurt"), name);
            EXPECT_EQ(d.kind, name);
            EXPECT_TRUE(sound.contains(d.file)) << d.file;
            EXPECT_NE(cache_files(temp.at("hurt")), sound);
            EXPECT_TRUE(d.fatal != dscgen::Fatal::image || !d.image.empty());
            left.erase(name);
        } catch (const std::invalid_argument&) {
            // This cache has no such part.
        }
    }
    EXPECT_EQ(cache_files(temp.at("sound")), sound) << "the original stays as it was";
}

TEST(DamageKinds, NamesAreUniqueAndExplained) {
    std::set<std::string> names;
    for (const dscgen::DamageKind& kind : dscgen::damage_kinds()) {
        EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
        EXPECT_FALSE(kind.what.empty());
    }
    EXPECT_GT(names.size(), 500U);
    const TempDirectory temp;
    EXPECT_THROW(dscgen::damage(temp.at("x"), temp.at("y"), "no such kind"), std::invalid_argument);
}

TEST(DamageKinds, EachKindFitsSomeCacheAndChangesIt) {
    using dscgen::Arch;
    using dscgen::Layout;
    std::set<std::string> left;
    for (const dscgen::DamageKind& kind : dscgen::damage_kinds()) left.insert(kind.name);
    try_all(small(0x228, Arch::arm64e, Layout::split), left);
    try_all(small(0x228, Arch::x86_64, Layout::split), left);
    try_all(small(0x140, Arch::arm64, Layout::single), left);
    try_all(small(0x98, Arch::arm64, Layout::single), left);
    dscgen::Spec bitmap = small(0x140, Arch::arm64, Layout::single);
    bitmap.slide = 1;
    try_all(bitmap, left);
    EXPECT_TRUE(left.empty()) << *left.begin();
}

}  // namespace
