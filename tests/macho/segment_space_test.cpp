// Standalone files: their addresses, sections without bytes, object files, pointers as they are stored.
#include "macho/segment_space.h"

#include <gtest/gtest.h>

#include "macho/function_starts.h"
#include "macho/strings.h"
#include "macho/symbols.h"
#include "sample_image.h"
#include "support/containers.h"
#include "support/errors.h"

namespace strata::macho {
namespace {

using test::Buffer;
using test::fails_with;
using test::le32;
using test::le64;
using test::put;

/// The sample as a file of its own: there the linkedit's file offset is where it is.
SampleImage standalone(bool is_64 = true) {
    SampleImage sample(is_64);
    sample.bytes.resize(kLinkeditFile, '\0');
    sample.bytes += sample.bytes.substr(0x2000, 0x1000);
    return sample;
}

TEST(FileImage, IsReadLikeOneInACache) {
    for (const bool is_64 : {true, false}) {
        const SampleImage sample = standalone(is_64);
        const Buffer file(sample.bytes);
        const Image image = read_file_image(file.view());
        EXPECT_EQ(image.address, kBase);
        EXPECT_EQ(image.install_name, "/usr/lib/libsample.dylib");
        const SymbolTable symbols(image.nlists, image.string_pool, image.is_64);
        ASSERT_EQ(symbols.size(), 3U);
        EXPECT_EQ(symbols[0].name, "_first");
        std::vector<uint64_t> starts;
        walk_function_starts(image, [&](uint64_t start) { starts.push_back(start); });
        EXPECT_EQ(starts, (std::vector<uint64_t>{kBase + 0x800, kBase + 0x840}));
        const SegmentSpace space(file.view(), image);
        EXPECT_EQ(space.at(kBase + 0x900, 0x20, "strings").data(), file.view().data() + 0x900);
        EXPECT_EQ(space.rest(kData + 0x10, "data").size(), 0x7f0U) << "to the end of the segment's bytes";
        EXPECT_EQ(space.rest(kLinkedit, "linkedit").data(), file.view().data() + kLinkeditFile);
        EXPECT_TRUE(fails_with("no bytes in the file", [&] { space.rest(kData + 0x800, "zero-filled"); }));
        EXPECT_TRUE(fails_with("no bytes in the file", [&] { space.rest(kBase - 1, "before"); }));
        EXPECT_FALSE(image.sections[3].has_bytes());
    }
}

TEST(FileImage, BigEndianOnesAreRefusedByName) {
    const Buffer ppc(test::be32(0xfeedface) + test::be32(18) + test::be32(0) + test::be32(2) + std::string(12, '\0'));
    const auto error = test::error_of([&] { read_file_image(ppc.view()); });
    EXPECT_EQ(error->message(), "big-endian Mach-O (ppc) is not supported");
    EXPECT_EQ(error->offset(), 0U);
    EXPECT_NE(error->expected().find("little-endian"), std::string::npos);
    const Buffer ppc64(test::be32(0xfeedfacf) + test::be32(0x01000012) + std::string(24, '\0'));
    EXPECT_TRUE(fails_with("(ppc64)", [&] { read_file_image(ppc64.view()); }));
}

TEST(FileImage, TruncatedFilesSaySo) {
    SampleImage sample = standalone();
    sample.bytes.resize(0x1004);
    const Buffer file(sample.bytes);
    EXPECT_TRUE(fails_with("leaves the file", [&] { read_file_image(file.view()); }));
    test::MachoMaker maker;
    maker.add_segment("__TEXT", kBase, 0x1000, 0, 0x1000, {{"__TEXT", "__text", kBase + 0x800, 0x100, 0}});
    const Buffer cut(maker.bytes() + std::string(64, '\0'));
    const Image image = read_file_image(cut.view());
    const SegmentSpace space(cut.view(), image);
    EXPECT_TRUE(fails_with("truncated", [&] { space.at(kBase + 0x800, 0x100, "section"); }));
}

/// A dSYM: the binary's segments without bytes, symbols that no segment holds.
TEST(FileImage, ADebugFileHasSectionsWithoutBytes) {
    test::MachoMaker maker;
    maker.file_type = 10;
    maker.add_segment("__TEXT", kBase, 0x1000, 0, 0, {{"__TEXT", "__cstring", kBase + 0x800, 0x100, 2}});
    maker.add_segment("__DWARF", kBase + 0x4000, 0x1000, 0x300, 0x10,
                      {{"__DWARF", "__debug_str", kBase + 0x4000, 0x10, 0}});
    maker.add(kLcSymtab, le32(0x200) + le32(1) + le32(0x210) + le32(8));
    std::string bytes = maker.bytes();
    bytes.resize(0x400, '\0');
    put(bytes, 0x200, maker.nlist(1, 0x0f, 1, 0, kBase + 0x800) + '\0' + "_name");
    const Buffer file(bytes);
    const Image image = read_file_image(file.view());
    const SegmentSpace space(file.view(), image);
    EXPECT_EQ(image.address, kBase);
    EXPECT_FALSE(image.sections[0].has_bytes());
    EXPECT_TRUE(image.sections[0].stripped);
    EXPECT_TRUE(fails_with("no bytes in the file", [&] { space.at(kBase + 0x800, 0x100, "strings"); }));
    EXPECT_TRUE(image.sections[1].has_bytes());
    EXPECT_EQ(space.at(kBase + 0x4000, 0x10, "debug").data(), file.view().data() + 0x300);
    EXPECT_EQ(SymbolTable(image.nlists, image.string_pool, true)[0].name, "_name");
    EXPECT_LT(image.declared_bytes(), 0x200U) << "bytes that are not there cost nothing";
}

/// An object file: one segment without a name, sections where their offsets say, pointers by relocation.
struct ObjectFile {
    ObjectFile() {
        maker.file_type = kFileTypeObject;
        segment = maker.add_segment("", 0, 0x80, 0x300, 0x80,
                                    {{"__TEXT", "__text", 0, 0x20, 0x80000400},
                                     {"__DATA", "__const", 0x20, 0x20, 0},
                                     {"__DATA", "__bss", 0x40, 0x40, 1}});
        maker.add(kLcSymtab, le32(0x200) + le32(2) + le32(0x240) + le32(16));
        bytes = maker.bytes();
        bytes.resize(0x400, '\0');
        put(bytes, 0x200, maker.nlist(1, 0x0e, 1, 0, 0x10) + maker.nlist(3, 0x01, 0, 0, 0));
        put(bytes, 0x240, std::string("\0a\0b\0", 5));
        section(0, 0x300, 0, 0);
        section(1, 0x380, 0x280, 2);
        // Two pointers of 8 bytes, external: at 8 to symbol 0, at 16 to symbol 1.
        put(bytes, 0x280, le32(8) + le32(0 | 3U << 25 | 1U << 27) + le32(16) + le32(1 | 3U << 25 | 1U << 27));
    }
    void section(uint64_t index, uint64_t offset, uint64_t relocations, uint64_t count) {
        const uint64_t at = segment + 72 + index * 80;
        put(bytes, at + 48, le32(offset) + le32(0) + le32(relocations) + le32(count));
    }
    test::MachoMaker maker;
    uint64_t segment = 0;
    std::string bytes;
};

TEST(FileImage, AnObjectFileHasItsSectionsWhereTheirOffsetsSay) {
    const ObjectFile object;
    const Buffer file(object.bytes);
    const Image image = read_file_image(file.view());
    const SegmentSpace space(file.view(), image);
    EXPECT_EQ(image.address, 0U);
    EXPECT_EQ(space.at(0, 0x20, "text").data(), file.view().data() + 0x300);
    EXPECT_EQ(space.at(0x20, 0x20, "moved section").data(), file.view().data() + 0x380);
    EXPECT_FALSE(image.sections[2].has_bytes());
}

TEST(FileImage, PointersOfAnObjectFileAreItsRelocations) {
    const ObjectFile object;
    const Buffer file(object.bytes);
    const Image image = read_file_image(file.view());
    const SegmentSpace space(file.view(), image);
    EXPECT_EQ(space.decode_pointer(4, 0x28), 0x14U) << "the symbol's address and the addend";
    EXPECT_EQ(space.decode_pointer(4, 0x30), 0U) << "bound";
    const auto bound = space.stored_pointer(4, 0x30);
    EXPECT_EQ(bound.kind, StoredPointer::Kind::kBind);
    EXPECT_EQ(bound.value, 1U) << "the symbol";
    EXPECT_EQ(bound.addend, 4U);
    EXPECT_EQ(space.decode_pointer(0x18, 0x20), 0x18U) << "no relocation: an address";
    EXPECT_EQ(space.stored_pointer(0, 0x20).kind, StoredPointer::Kind::kNull);
}

/// The first thing in an object file lies at address 0, and may be pointed to.
TEST(FileImage, APointerToAddressZeroOfAnObjectFileIsNoNull) {
    ObjectFile object;
    put(object.bytes, 0x280, le32(0) + le32(1 | 3U << 25));  // not external: to a place in section 1
    const Buffer file(object.bytes);
    const Image image = read_file_image(file.view());
    const SegmentSpace space(file.view(), image);
    const auto pointer = space.stored_pointer(0, 0x20);
    EXPECT_EQ(pointer.kind, StoredPointer::Kind::kAddress);
    EXPECT_EQ(pointer.value, 0U);
    EXPECT_EQ(space.stored_pointer(8, 0x20).value, 8U);
}

TEST(FileImage, RelocationsAreBoundedByTheFile) {
    ObjectFile object;
    object.section(1, 0x380, 0x280, 0x1000);
    const Buffer file(object.bytes);
    const Image image = read_file_image(file.view());
    EXPECT_TRUE(fails_with("relocations", [&] { SegmentSpace(file.view(), image); }));
}

/// arm64e of iOS 12 and 13: chains behind LC_DYLD_INFO.
TEST(FileImage, ThreadedPointersAreDecoded) {
    test::MachoMaker maker;
    maker.add_segment("__TEXT", kBase, 0x1000, 0, 0x1000);
    maker.add(kLcDyldInfoOnly, le32(0) + le32(0) + le32(0x800) + le32(2) + std::string(24, '\0'));
    std::string bytes = maker.bytes();
    bytes.resize(0x1000, '\0');
    put(bytes, 0x800, "\xd0\x01");
    const Buffer file(bytes);
    const Image image = read_file_image(file.view());
    const SegmentSpace space(file.view(), image);
    EXPECT_EQ(space.decode_pointer(uint64_t{3} << 51 | 0x18000010, kBase), 0x18000010U);
    const auto signed_pointer = space.stored_pointer(uint64_t{1} << 63 | 0x10, kBase);
    EXPECT_EQ(signed_pointer.value, kBase + 0x10);
    EXPECT_TRUE(signed_pointer.authenticated);
    const auto bound = space.stored_pointer(uint64_t{1} << 62 | 5, kBase);
    EXPECT_EQ(bound.kind, StoredPointer::Kind::kBind);
    EXPECT_EQ(bound.value, 5U);
}

/// CFStrings of a file with chained fixups: the records' pointers are links of chains.
TEST(FileImage, ChainedPointersAreDecoded) {
    test::MachoMaker maker;
    maker.add_segment("__TEXT", kBase, 0x1000, 0, 0x1000, {{"__TEXT", "__cstring", kBase + 0x900, 0x10, 2}});
    maker.add_segment("__DATA", kData, 0x1000, 0x1000, 0x1000, {{"__DATA", "__cfstring", kData, 0x20, 0}});
    maker.add_data(kLcDyldChainedFixups, 0x800, 0x60);
    std::string bytes = maker.bytes();
    bytes.resize(0x2000, '\0');
    put(bytes, 0x900, "hello");
    constexpr uint64_t kBind = uint64_t{1} << 63;
    put(bytes, 0x1000, le64(kBind | uint64_t{4} << 51 | 7) + le64(0x7c8) + le64(0x900) + le64(5));
    // Header (28), chain starts of two segments at 0x20, of __DATA at 0x30; format 6: offsets from the header.
    put(bytes, 0x800, le32(0) + le32(0x20) + le32(0) + le32(0) + le32(0) + le32(1) + le32(0));
    put(bytes, 0x820, le32(2) + le32(0) + le32(0x10));
    put(bytes, 0x830,
        le32(24) + test::le16(0x1000) + test::le16(6) + le64(0x1000) + le32(0) + test::le16(1) + test::le16(0));
    const Buffer file(bytes);
    const Image image = read_file_image(file.view());
    const SegmentSpace space(file.view(), image);
    std::vector<std::string> strings;
    walk_cf_strings(space, image, image.sections[1], [&](std::string_view text) { strings.emplace_back(text); });
    EXPECT_EQ(strings, std::vector<std::string>{"hello"});
    const auto isa = space.stored_pointer(kBind | uint64_t{4} << 51 | 7, kData);
    EXPECT_EQ(isa.kind, StoredPointer::Kind::kBind);
    EXPECT_EQ(isa.value, 7U);
    EXPECT_EQ(space.decode_pointer(0x900, kBase), 0x900U) << "outside the chained pages: as it is";
}

}  // namespace
}  // namespace strata::macho
