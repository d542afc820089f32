// Unmapped local symbols: narrow and wide entries, and tables that leave their file.
#include "dyld/local_symbols.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/macho_maker.h"

namespace strata::dyld {
namespace {

using test::fails_with;
using test::le32;
using test::le64;

constexpr uint64_t kInfo = 0x40;

/// A file with three symbols for the images at 0x1000 (one) and 0x200005000 or 0x5000 (two).
struct LocalsFile {
    explicit LocalsFile(bool wide_entries, bool is_64_bit) : wide(wide_entries), is_64(is_64_bit) {
        const test::MachoMaker maker(is_64);
        const std::string nlists = maker.nlist(1, 0x0e, 1, 0, 0x1800) + maker.nlist(5, 0x0e, 1, 0, 0x5800) +
                                   maker.nlist(9, 0x0e, 2, 0, 0x5900);
        const std::string pool("\0_a1\0_b1\0_b2\0", 13);
        // Listed out of order: the offset says which image an entry is of.
        std::string entries = entry(second_image(), 1, 2) + entry(0x1000, 0, 1) + entry(0x9000, 3, 0);
        const uint64_t entries_at = 0x18;
        const uint64_t nlists_at = entries_at + entries.size();
        const uint64_t pool_at = nlists_at + nlists.size();
        bytes = std::string(kInfo, '\0') + le32(nlists_at) + le32(3) + le32(pool_at) + le32(pool.size()) +
                le32(entries_at) + le32(3) + entries + nlists + pool;
    }

    uint64_t second_image() const { return wide ? 0x200005000 : 0x5000; }
    std::string entry(uint64_t offset, uint32_t start, uint32_t count) const {
        return (wide ? le64(offset) : le32(offset)) + le32(start) + le32(count);
    }
    uint64_t entry_size() const { return wide ? 16 : 12; }

    bool wide;
    bool is_64;
    std::string bytes;
};

/// Keeps the file while its symbols are looked at.
struct Opened {
    explicit Opened(const LocalsFile& file) : buffer(file.bytes) {
        CacheHeader header;
        header.size = file.wide ? 0x190 : 0x140;
        header.local_symbols = {kInfo, 1};  // the size field is not believed
        locals.emplace(buffer.view(), header, file.is_64);
    }
    test::Buffer buffer;
    std::optional<LocalSymbols> locals;
};

class BothForms : public ::testing::TestWithParam<std::tuple<bool, bool>> {
  protected:
    LocalsFile file_{std::get<0>(GetParam()), std::get<1>(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(LocalSymbols, BothForms, ::testing::Combine(::testing::Bool(), ::testing::Bool()),
                         [](const auto& form) {
                             return std::string(std::get<0>(form.param) ? "WideEntries" : "NarrowEntries") +
                                    (std::get<1>(form.param) ? "64" : "32");
                         });

TEST_P(BothForms, AreFoundByAddress) {
    const Opened opened(file_);
    const auto& locals = *opened.locals;
    EXPECT_FALSE(locals.empty());
    const auto first = locals.of(0x1000);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].name, "_a1");
    EXPECT_EQ(first[0].value, 0x1800U);
    const auto second = locals.of(file_.second_image());
    ASSERT_EQ(second.size(), 2U);
    EXPECT_EQ(second[0].name, "_b1");
    EXPECT_EQ(second[1].name, "_b2");
    EXPECT_EQ(second[1].section, 2);
    EXPECT_EQ(locals.of(0x9000).size(), 0U);
    EXPECT_EQ(locals.of(0).size(), 0U) << "an image without an entry has none";
    EXPECT_EQ(locals.of(UINT64_MAX).size(), 0U);
}

TEST_P(BothForms, EntriesThatLeaveTheTable) {
    const uint64_t second = kInfo + 0x18 + file_.entry_size();  // the entry of 0x1000
    const uint64_t start = second + (file_.wide ? 8 : 4);
    for (const auto& [at, value] :
         {std::pair{start, 3U}, {start, UINT32_MAX}, {start + 4, 4U}, {start + 4, UINT32_MAX}}) {
        LocalsFile damaged = file_;
        test::put(damaged.bytes, at, le32(value));
        const Opened opened(damaged);
        EXPECT_TRUE(fails_with("local symbols", [&, which = &opened] { which->locals->of(0x1000); })) << value;
        EXPECT_EQ(opened.locals->of(file_.second_image()).size(), 2U) << "other images keep theirs";
    }
}

TEST_P(BothForms, TablesThatLeaveTheFile) {
    for (uint64_t field = 0; field < 24; field += 4) {
        LocalsFile damaged = file_;
        test::put(damaged.bytes, kInfo + field, le32(UINT32_MAX));
        EXPECT_THROW(Opened{damaged}, base::Error) << field;
    }
    for (size_t size = 0; size < file_.bytes.size(); ++size) {
        LocalsFile damaged = file_;
        damaged.bytes.resize(size);
        EXPECT_THROW(Opened{damaged}, base::Error) << size;
    }
}

TEST(LocalSymbols, AbsentWhenTheHeaderNamesNone) {
    const test::Buffer file("anything");
    EXPECT_TRUE(LocalSymbols(file.view(), CacheHeader{}, true).empty());
    EXPECT_TRUE(LocalSymbols().empty());
    EXPECT_EQ(LocalSymbols().of(0x1000).size(), 0U);
}

TEST(LocalSymbols, NamesOutsideThePoolAreEmpty) {
    LocalsFile file(true, true);
    test::put(file.bytes, kInfo + 0x18 + 3 * 16, le32(13));
    const Opened opened(file);
    EXPECT_EQ(opened.locals->of(0x1000)[0].name, "");
}

}  // namespace
}  // namespace strata::dyld
