// What LIEF is not shown of an ELF file, and what it is.
#include "foreign/elf_prepare.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

#include "foreign/elf_format.h"

namespace strata::foreign {
namespace {

struct MadeSection {
    uint32_t type = 0;
    uint64_t flags = 0;
    uint32_t link = 0;
    std::string bytes;
};

/// Sections from `first` to `last` are loaded, each address being its offset and kBase more.
struct MadeSegment {
    uint32_t type = kPtLoad;
    size_t first = 0;
    size_t last = 0;
};
constexpr uint64_t kBase = 0x10000;

/// A file of either class and byte order: header, contents in order, section table, program headers.
class MadeElf {
  public:
    MadeElf(bool wide, bool little) : wide_(wide), little_(little), bytes_(0x40) {
        std::memcpy(bytes_.data(),
                    "\x7f"
                    "ELF",
                    4);
        bytes_[4] = wide ? 2 : 1;
        bytes_[5] = little ? 1 : 2;
    }

    std::vector<uint8_t> with(const std::vector<MadeSection>& sections, uint16_t names,
                              const std::vector<MadeSegment>& segments = {}) {
        std::vector<uint64_t> offsets;
        for (const auto& section : sections) {
            offsets.push_back(bytes_.size());
            bytes_.insert(bytes_.end(), section.bytes.begin(), section.bytes.end());
        }
        offsets.push_back(bytes_.size());
        if (!segments.empty()) {
            put(wide_ ? 0x20 : 0x1c, bytes_.size(), word());
            put(wide_ ? 0x36 : 0x2a, segment_size(), 2);
            put(wide_ ? 0x38 : 0x2c, segments.size(), 2);
        }
        for (const auto& segment : segments) add(segment, offsets[segment.first], offsets[segment.last + 1]);
        put(wide_ ? 0x28 : 0x20, bytes_.size(), word());
        put(wide_ ? 0x3a : 0x2e, entry_size(), 2);
        put(wide_ ? 0x3c : 0x30, sections.size(), 2);
        put(wide_ ? 0x3e : 0x32, names, 2);
        for (size_t i = 0; i < sections.size(); ++i) {
            const uint64_t at = bytes_.size();
            bytes_.resize(at + entry_size());
            put(at + 4, sections[i].type, 4);
            put(at + 8, sections[i].flags, word());
            put(at + (wide_ ? 0x18 : 0x10), offsets[i], word());
            put(at + (wide_ ? 0x20 : 0x14), sections[i].bytes.size(), word());
            put(at + (wide_ ? 0x28 : 0x18), sections[i].link, 4);
        }
        return bytes_;
    }

  private:
    void add(const MadeSegment& segment, uint64_t begin, uint64_t end) {
        const uint64_t at = bytes_.size();
        bytes_.resize(at + segment_size());
        put(at, segment.type, 4);
        put(at + (wide_ ? 0x08 : 0x04), begin, word());
        put(at + (wide_ ? 0x10 : 0x08), begin + kBase, word());
        put(at + (wide_ ? 0x20 : 0x10), end - begin, word());
        put(at + (wide_ ? 0x28 : 0x14), end - begin, word());
    }

    unsigned word() const { return wide_ ? 8 : 4; }
    unsigned segment_size() const { return wide_ ? 0x38 : 0x20; }
    unsigned entry_size() const { return wide_ ? 0x40 : 0x28; }
    void put(uint64_t at, uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i)
            bytes_[at + i] = static_cast<uint8_t>(value >> (8 * (little_ ? i : size - 1 - i)));
    }

