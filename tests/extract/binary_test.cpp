// What a file is, and which images are in it.
#include "extract/binary.h"

#include <gtest/gtest.h>

#include "facts.h"
#include "support/errors.h"
#include "support/file_maker.h"

namespace strata::extract {
namespace {

using test::Buffer;
using test::kCpuArm64;
using test::kCpuX86;
using test::make_archive;
using test::make_dylib;
using test::make_fat;

std::vector<FoundImage> list(const std::string& bytes) {
    const Buffer file(bytes);
    return list_images(
        file.view(), [](const ImageSummary&) {}, [](uint64_t) {});
}

std::vector<std::string> suffixes(const std::vector<FoundImage>& images) {
    std::vector<std::string> names;
    for (const auto& image : images) names.push_back(image.suffix + (image.failure ? " failed" : ""));
    return names;
}

using Names = std::vector<std::string>;

TEST(Sniff, ByContent) {
    const auto kind = [](const std::string& bytes) { return sniff(Buffer(bytes).view()); };
    EXPECT_EQ(kind(make_dylib("x")), FileKind::kMachO);
    EXPECT_EQ(kind(test::be32(0xfeedface) + std::string(40, '\0')), FileKind::kMachO) << "PowerPC";
    EXPECT_EQ(kind(test::be32(0xfeedface)), FileKind::kOther) << "too short for a header";
    EXPECT_EQ(kind(make_fat({{7, 3, "x"}})), FileKind::kFat);
    EXPECT_EQ(kind(test::be32(0xcafebabe) + test::be32(52) + std::string(64, '\0')), FileKind::kOther) << "Java";
    EXPECT_EQ(kind("!<arch>\n"), FileKind::kArchive);
    EXPECT_EQ(kind("!<thin>\n"), FileKind::kArchive);
    EXPECT_EQ(kind("dyld_v1   arm64"), FileKind::kCache);
    EXPECT_EQ(kind("\x7f"
                   "ELF\x02"),
              FileKind::kElf);
    std::string pe(256, '\0');
    test::put(pe, 0, "MZ");
    test::put(pe, 0x3c, test::le32(0x80));
    EXPECT_EQ(kind(pe), FileKind::kOther);
    test::put(pe, 0x80, std::string("PE\0\0", 4));
    EXPECT_EQ(kind(pe), FileKind::kPe);
    test::put(pe, 0x3c, test::le32(UINT32_MAX));
    EXPECT_EQ(kind(pe), FileKind::kOther);
    EXPECT_EQ(kind(""), FileKind::kOther);
    EXPECT_EQ(kind("#!/bin/sh"), FileKind::kOther);
}

TEST(ListImages, ThinFatAndArchive) {
    const std::string arm = make_dylib("x");
    const std::string intel = make_dylib("x", kCpuX86);
    EXPECT_EQ(suffixes(list(arm)), Names{""});
    EXPECT_EQ(suffixes(list(make_fat({{kCpuX86, 3, intel}, {kCpuArm64, 0, arm}}))), (Names{"@x86_64", "@arm64"}));
    EXPECT_EQ(suffixes(list(make_fat({{kCpuArm64, 0, arm}}))), Names{""}) << "one slice is no choice";
    EXPECT_EQ(suffixes(list(make_archive({{"a.o", arm}, {"notes.txt", "text"}, {"b.o", intel}}))),
              (Names{"(a.o)", "(b.o)"}));
    EXPECT_EQ(suffixes(list(make_fat({{kCpuX86, 3, make_archive({{"a.o", intel}})},
                                      {kCpuArm64, 0, make_archive({{"a.o", arm}, {"b.o", arm}})}}))),
              (Names{"(a.o)@x86_64", "(a.o)@arm64", "(b.o)@arm64"}));
}

TEST(ListImages, NamesThatComeTwiceStayApart) {
    const std::string arm = make_dylib("x");
    EXPECT_EQ(suffixes(list(make_archive({{"a.o", arm}, {"a.o#2", arm}, {"a.o", arm}, {"a.o", arm}}))),
              (Names{"(a.o)", "(a.o#2)", "(a.o)#2", "(a.o)#3"}));
    EXPECT_EQ(suffixes(list(make_fat({{kCpuArm64, 0, arm}, {kCpuArm64, 0, arm}}))), (Names{"@arm64", "@arm64#2"}));
}

TEST(ListImages, ManyMembersOfOneNameTakeNoTimeSquared) {
    std::string archive = "!<arch>\n";
    const std::string member = test::member_header("a.o/", 32) + test::le32(0xfeedfacf) + std::string(28, '\0');
    for (int i = 0; i < 200000; ++i) archive += member;
    const auto contents = list(archive);
    EXPECT_EQ(contents.size(), (1U << 17) + 1) << "and the last says that there are more";
    EXPECT_TRUE(contents.back().failure);
}

TEST(ListImages, OneBadSliceDoesNotCostTheOthers) {
    std::string fat = make_fat({{kCpuX86, 3, make_dylib("x", kCpuX86)}, {kCpuArm64, 0, make_dylib("x")}});
    test::put(fat, 16, test::be32(UINT32_MAX));  // offset of the first slice
    const auto contents = list(fat);
    EXPECT_EQ(suffixes(contents), (Names{"@x86_64 failed", "@arm64"}));
    EXPECT_EQ(contents[0].failure->offset(), 8U);
    EXPECT_EQ(suffixes(list(make_fat({{kCpuX86, 3, "text"}, {kCpuArm64, 0, make_dylib("x")}}))),
              (Names{"@x86_64 failed", "@arm64"}));
    EXPECT_EQ(suffixes(list(make_fat({}))), Names{" failed"});
}

TEST(ListImages, WhatIsBehindDamageInAnArchiveIsOneFailure) {
    std::string archive = make_archive({{"a.o", make_dylib("x")}, {"b.o", make_dylib("y")}});
    archive.resize(archive.size() - 10);
    EXPECT_EQ(suffixes(list(archive)), (Names{"(a.o)", " failed"}));
    EXPECT_EQ(suffixes(list("!<thin>\n")), Names{" failed"});
}

TEST(ListImages, FilesInsideEachOtherEnd) {
    std::string bytes = make_dylib("x");
    for (int i = 0; i < 10; ++i) bytes = make_archive({{"m", bytes}});
    const auto contents = list(bytes);
    ASSERT_EQ(contents.size(), 1U);
    EXPECT_TRUE(contents[0].failure);
}

TEST(ListImages, SaysWhatTheImagesAre) {
    std::vector<std::string> seen;
    const Buffer file(make_fat({{kCpuX86, 3, make_dylib("x", kCpuX86)}, {kCpuArm64, 0, make_dylib("x")}}));
    list_images(
        file.view(),
        [&](const ImageSummary& image) { seen.push_back(image.arch + " " + std::to_string(image.platform)); },
        [](uint64_t) {});
    EXPECT_EQ(seen, (Names{"x86_64 1", "arm64 1"}));
}

TEST(ExtractBinary, AStandaloneFileHasAllFacts) {
    foreign::WorkerPool workers{foreign::WorkerProgram{}};
    const Buffer file(make_dylib("lib"));
    Kept kept;
    const auto head = extract_binary(
        FileKind::kMachO, file.view(), workers, [](uint64_t) {}, kept.sink());
    EXPECT_EQ(head.uuid, "0123456789abcdef");
    EXPECT_EQ(head.address, 0x100000000U);
    const auto symbols = symbols_of(kept);
    ASSERT_EQ(symbols.size(), 1U);
    EXPECT_EQ(symbols[0].name, "_lib");
    EXPECT_EQ(kept.count(record::ColumnKind::kStrings), 1U);
}

TEST(ExtractBinary, OverlappingSectionsAreBounded) {
    foreign::WorkerPool workers{foreign::WorkerProgram{}};
    test::MachoMaker maker;
    std::vector<test::MadeSection> sections(200, {"__TEXT", "__const", 0x1000, 0x80000, 0});
    maker.add_segment("__TEXT", 0x1000, 0x80000, 0, 0x80000, sections);
    std::string bytes = maker.bytes();
    bytes.resize(0x80000, '\0');
    const Buffer file(bytes);
    EXPECT_TRUE(test::fails_with("in proportion", [&] {
        extract_binary(
            FileKind::kMachO, file.view(), workers, [](uint64_t) {}, [](const record::Chunk&) {});
    }));
}

TEST(ExtractBinary, OtherKindsAreRefused) {
    foreign::WorkerPool workers{foreign::WorkerProgram{}};
    const Buffer file(
        "\x7f"
        "ELF");
    EXPECT_TRUE(test::fails_with("not read", [&] {
        extract_binary(
            FileKind::kOther, file.view(), workers, [](uint64_t) {}, [](const record::Chunk&) {});
    }));
}

}  // namespace
}  // namespace strata::extract
