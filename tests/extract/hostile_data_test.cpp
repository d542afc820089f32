// Files that ask for far more work than they have bytes. Some tests end with an error that says so; the others would
// run for minutes if each byte were not looked at a bounded number of times, and just have to end.
#include <gtest/gtest.h>

#include <deque>

#include "extract/data_facts.h"
#include "extract/file_pointers.h"
#include "extract/foreign_image.h"
#include "extract/foreign_meanings.h"
#include "facts.h"
#include "foreign/elf_format.h"
#include "support/errors.h"
#include "support/file_maker.h"
#include "support/fixups_maker.h"

namespace strata::extract {
namespace {

using test::le32;
using test::le64;
using test::uleb;

// --- names of addresses ---

TEST(AddressNames, AddressesChosenForOnePlaceOfATableAreFound) {
    // Multiplying by a constant and taking upper bits is what such tables often do; these addresses are that undone:
    // products below 2^20, so that their upper bits are all zero.
    constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;
    uint64_t inverse = kFactor;
    for (int i = 0; i < 5; ++i) inverse *= 2 - kFactor * inverse;
    ASSERT_EQ(kFactor * inverse, 1U);
    constexpr uint64_t kCount = 1U << 19;
    AddressNames names;
    names.reserve(kCount);
    for (uint64_t i = 0; i < kCount; ++i) names.add(i * inverse, i % 2 == 0 ? "even" : "odd", true, false);
    names.finish();
    for (uint64_t i = 0; i < kCount; ++i)
        ASSERT_EQ(names.find(i * inverse), name_meaning(i % 2 == 0 ? "even" : "odd") & ~uint64_t{1}) << i;
    EXPECT_EQ(names.find(kCount * inverse), 0U);
}

// --- ELF ---

/// A library with relocations, and with symbols that all name the same few words of data.
struct ElfData {
    std::string relocations;
    uint32_t relocations_type = foreign::kShtRela;
    size_t symbols = 1;

    static constexpr uint64_t kData = 0x10000;
    static constexpr uint64_t kDataSize = 0x100;
    static constexpr uint32_t kRelr = 19;

    std::vector<std::string> read() const {
        foreign::Facts facts;
        facts.header.type = foreign::kEtDyn;
        facts.header.is_64 = true;
        const test::Buffer file(std::string(kDataSize, 'd') + relocations);
        facts.sections.push_back({.name = ".data",
                                  .type = foreign::kShtProgbits,
                                  .flags = foreign::kShfAlloc | foreign::kShfWrite,
                                  .address = kData,
                                  .size = kDataSize,
                                  .file_size = kDataSize});
        facts.sections.push_back({.name = ".relocations",
                                  .type = relocations_type,
                                  .flags = foreign::kShfAlloc,
                                  .address = 0x1000000,
                                  .size = relocations.size(),
                                  .file_offset = kDataSize,
                                  .file_size = relocations.size()});
        std::deque<std::string> names;
        for (size_t i = 0; i < symbols; ++i) {
            foreign::Symbol symbol;
            symbol.name = names.emplace_back("s" + std::to_string(i));
            symbol.value = kData + 16;
            symbol.size = 16;
            symbol.section = 1;
            symbol.type = foreign::SymbolType::kObject;
            facts.symbols.push_back(symbol);
        }
        const std::function<void(uint64_t)> touched = [](uint64_t) {};
        const ForeignImage image(facts, file.view(), touched);
        const ForeignMeanings meanings(image);
        Kept kept;
        extract_foreign_data(image, meanings, kept.sink());
        return facts_of(kept, record::ColumnKind::kData);
    }

    static std::string relative(uint64_t address, uint64_t target) { return le64(address) + le64(8) + le64(target); }
};

TEST(ElfHostile, OneWordRelocatedAMillionTimesIsOnePointer) {
    const std::string once = ElfData::relative(ElfData::kData + 16, ElfData::kData);
    ElfData elf{.relocations = once, .symbols = 1U << 16};
    for (int i = 0; i < 20; ++i) elf.relocations += elf.relocations;
    const auto facts = elf.read();
    ASSERT_EQ(facts.size(), elf.symbols);
    const ElfData single{.relocations = once};
    EXPECT_EQ(facts.front(), single.read().at(0));
    EXPECT_NE(ElfData{}.read().at(0), single.read().at(0)) << "a pointer counts as what it leads to";
}

TEST(ElfHostile, PackedRelocationsThatLeadNowhereCount) {
    ElfData elf{.relocations = le64(0x70000000), .relocations_type = ElfData::kRelr};
    for (int i = 0; i < 100; ++i) elf.relocations += le64(UINT64_MAX);
    EXPECT_EQ(elf.read().size(), 1U);
    for (int i = 0; i < 40000; ++i) elf.relocations += le64(UINT64_MAX);  // stand for 2.5 million
    EXPECT_TRUE(elf.read().empty()) << "too many: nothing is known of data";
}

// --- Mach-O ---

/// A library whose one section of data lies on the first page of its second segment.
struct MachoData {
    std::string linkedit;
    size_t more_segments = 0;  ///< empty ones
    std::string library = "/usr/lib/libA.dylib";
    bool chained = false;  ///< else `linkedit` is a program of binds

