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

/// A file of either class and byte order: header, contents in order, section table; no segments.
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

    std::vector<uint8_t> with(const std::vector<MadeSection>& sections, uint16_t names) {
        std::vector<uint64_t> offsets;
        for (const auto& section : sections) {
            offsets.push_back(bytes_.size());
            bytes_.insert(bytes_.end(), section.bytes.begin(), section.bytes.end());
        }
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
    unsigned word() const { return wide_ ? 8 : 4; }
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

class ElfPrepare : public testing::TestWithParam<std::pair<bool, bool>> {
  protected:
    std::vector<uint8_t> made(const std::vector<MadeSection>& sections, uint16_t names) {
        return MadeElf(GetParam().first, GetParam().second).with(sections, names);
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
    const auto places = prepare_elf(file);
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

/// The other side may not have been able to tell what is needed.
TEST_P(ElfPrepare, AWholeFileKeepsItsContents) {
    const std::vector<MadeSection> sections{{},
                                            {kShtProgbits, 0, 0, large_},
                                            {kSymtab, 0, 4, "symbols"},
                                            {kShtRela, 0, 2, "relocations"},
                                            {kStrtab, 0, 0, "names"}};
    const auto whole = made(sections, 4);
    FileInParts file{whole.size(), {{0, whole.size()}}, whole};
    const auto places = prepare_elf(file);
    ASSERT_EQ(places.size(), sections.size());
    for (size_t i = 0; i < sections.size(); ++i) {
        EXPECT_EQ(places[i].type, sections[i].type);
        EXPECT_EQ(find(file.bytes, i).bytes, sections[i].bytes);
    }
    EXPECT_EQ(find(file.bytes, 3).type, kShtProgbits);
}

TEST_P(ElfPrepare, WhatOthersReferToStays) {
    const std::vector<MadeSection> sections{
        {}, {kSymtab, 0, 2, "symbols"}, {kShtProgbits, 0, 0, large_}, {kShtProgbits, 0, 0, large_ + "names"}};
    const auto before = made(sections, 3);
    auto file = needed(before);
    (void)prepare_elf(file);
    EXPECT_EQ(file.bytes, before);
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
        try {
            auto in_parts = needed(file);
            const auto places = prepare_elf(in_parts);
            EXPECT_EQ(places.size(), ElfNumbers(file).u16(GetParam().first ? 0x3c : 0x30));
        } catch (const std::runtime_error&) {
            continue;  // a table outside of the file
        }
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
