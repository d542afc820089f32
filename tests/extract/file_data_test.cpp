// Content of data in standalone Mach-O files: a pointer is what it leads to, however the file says that it is one.
#include <gtest/gtest.h>

#include "extract/binary.h"
#include "extract/data_facts.h"
#include "facts.h"
#include "support/errors.h"
#include "support/file_maker.h"
#include "support/fixups_maker.h"

namespace strata::extract {
namespace {

using test::le32;
using test::le64;
using test::put;
using test::uleb;
using DataFacts = std::map<std::string, std::string>;

constexpr uint64_t kFileBase = 0x100000000;

enum class Form { kOpcodes, kThreaded, kChained, kObject };

/// A file with a table of five words: a number, a pointer to a string, one to a named constant, one to a nameless place
/// behind it, and one that is bound to a symbol of a library. All of them can be laid out elsewhere, or changed.
struct DataFile {
    Form form = Form::kOpcodes;
    uint64_t shift = 0;  ///< of everything behind the header
    uint64_t number = 7;
    std::string text = "first";
    uint64_t constant = 0;  ///< which of two the third word leads to
    uint64_t behind = 8;    ///< bytes from the constant to the place that the fourth leads to
    std::string bound = "_bound";
    std::string library = "/usr/lib/libA.dylib";
    bool broken = false;

    uint64_t strings() const { return kFileBase + 0x800 + shift; }
    uint64_t constants() const { return kFileBase + 0x900 + shift; }
    uint64_t table() const { return kFileBase + 0x1000 + shift; }

    std::string bytes() const {
        std::string linkedit = fixups();
        const uint64_t symbols_at = linkedit.size();
        test::MachoMaker maker;
        std::string names(1, '\0');
        std::string nlists;
        const auto symbol = [&](const std::string& name, uint8_t type, uint8_t section, uint64_t value) {
            nlists += maker.nlist(static_cast<uint32_t>(names.size()), type, section, section == 0 ? 0x100 : 0, value);
            names += name + '\0';
        };
        symbol("_table", 0xf, 3, table());
        symbol("_one", 0xf, 2, constants());
        symbol("_two", 0xf, 2, constants() + 0x20);
        symbol(bound, 0x1, 0, 0);
        linkedit += nlists + names;
        const uint64_t relocations_at = linkedit.size();
        if (form == Form::kObject) linkedit += relocations();

        const bool object = form == Form::kObject;
        maker.file_type = object ? 1 : 6;
        maker.add_segment(object ? "" : "__TEXT", kFileBase, 0x1000, 0, 0x1000,
                          {{"__TEXT", "__cstring", strings(), 0x20, 2}, {"__TEXT", "__const", constants(), 0x40, 0}});
        maker.add_segment("__DATA", kFileBase + 0x1000, 0x1000, 0x1000, 0x1000,
                          {{"__DATA", "__const", table(), 40, 0}});
        const uint64_t data_command = maker.place_of(0x19, 1);
        maker.add_segment("__LINKEDIT", kFileBase + 0x2000, 0x1000, 0x2000, linkedit.size());
        if (!object) maker.add_dylib(0xd, "/usr/lib/libMade.dylib");
        if (!object) maker.add_dylib(0xc, library);
        maker.add(0x1b, "0123456789abcdef");
        maker.add(0x2,
                  le32(0x2000 + symbols_at) + le32(4) + le32(0x2000 + symbols_at + nlists.size()) + le32(names.size()));
        if (form == Form::kChained) maker.add_data(0x80000034, 0x2000, symbols_at);
        if (has_program()) {
            const uint64_t binds = rebase_program().size();
            maker.add(0x80000022, le32(0x2000) + le32(binds) + le32(0x2000 + binds) + le32(symbols_at - binds) +
                                      std::string(24, '\0'));
        }
        std::string file = maker.bytes();
        file.resize(0x2000, '\0');
        if (object) put(file, data_command + 72 + 56, le32(0x2000 + relocations_at) + le32(5));
        put(file, strings() - kFileBase, text);
        for (uint64_t i = 0; i < 8; ++i) put(file, constants() - kFileBase + 8 * i, le64(0x1111 * (i + 1)));
        put(file, table() - kFileBase, words());
        return file + linkedit;
    }