    static constexpr uint64_t kBase = 0x100000000;
    static constexpr uint64_t kAt = 0x200000;
    static constexpr uint64_t kData = kBase + kAt;

    std::string bytes() const {
        test::MachoMaker maker;
        maker.add_segment("__TEXT", kBase, kAt, 0, kAt);
        maker.add_segment("__DATA", kData, 0x1000, kAt, 0x1000, {{"__DATA", "__const", kData, 0x800, 0}});
        for (size_t i = 0; i < more_segments; ++i) maker.add_segment("__MORE", kData + 0x10000 + i, 0, 0, 0);
        maker.add_segment("__LINKEDIT", kData + 0x1000, linkedit.size(), kAt + 0x1000, linkedit.size());
        maker.add_dylib(0xd, "/usr/lib/libMade.dylib");
        maker.add_dylib(0xc, library);
        if (chained)
            maker.add_data(0x80000034, kAt + 0x1000, linkedit.size());
        else
            maker.add(0x80000022,
                      le32(0) + le32(0) + le32(kAt + 0x1000) + le32(linkedit.size()) + std::string(24, '\0'));
        std::string file = maker.bytes();
        EXPECT_LE(file.size(), kAt);
        file.resize(kAt + 0x1000, '\0');
        return file + linkedit;
    }

    /// Reads the pointers of the section; returns how many.
    uint64_t walk() const {
        const test::Buffer buffer(bytes());
        const auto image = macho::read_file_image(buffer.view());
        const macho::SegmentSpace space(buffer.view(), image);
        FilePointers pointers(buffer.view(), space, image);
        uint64_t count = 0;
        pointers.walk(kData, 0x800, [&](uint64_t, uint64_t, uint64_t) { ++count; });
        return count;
    }
};

TEST(MachoHostile, ChainSegmentsOnTopOfEachOther) {
    const auto make = [](size_t segments) {
        test::FixupsMaker fixups;
        fixups.segments.resize(1);
        fixups.segments.resize(1 + segments, {0x1000, 6, MachoData::kData - MachoData::kBase, 0, {8}, {}});
        return MachoData{.linkedit = fixups.bytes(), .more_segments = segments, .chained = true};
    };
    EXPECT_EQ(make(20).walk(), 20U) << "one pointer, told by each";
    const auto many = make(4000);
    EXPECT_TRUE(test::fails_with("share pages of chained fixups", [&] { many.walk(); }));
}

/// Binds one place `times` times, each with an addend of its own so that it counts as another one.
std::string bind_program(const std::string& name, size_t times) {
    std::string program = "\x11\x40" + name + std::string(1, '\0') + "\x51";
    for (size_t i = 0; i < times; ++i) {
        program += std::string("\x71") + uleb(0) + '\x60';
        const auto addend = static_cast<unsigned>(i);
        program += static_cast<char>(0x80 | (addend & 0x7f));
        program += static_cast<char>(0x80 | (addend >> 7 & 0x7f));
        program += static_cast<char>(addend >> 14 & 0x3f);
        program += '\x90';
    }
    return program + '\0';
}

TEST(MachoHostile, ALongNameBoundManyTimes) {
    const std::string name(1U << 19, 'n');
    EXPECT_EQ(MachoData{.linkedit = bind_program(name, 50)}.walk(), 1U);
    const MachoData many{.linkedit = bind_program(name, 100)};
    EXPECT_TRUE(test::fails_with("names of bound symbols add up to more than", [&] { many.walk(); }));
}

TEST(MachoHostile, ALibraryWithALongNameBoundToAMillionTimes) {
    const MachoData file{.linkedit = bind_program("_n", 1'000'000), .library = std::string(1U << 20, 'l')};
    EXPECT_EQ(file.walk(), 1U);
}

/// An arm64e library of iOS 12: a chain of `count` words, of which the first is bound, the second signed, and the
/// others (all, if `bound`) lead to the library's start, or are bound as the first is.
struct ThreadedData {
    uint64_t count = 0;
    bool bound = false;
    std::string rebases = "";     ///< a program
    std::string chains = "\xd1";  ///< how often the chain begins

    struct Pointer {
        uint64_t target = 0;
        uint64_t tag = 0;
    };

