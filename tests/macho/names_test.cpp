// Names of numeric facts.
#include "macho/names.h"

#include <gtest/gtest.h>

namespace strata::macho {
namespace {

TEST(Names, Architectures) {
    EXPECT_EQ(arch_name(0x0100000c, 0), "arm64");
    EXPECT_EQ(arch_name(0x0100000c, 1), "arm64");
    EXPECT_EQ(arch_name(0x0100000c, 2), "arm64e");
    EXPECT_EQ(arch_name(0x0100000c, 0x80000002), "arm64e") << "the top byte holds capabilities";
    EXPECT_EQ(arch_name(0x0200000c, 1), "arm64_32");
    EXPECT_EQ(arch_name(12, 9), "armv7");
    EXPECT_EQ(arch_name(12, 11), "armv7s");
    EXPECT_EQ(arch_name(12, 12), "armv7k");
    EXPECT_EQ(arch_name(7, 3), "i386");
    EXPECT_EQ(arch_name(0x01000007, 3), "x86_64");
    EXPECT_EQ(arch_name(0x01000007, 8), "x86_64h");
    EXPECT_EQ(arch_name(99, 1), "cpu 0x63/0x1");
}

TEST(Names, FileTypesPlatformsCommands) {
    EXPECT_EQ(file_type_name(6), "dylib");
    EXPECT_EQ(file_type_name(7), "dylinker");
    EXPECT_EQ(file_type_name(0), "0x0");
    EXPECT_EQ(platform_name(0), "");
    EXPECT_EQ(platform_name(1), "macOS");
    EXPECT_EQ(platform_name(11), "visionOS");
    EXPECT_EQ(platform_name(99), "platform 99");
    EXPECT_EQ(load_command_name(0x19), "LC_SEGMENT_64");
    EXPECT_EQ(load_command_name(0x8000001c), "LC_RPATH");
    EXPECT_EQ(load_command_name(0x1c), "LC_0x1c") << "the flag is part of the number";
    EXPECT_EQ(load_command_name(0x80000022), "LC_DYLD_INFO_ONLY");
}

TEST(Names, DependencyKinds) {
    EXPECT_EQ(dependency_kind_name(DependencyKind::kLoad), "load");
    EXPECT_EQ(dependency_kind_name(DependencyKind::kLazy), "lazy");
    EXPECT_EQ(dependency_kind_name(static_cast<DependencyKind>(200)), "load") << "a damaged record must not crash";
}

}  // namespace
}  // namespace strata::macho