  private:
    uint64_t third() const { return constants() + 0x20 * constant; }

    std::string words() const {
        const uint64_t fourth = constants() + behind;
        if (form == Form::kObject)  // the third is relocated by its symbol, so all that is stored is what comes on top
            return le64(number) + le64(strings()) + le64(0) + le64(fourth) + le64(0);
        if (form == Form::kOpcodes) return le64(number) + le64(strings()) + le64(third()) + le64(fourth) + le64(0);
        if (form == Form::kThreaded) {
            const auto word = [](uint64_t target, uint64_t next) { return le64(target | next << 51); };
            return le64(number) + word(strings(), 1) + word(third(), 1) + word(fourth, broken ? 0x7ff : 1) +
                   le64(uint64_t{1} << 62);
        }
        const auto link = [](uint64_t target, uint64_t next) { return le64((target - kFileBase) | next << 51); };
        return le64(number) + link(strings(), 2) + link(third(), 2) + link(fourth, broken ? 0xfff : 2) +
               le64(uint64_t{1} << 63);
    }

    std::string fixups() const {
        if (has_program()) return rebase_program() + bind_program();
        if (form == Form::kObject) return "";
        test::FixupsMaker maker;
        maker.imports = {{1, bound}};
        maker.segments = {{}, {0x1000, 6, 0x1000, 0, {static_cast<uint16_t>(shift + 8)}, {}}, {}};
        std::string bytes = maker.bytes();
        bytes.resize((bytes.size() + 7) / 8 * 8, '\0');
        return bytes;
    }
    bool has_program() const { return form == Form::kOpcodes || form == Form::kThreaded; }
    std::string rebase_program() const {
        if (form == Form::kThreaded) return "";
        return std::string("\x11\x21") + uleb(shift + 8) + (broken ? "\xf0" : "\x53") + std::string(1, '\0');
    }
    std::string bind_program() const {
        if (form == Form::kThreaded)  // a table of one, then a chain from the second word on
            return "\xd0\x01\x11\x40" + bound + std::string(1, '\0') + "\x51\x90\x71" + uleb(shift + 8) + "\xd1" +
                   std::string(1, '\0');
        return "\x11\x40" + bound + std::string(1, '\0') + "\x51\x71" + uleb(shift + 32) + "\x90" +
               std::string(1, '\0');
    }
    /// relocation_info of length 3; the last two are a difference of two symbols in the number.
    std::string relocations() const {
        const auto entry = [](uint64_t at, uint32_t symbol, bool external, uint32_t type) {
            return le32(at) + le32(symbol | 3U << 25 | (external ? 1U << 27 : 0) | type << 28);
        };
        return entry(8, 1, false, 0) + entry(16, static_cast<uint32_t>(1 + constant), true, 0) +
               entry(24, 2, false, 0) + entry(32, 3, true, 0) + entry(0, 0, true, 1);
    }
};

/// The data column: "owner,name" -> digest.
DataFacts data_of(const DataFile& file) {
    const test::Buffer buffer(file.bytes());
    foreign::WorkerPool none(foreign::WorkerProgram::other(STRATA_BIN));
    Kept kept;
    extract_binary(
        FileKind::kMachO, buffer.view(), none, [](uint64_t) {}, kept.sink());
    DataFacts facts;
    for (const auto& chunk : kept.of(record::ColumnKind::kData)) {
        const record::FactsView view(chunk.message.bytes());
        for (uint64_t i = 0; i < view.size(); ++i)
            facts[std::string(view[i].owner) + "|" + std::string(view[i].name)] = view[i].value;
    }
    return facts;
}

class FileData : public ::testing::TestWithParam<Form> {
  protected:
    DataFile file() const { return {.form = GetParam()}; }
};

TEST_P(FileData, ALayoutIsNoChange) {
    const DataFacts before = data_of(file());
    EXPECT_TRUE(before.contains("|__DATA,__const"));
    EXPECT_TRUE(before.contains("__DATA,__const|_table"));
    EXPECT_TRUE(before.contains("|__TEXT,__const"));
    for (const uint64_t shift : {0x10U, 0x88U, 0x200U}) {
        DataFile moved = file();
        moved.shift = shift;
        EXPECT_EQ(data_of(moved), before) << shift;
    }
}

TEST_P(FileData, EveryChangeOfTheTableIsSeen) {
    const DataFacts before = data_of(file());
    const auto changes = [&](const char* what, auto&& change) {
        DataFile changed = file();
        change(changed);
        const DataFacts after = data_of(changed);
        EXPECT_NE(after.at("__DATA,__const|_table"), before.at("__DATA,__const|_table")) << what;
        EXPECT_NE(after.at("|__DATA,__const"), before.at("|__DATA,__const")) << what;
        EXPECT_EQ(after.at("|__TEXT,__const"), before.at("|__TEXT,__const")) << what;
    };
    if (GetParam() != Form::kObject) changes("number", [](DataFile& f) { f.number = 8; });
    changes("string", [](DataFile& f) { f.text = "second"; });
    changes("named constant", [](DataFile& f) { f.constant = 1; });
    changes("nameless place", [](DataFile& f) { f.behind = 16; });
    changes("bound symbol", [](DataFile& f) { f.bound = "_other"; });
    if (GetParam() != Form::kObject) changes("its library", [](DataFile& f) { f.library = "/usr/lib/libB.dylib"; });
}

TEST_P(FileData, BrokenFixupsSaySo) {
    if (GetParam() == Form::kObject) GTEST_SKIP() << "relocations that make no sense stand for nothing";
    DataFile broken = file();
    broken.broken = true;
    const DataFacts facts = data_of(broken);
    ASSERT_EQ(facts.size(), 1U);
    EXPECT_TRUE(facts.contains("@unreadable|")) << facts.begin()->first;
}

INSTANTIATE_TEST_SUITE_P(Forms, FileData,
                         ::testing::Values(Form::kOpcodes, Form::kThreaded, Form::kChained, Form::kObject),
                         [](const auto& form) {
                             return form.param == Form::kOpcodes    ? "Opcodes"
                                    : form.param == Form::kThreaded ? "Threaded"
                                    : form.param == Form::kChained  ? "Chained"
                                                                    : "Object";
                         });

// {distance to a mangled name, -its length}: where the name lies is the layout's business, everything else is not.
TEST(SwiftData, CachesOfTypeMetadataAreNotCompared) {
    const auto digest = [](uint64_t data_at, uint64_t target, int32_t length, uint64_t number) {
        MadeImage made;
        made.add_section("__TEXT", "__swift5_typeref", 0x10100, 0x40, 0);
        made.add_section("__DATA", "__data", data_at, 24, 0);
        made.space.map(data_at, le64(number) + le32(static_cast<uint32_t>(target - data_at - 8)) +
                                    le32(static_cast<uint32_t>(length)) + le64(5));
        auto context = made.context();
        context.walk_pointers = [](uint64_t, uint64_t, const PointerVisitor&) {};
        AddressNames names;
        names.finish();
        Meanings meanings(context, names);
        Kept kept;
        extract_data(context, names, meanings, kept.sink());
        return facts_of(kept, record::ColumnKind::kData);
    };
    const auto before = digest(0x20000, 0x10108, -7, 3);
    ASSERT_EQ(before.size(), 1U);
    EXPECT_EQ(digest(0x20000, 0x10118, -7, 3), before);
    EXPECT_EQ(digest(0x24000, 0x10108, -7, 3), before);
    EXPECT_NE(digest(0x20000, 0x10108, -7, 4), before);
    EXPECT_NE(digest(0x20000, 0x10098, -7, 3), before) << "leads elsewhere";
    EXPECT_NE(digest(0x20000, 0x10108, 7, 3), before) << "no length";
}

}  // namespace
}  // namespace strata::extract