    std::string bytes() const {
        const std::string program =
            std::string("\xd0\x01\x11\x40_n\0\x51\x90\x71\0", 11) + chains + std::string(1, '\0');
        const uint64_t size = (count * 8 + 0xfff) / 0x1000 * 0x1000;
        test::MachoMaker maker;
        maker.cpu_type = test::kCpuArm64;
        maker.cpu_subtype = 2;
        maker.add_segment("__TEXT", MachoData::kBase, 0x1000, 0, 0x1000);
        maker.add_segment("__DATA", MachoData::kBase + 0x1000, size, 0x1000, size,
                          {{"__DATA", "__const", MachoData::kBase + 0x1000, count * 8, 0}});
        const uint64_t linkedit = 0x1000 + size;
        maker.add_segment("__LINKEDIT", MachoData::kBase + linkedit, 0x1000, linkedit, rebases.size() + program.size());
        maker.add_dylib(0xd, "/usr/lib/libMade.dylib");
        maker.add_dylib(0xc, "/usr/lib/libA.dylib");
        maker.add(0x80000022, le32(linkedit) + le32(rebases.size()) + le32(linkedit + rebases.size()) +
                                  le32(program.size()) + std::string(24, '\0'));
        std::string file = maker.bytes();
        file.resize(0x1000, '\0');
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t next = i + 1 < count ? uint64_t{1} << 51 : 0;
            const uint64_t kind = i == 0 || bound ? uint64_t{1} << 62
                                  : i == 1        ? uint64_t{1} << 63 | uint64_t{0x5eed} << 32 | 0x20
                                                  : MachoData::kBase;
            file += le64(kind | next);
        }
        file.resize(linkedit, '\0');
        return file + rebases + program;
    }

    std::vector<Pointer> read() const {
        const test::Buffer buffer(bytes());
        const auto image = macho::read_file_image(buffer.view());
        const macho::SegmentSpace space(buffer.view(), image);
        FilePointers pointers(buffer.view(), space, image);
        std::vector<Pointer> found;
        pointers.walk(MachoData::kBase + 0x1000, count * 8, [&](uint64_t, uint64_t target, uint64_t tag) {
            found.push_back({target, tag});
        });
        return found;
    }
};

TEST(MachoHostile, AThreadedChainOfAMillionRebases) {
    const auto found = ThreadedData{.count = 1'200'000}.read();
    ASSERT_EQ(found.size(), 1'200'000U);
    EXPECT_EQ(found[0].target, 0U);
    EXPECT_NE(found[0].tag, 0U);
    EXPECT_EQ(found[1].target, MachoData::kBase + 0x20);
    EXPECT_EQ(found[1].tag, 0x5eedU << 1 | 1);
    EXPECT_EQ(found.back().target, MachoData::kBase);
    EXPECT_EQ(found.back().tag, 0U);
    const ThreadedData twice{.count = 1'200'000, .chains = "\xd1\xd1"};
    EXPECT_TRUE(test::fails_with("more than 2097152 rebases", [&] { twice.read(); }));
    const ThreadedData bound{.count = 1'200'000, .bound = true};
    EXPECT_TRUE(test::fails_with("more than 1048576 bound or relocated pointers", [&] { bound.read(); }));
}

// A rebase program that names words of the chain says nothing new of them.
TEST(MachoHostile, RebasesOfAThreadedChainThatAProgramTellsToo) {
    const auto once = ThreadedData{.count = 4}.read();
    const auto told = ThreadedData{.count = 4, .rebases = std::string("\x11\x21\0\x54\0", 5)}.read();
    ASSERT_EQ(told.size(), once.size());
    for (size_t i = 0; i < once.size(); ++i) {
        EXPECT_EQ(told[i].target, once[i].target) << i;
        EXPECT_EQ(told[i].tag, once[i].tag) << i;
    }
}

/// Whether a cache of type metadata that refers to the nth of these sections of names is left out of digests: then it
/// makes no difference where in the section the name lies.
bool is_left_out(size_t sections, size_t nth) {
    const auto digest = [&](uint64_t within) {
        MadeImage made;
        for (size_t i = 0; i < sections; ++i)
            made.add_section("__TEXT", "__swift5_typeref", 0x10000 + i * 0x100, 0x40, 0);
        made.add_section("__DATA", "__data", 0x20000, 8, 0);
        const uint64_t target = 0x10000 + nth * 0x100 + within;
        made.space.map(0x20000, le32(static_cast<uint32_t>(target - 0x20000)) + le32(static_cast<uint32_t>(-7)));
        auto context = made.context();
        context.walk_pointers = [](uint64_t, uint64_t, const PointerVisitor&) {};
        AddressNames names;
        names.finish();
        Meanings meanings(context, names);
        Kept kept;
        extract_data(context, names, meanings, kept.sink());
        return facts_of(kept, record::ColumnKind::kData);
    };
    EXPECT_EQ(digest(8).size(), 1U);
    return digest(8) == digest(16);
}

// Each eight bytes of data are held against each section of names; no real image has more than one.
TEST(MachoHostile, SectionsOfSwiftNamesAreFew) {
    EXPECT_TRUE(is_left_out(1, 0));
    EXPECT_TRUE(is_left_out(200, 3));
    EXPECT_FALSE(is_left_out(200, 4));
}

}  // namespace
}  // namespace strata::extract