    bool wide_;
    bool little_;
    std::vector<uint8_t> bytes_;
};

/// Section `index` as a reader of the file finds it.
struct Found {
    uint32_t type;
    std::string bytes;
};
Found find(const std::vector<uint8_t>& file, uint64_t index) {
    const ElfNumbers in(file);
    const auto number = [&](uint64_t at) { return in.is_64() ? in.u64(at) : in.u32(at); };
    const uint64_t at = number(in.is_64() ? 0x28 : 0x20) + index * (in.is_64() ? 0x40 : 0x28);
    const uint64_t offset = number(at + (in.is_64() ? 0x18 : 0x10));
    const uint64_t size = number(at + (in.is_64() ? 0x20 : 0x14));
    EXPECT_LE(offset + size, file.size());
    return {in.u32(at + 4), std::string(file.begin() + static_cast<int64_t>(offset),
                                        file.begin() + static_cast<int64_t>(offset + size))};
}

/// The program headers as a reader of the file finds them.
std::vector<ElfSegmentPlace> segments_of(const std::vector<uint8_t>& file) {
    const ElfNumbers in(file);
    const bool wide = in.is_64();
    const auto number = [&](uint64_t at) { return wide ? in.u64(at) : in.u32(at); };
    std::vector<ElfSegmentPlace> segments;
    uint64_t at = number(wide ? 0x20 : 0x1c);
    for (uint64_t left = in.u16(wide ? 0x38 : 0x2c); left > 0; --left, at += wide ? 0x38 : 0x20)
        segments.push_back({in.u32(at), number(at + (wide ? 0x08 : 0x04)), number(at + (wide ? 0x20 : 0x10)),
                            number(at + (wide ? 0x10 : 0x08)), number(at + (wide ? 0x28 : 0x14))});
    return segments;
}

/// What a worker is sent of it.
FileInParts needed(const std::vector<uint8_t>& file) {
    FileInParts in_parts{file.size(), needed_parts_of_elf(file), {}};
    uint64_t end = 0;
    for (const auto& part : in_parts.parts) {
        EXPECT_GE(part.offset, end);
        EXPECT_LE(part.offset, file.size());
        EXPECT_LE(part.size, file.size() - part.offset);
        end = part.offset + part.size;
        const auto begin = file.begin() + static_cast<int64_t>(part.offset);
        in_parts.bytes.insert(in_parts.bytes.end(), begin, begin + static_cast<int64_t>(part.size));
    }
    return in_parts;
}

constexpr uint32_t kSymtab = 2;
constexpr uint32_t kStrtab = 3;
constexpr uint32_t kDynamic = 6;
constexpr uint32_t kDynsym = 11;

class ElfPrepare : public testing::TestWithParam<std::pair<bool, bool>> {
  protected:
    std::vector<uint8_t> made(const std::vector<MadeSection>& sections, uint16_t names,
                              const std::vector<MadeSegment>& segments = {}) {
        return MadeElf(GetParam().first, GetParam().second).with(sections, names, segments);
    }
    /// A dynamic section.
    std::string dynamic(std::initializer_list<std::pair<uint64_t, uint64_t>> entries) {
        std::string bytes;
        const unsigned word = GetParam().first ? 8 : 4;
        const auto put = [&](uint64_t value) {
            for (unsigned i = 0; i < word; ++i)
                bytes += static_cast<char>(value >> (8 * (GetParam().second ? i : word - 1 - i)));
        };
        for (const auto& [tag, value] : entries) {
            put(tag);
            put(value);
        }
        put(0);
        put(0);
        return bytes;
    }
    /// A library as linkers make them: what is looked up by address comes before code and constants.
    std::vector<MadeSection> library(uint64_t symbols_address) {
        return {{},
                {kDynsym, kShfAlloc, 2, "symbols!"},
                {kStrtab, kShfAlloc, 0, "strings!"},
                {kShtProgbits, kShfAlloc, 0, large_ + "code"},
                {kShtProgbits, kShfAlloc | kShfWrite, 0, "got"},
                {kDynamic, kShfAlloc | kShfWrite, 2, dynamic({{6, symbols_address}, {5, kBase + 0x48}})},
                {kShtProgbits, kShfAlloc | kShfWrite, 0, large_ + "data"},
                {kSymtab, 0, 8, "more symbols"},
                {kStrtab, 0, 0, "more strings"}};
    }
    static std::vector<MadeSegment> library_segments() {
        return {{kPtLoad, 0, 3}, {kPtLoad, 4, 6}, {kPtDynamic, 5, 5}};
    }
    void prepare_damaged(const std::vector<uint8_t>& file) {
        try {
            auto in_parts = needed(file);
            const auto places = prepare_elf(in_parts).sections;
            EXPECT_EQ(places.size(), ElfNumbers(file).u16(GetParam().first ? 0x3c : 0x30));
        } catch (const std::runtime_error&) {
            return;  // a table outside of the file
        }
    }
    const std::string large_ = std::string(2U << 20, 'd');
};

TEST_P(ElfPrepare, DebugInformationIsLeftOutAndTheRestFound) {
    const std::vector<MadeSection> sections{{},
                                            {kShtProgbits, kShfAlloc, 0, "code"},
                                            {kShtProgbits, 0, 0, large_},
                                            {kSymtab, 0, 5, "symbols"},
                                            {kShtRela, 0, 3, large_},
                                            {kStrtab, 0, 0, "strings"},
                                            {kStrtab, 0, 0, "names"}};
    auto file = needed(made(sections, 6));
    EXPECT_LT(file.bytes.size(), 4096U);
    const auto places = prepare_elf(file).sections;
    ASSERT_EQ(places.size(), sections.size());
    uint64_t offset = 0x40;
    for (size_t i = 0; i < sections.size(); ++i) {
        EXPECT_EQ(places[i].type, sections[i].type);
        EXPECT_EQ(places[i].offset, offset);
        EXPECT_EQ(places[i].size, sections[i].bytes.size());
        offset += sections[i].bytes.size();
        const bool is_cut = sections[i].bytes.size() == large_.size();
        EXPECT_EQ(find(file.bytes, i).bytes, is_cut ? "" : sections[i].bytes);
    }
    EXPECT_EQ(find(file.bytes, 4).type, kShtProgbits);
}

TEST_P(ElfPrepare, CodeAndDataAreLeftOutBehindWhatIsLookedUp) {
    const auto sections = library(kBase + 0x40);
    const auto whole = made(sections, 8, library_segments());
    auto file = needed(whole);
    EXPECT_LT(file.bytes.size(), 4096U);
    const auto places = prepare_elf(file);
    EXPECT_TRUE(places.moved);
    ASSERT_EQ(places.sections.size(), sections.size());
    for (size_t i = 0; i < sections.size(); ++i) {
        EXPECT_EQ(places.sections[i].size, sections[i].bytes.size());
        const bool is_cut = sections[i].bytes.size() > large_.size();
        EXPECT_EQ(find(file.bytes, i).bytes, is_cut ? "" : sections[i].bytes) << i;
    }
    // Addresses lead to where things are now, and the program headers are told as they were.
    const auto shown = segments_of(file.bytes);
    ASSERT_EQ(places.segments.size(), 3U);
    ASSERT_EQ(shown.size(), 3U);
    const auto text_at = [&](size_t segment, uint64_t from, size_t size) {
        return std::string(file.bytes.begin() + static_cast<int64_t>(shown[segment].offset + from),
                           file.bytes.begin() + static_cast<int64_t>(shown[segment].offset + from + size));
    };
    EXPECT_EQ(text_at(0, 0, 16), "symbols!strings!");
    EXPECT_EQ(text_at(1, 0, 3), "got");
    EXPECT_EQ(text_at(2, 0, sections[5].bytes.size()), sections[5].bytes);
    EXPECT_EQ(places.segments[0].file_size, 16 + sections[3].bytes.size());
    EXPECT_EQ(shown[0].file_size, 16U);
    EXPECT_EQ(shown[0].address, kBase + 0x40);
    EXPECT_EQ(places.segments[1].offset, 0x40 + 16 + sections[3].bytes.size());
}

/// What the dynamic section means may be where no section says that it is.
TEST_P(ElfPrepare, WhatNoSectionIsAboutStays) {
    for (const uint64_t address : {kBase + 0x41, kBase + 0x50, uint64_t{1}, kBase + (64U << 20)}) {
        const auto before = made(library(address), 8, library_segments());
        auto file = needed(before);
        (void)prepare_elf(file);
        EXPECT_EQ(file.bytes, before) << address;
    }
}

/// Parsers do not agree on what such files mean: they get all of them.
TEST_P(ElfPrepare, WhatLeavesTheFileOrHasNoNamesIsSentWhole) {
    const auto sections = library(kBase + 0x40);
    const auto in_one = [&](const std::vector<uint8_t>& file) {
        const auto parts = needed_parts_of_elf(file);
        return parts.size() == 1 && parts[0].size == file.size();
    };
    EXPECT_FALSE(in_one(made(sections, 8, library_segments())));
    EXPECT_TRUE(in_one(made(sections, 0, library_segments()))) << "no section of names";
    auto segments = library_segments();
    segments.push_back({kPtGnuRelro, 4, 5});
    EXPECT_FALSE(in_one(made(sections, 8, segments)));
    auto file = made(sections, 8, segments);
    const auto [wide, little] = GetParam();
    const size_t last = file.size() - 9 * (wide ? 0x40 : 0x28) - (wide ? 0x38 : 0x20);
    file[last + (wide ? 0x20 : 0x10) + (little ? 3 : (wide ? 4 : 0))] = 0x7f;  // its size in the file
    EXPECT_TRUE(in_one(file));
}

/// LIEF goes by the sections where there are no program headers to be read.
TEST_P(ElfPrepare, ProgramHeadersOutsideOfAWholeFileAreNoConcern) {
    auto whole = made(library(kBase + 0x40), 8, library_segments());
    for (size_t i = 0; i < (GetParam().first ? 8U : 4U); ++i) whole[(GetParam().first ? 0x20 : 0x1c) + i] = 0x7f;
    EXPECT_THROW(needed_parts_of_elf(whole), std::runtime_error);
    FileInParts file{whole.size(), {{0, whole.size()}}, whole};
    EXPECT_EQ(prepare_elf(file).sections.size(), 9U);
    EXPECT_EQ(file.bytes, whole);
}

/// The other side may not have been able to tell what is needed.
TEST_P(ElfPrepare, AWholeFileKeepsItsContents) {
    const std::vector<MadeSection> sections{{},
                                            {kShtProgbits, 0, 0, large_},
                                            {kSymtab, 0, 4, "symbols"},
                                            {kShtRela, 0, 2, "relocations"},
                                            {kStrtab, 0, 0, "names"}};
    const auto whole = made(sections, 4);
    FileInParts file{whole.size(), {{0, whole.size()}}, whole};
    const auto places = prepare_elf(file).sections;
    ASSERT_EQ(places.size(), sections.size());
    for (size_t i = 0; i < sections.size(); ++i) {
        EXPECT_EQ(places[i].type, sections[i].type);
        EXPECT_EQ(find(file.bytes, i).bytes, sections[i].bytes);
    }
    EXPECT_EQ(find(file.bytes, 3).type, kShtProgbits);
}

TEST_P(ElfPrepare, WhatOthersReferToStays) {
    auto file = needed(made({{},
                             {kSymtab, 0, 2, "symbols"},
                             {kShtProgbits, 0, 0, large_ + "strings"},
                             {kShtProgbits, 0, 0, large_},
                             {kStrtab, 0, 0, "names"}},
                            4));
    (void)prepare_elf(file);
    EXPECT_EQ(find(file.bytes, 2).bytes, large_ + "strings");
    EXPECT_EQ(find(file.bytes, 3).bytes, "");
}

TEST_P(ElfPrepare, LittleIsLeftWhereItIs) {
    const auto before = made({{}, {kShtProgbits, 0, 0, "debug"}, {kStrtab, 0, 0, "names"}}, 2);
    auto file = needed(before);
    (void)prepare_elf(file);
    EXPECT_EQ(file.bytes, before);
}

TEST_P(ElfPrepare, LoadedRelocationsStay) {
    const auto before = made({{}, {kShtRela, kShfAlloc, 0, large_}, {kStrtab, 0, 0, "names"}}, 2);
    auto file = needed(before);
    (void)prepare_elf(file);
    EXPECT_EQ(file.bytes, before);
}

/// Whatever the numbers say, nothing outside of the file is touched, and places are those of the table.
TEST_P(ElfPrepare, DamagedTablesAreSurvived) {
    std::mt19937 random(7);
    const auto whole = made({{},
                             {kShtProgbits, kShfAlloc, 0, "code"},
                             {kShtProgbits, 0, 0, large_},
                             {kSymtab, 0, 4, "symbols"},
                             {kStrtab, 0, 0, "names"}},
                            4);
    const size_t table = whole.size() - 5 * (GetParam().first ? 0x40 : 0x28);
    for (int round = 0; round < 300; ++round) {
        auto file = whole;
        for (int i = 0; i < 3; ++i) {
            const bool in_header = random() % 4 == 0;
            const size_t at = in_header ? 6 + random() % 0x3a : table + random() % (whole.size() - table);
            file[at] = static_cast<uint8_t>(random() % 3 == 0 ? 0xff : random());
        }
        prepare_damaged(file);
    }
}

TEST_P(ElfPrepare, DamagedLibrariesAreSurvived) {
    std::mt19937 random(8);
    const auto whole = made(library(kBase + 0x40), 8, library_segments());
    const size_t table = whole.size() - 9 * (GetParam().first ? 0x40 : 0x28);
    const size_t segments = table - 3 * (GetParam().first ? 0x38 : 0x20);
    const size_t dynamic_at = 0x40 + 16 + large_.size() + 7;
    for (int round = 0; round < 600; ++round) {
        auto file = whole;
        for (int i = 0; i < 3; ++i) {
            const size_t begin = std::vector<size_t>{6, segments, table, dynamic_at}[random() % 4];
            const size_t end = begin == 6          ? 0x40
                               : begin == segments ? table
                               : begin == table    ? whole.size()
                                                   : begin + 96;
            file[begin + random() % (end - begin)] = static_cast<uint8_t>(random() % 3 == 0 ? 0xff : random());
        }
        prepare_damaged(file);
    }
}

INSTANTIATE_TEST_SUITE_P(ClassesAndOrders, ElfPrepare,
                         testing::Values(std::pair{true, true}, std::pair{true, false}, std::pair{false, true},
                                         std::pair{false, false}));

TEST(ElfNumbers, WhatLeavesTheFileIsToldInHexadecimal) {
    std::vector<uint8_t> file(0x40);
    file[4] = 2;
    file[5] = 1;
    try {
        (void)ElfNumbers(file).u32(0x3d);
        ADD_FAILURE() << "it is outside";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "ELF table at 0x3d leaves the file");
    }
}

}  // namespace
}  // namespace strata::foreign
