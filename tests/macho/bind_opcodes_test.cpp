// The three programs of LC_DYLD_INFO.
#include <gtest/gtest.h>

#include "macho/fixups.h"
#include "support/buffer.h"
#include "support/errors.h"
#include "support/memory_space.h"
#include "support/random.h"

namespace strata::macho {
namespace {

using test::Buffer;
using test::fails_with;
using test::le64;
using test::MemorySpace;
using test::uleb;

Image bound_image(bool is_64 = true) {
    Image image;
    image.is_64 = is_64;
    image.segments = {{"__TEXT", 0x1000, 0x1000, 0, 0x1000, 5, 5, 0},
                      {"__DATA", 0x2000, 0x1000, 0x1000, 0x1000, 3, 3, 0}};
    return image;
}

std::string byte(unsigned value) {
    return std::string(1, static_cast<char>(value));
}
std::string symbol(const std::string& name, unsigned flags = 0) {
    return byte(0x40 | flags) + name + '\0';
}
std::string place(unsigned segment, uint64_t offset) {
    return byte(0x70 | segment) + uleb(offset);
}
const std::string kBindOne = byte(0x90);
const std::string kEnd = byte(0);

struct Found {
    std::string name;
    int32_t ordinal;
    uint64_t offset;
    uint64_t count;
    bool operator==(const Found&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Found& found) {
    return out << found.name << " of " << found.ordinal << " at " << found.offset << " x " << found.count;
}

std::vector<Found> run(const std::string& program, BindKind kind = BindKind::kBind, bool is_64 = true) {
    const Buffer file(program);
    std::vector<Found> found;
    walk_binds(bound_image(is_64), file.view(), kind, [&](const Bind& bind) {
        found.push_back({std::string(bind.import.name), bind.import.ordinal, bind.offset, bind.count});
    });
    return found;
}

TEST(BindOpcodes, OneOfEachKindOfLibrary) {
    const std::string program = byte(0x11) + symbol("_a") + byte(0x51) + place(1, 0x10) + kBindOne +                 //
                                byte(0x20) + uleb(300) + symbol("_b") + kBindOne +                                   //
                                byte(0x3f) + symbol("_main") + kBindOne + byte(0x3e) + symbol("_flat") + kBindOne +  //
                                byte(0x30) + symbol("_self") + kBindOne + kEnd + "\xff\xff";
    EXPECT_EQ(run(program), (std::vector<Found>{{"_a", 1, 0x10, 1},
                                                {"_b", 300, 0x18, 1},
                                                {"_main", kOrdinalMain, 0x20, 1},
                                                {"_flat", kOrdinalFlat, 0x28, 1},
                                                {"_self", kOrdinalSelf, 0x30, 1}}));
}

TEST(BindOpcodes, PlacesMoveOn) {
    const std::string program = byte(0x11) + symbol("_a") + place(1, 0) + byte(0xa0) + uleb(8) +  // at 0, then 8 more
                                byte(0xb2) +                                   // at 0x10, then 2 words more
                                byte(0x80) + uleb(0x28) + kBindOne +           // at 0x50
                                byte(0xc0) + uleb(3) + uleb(8) +               // at 0x58, 0x68, 0x78
                                byte(0x80) + uleb(UINT64_MAX - 7) + kBindOne;  // back by 8: at 0x80
    EXPECT_EQ(run(program),
              (std::vector<Found>{
                  {"_a", 1, 0, 1}, {"_a", 1, 0x10, 1}, {"_a", 1, 0x50, 1}, {"_a", 1, 0x58, 3}, {"_a", 1, 0x80, 1}}));
    EXPECT_EQ(run(byte(0x11) + symbol("_a") + place(1, 0) + byte(0xb1) + kBindOne, BindKind::kBind, false)[1].offset,
              8U)
        << "words of 32-bit images have four bytes";
}

TEST(BindOpcodes, LazyProgramsGoOnBehindAnEnd) {
    const std::string one = place(1, 0) + byte(0x11) + symbol("_a") + kBindOne + kEnd;
    const std::string two = place(1, 8) + byte(0x12) + symbol("_b", 1) + kBindOne + kEnd + kEnd + kEnd;
    EXPECT_EQ(run(one + two, BindKind::kLazy).size(), 2U);
    EXPECT_EQ(run(one + two).size(), 1U);
}

TEST(BindOpcodes, WeakBindsNameNoLibrary) {
    EXPECT_EQ(
        run(symbol("_strong", 8) + symbol("__Znwm") + byte(0x51) + place(1, 0) + kBindOne + kEnd, BindKind::kWeak),
        (std::vector<Found>{{"__Znwm", kOrdinalWeak, 0, 1}}));
}

TEST(BindOpcodes, WeakImportsAndAddends) {
    const Buffer file(byte(0x11) + symbol("_a", 1) + byte(0x60) + "\x78" + place(1, 0) + kBindOne);
    int count = 0;
    walk_binds(bound_image(), file.view(), BindKind::kBind, [&](const Bind& bind) {
        ++count;
        EXPECT_TRUE(bind.import.weak);
        EXPECT_EQ(bind.import.addend, -8);
        EXPECT_EQ(bind.segment, 1U);
    });
    EXPECT_EQ(count, 1);
}

TEST(BindOpcodes, ThreadedBindsFillATable) {
    const std::string program = byte(0xd0) + uleb(2) + byte(0x11) + symbol("_a") + byte(0x51) + kBindOne +
                                symbol("_b") + kBindOne + place(1, 0x20) + byte(0xd1) + kEnd;
    const Buffer file(program);
    std::vector<std::string> names;
    walk_binds(bound_image(), file.view(), BindKind::kBind, [&](const Bind& bind) {
        EXPECT_TRUE(bind.threaded);
        names.emplace_back(bind.import.name);
    });
    EXPECT_EQ(names, (std::vector<std::string>{"_a", "_b"}));
}

/// Runs a program over one page of data at the second segment; tells pointers as "offset: what".
std::vector<std::string> threaded(const std::string& program, const std::string& words) {
    const Buffer file(program);
    const Image image = bound_image();
    MemorySpace space;
    std::string page = words;
    page.resize(image.segments[1].size, '\0');
    space.map(image.segments[1].address, page);
    std::vector<std::string> found;
    walk_threaded(
        space, image, file.view(), [](const Bind&) {},
        [&](uint64_t address, const ChainedFixups::Pointer& pointer) {
            found.push_back(base::hex(address - image.segments[1].address) + ": " +
                            (pointer.bind ? "import " + std::to_string(pointer.import) : base::hex(pointer.target)) +
                            (pointer.authenticated ? " signed " + base::hex(pointer.signing) : ""));
        });
    return found;
}

TEST(BindOpcodes, ThreadedChainsAreWalked) {
    const std::string table =
        byte(0xd0) + uleb(2) + byte(0x11) + symbol("_a") + byte(0x51) + kBindOne + symbol("_b") + kBindOne;
    const std::string chain = table + place(1, 8) + byte(0xd1) + place(1, 0x40) + byte(0xd1) + kEnd;
    const auto next = [](uint64_t words) { return words << 51; };
    const std::string words = le64(7) + le64(0x1234 | next(2)) + le64(0) + le64(uint64_t{1} << 62 | 1 | next(1)) +
                              le64(uint64_t{1} << 63 | 0x5eedULL << 32 | 0x20) + std::string(0x40 - 40, '\0') +
                              le64(0x99);
    EXPECT_EQ(threaded(chain, words),
              (std::vector<std::string>{"0x8: 0x1234", "0x18: import 1", "0x20: 0x20 signed 0x5eed", "0x40: 0x99"}));
    const std::string one = table + place(1, 8) + byte(0xd1) + kEnd;
    EXPECT_TRUE(fails_with("threaded import 2", [&] { threaded(one, le64(0) + le64(uint64_t{1} << 62 | 2)); }));
    EXPECT_TRUE(fails_with("threaded chain at", [&] { threaded(one, le64(0) + le64(next(0x7ff))); }));
    EXPECT_TRUE(fails_with("chain at 0x1000", [&] { threaded(table + place(1, 0x1000) + byte(0xd1), ""); }));
    EXPECT_TRUE(fails_with("a chain without a segment", [] {
        Image empty;
        const Buffer file(byte(0xd0) + uleb(0) + byte(0xd1));
        walk_threaded(
            MemorySpace(), empty, file.view(), [](const Bind&) {}, [](uint64_t, const auto&) {});
    }));
}

// A program that begins the same long chain again and again.
TEST(BindOpcodes, ThreadedChainsAreNotWalkedForEver) {
    std::string words;
    for (int i = 0; i < 511; ++i) words += le64(uint64_t{1} << 51);
    std::string program = byte(0xd0) + uleb(0) + place(1, 0);
    program.append(100'000, '\xd1');
    EXPECT_TRUE(fails_with("at most 4194304 in all", [&] { threaded(program, words); }));
}

TEST(BindOpcodes, RefusesWhatDoesNotObeyTheFormat) {
    const std::string start = byte(0x11) + symbol("_a") + place(1, 0);
    EXPECT_TRUE(fails_with("opcode 0xe0", [] { run(byte(0xe0)); }));
    EXPECT_TRUE(fails_with("segment 2", [] { run(place(2, 0)); }));
    EXPECT_TRUE(fails_with("unterminated text", [] { run(byte(0x40) + "_a"); }));
    EXPECT_TRUE(fails_with("1 binds at 0xff9", [&] { run(start + place(1, 0xff9) + kBindOne); }));
    EXPECT_TRUE(fails_with("binds at 0x0", [&] { run(start + byte(0xc0) + uleb(UINT64_MAX) + uleb(0)); }));
    EXPECT_TRUE(fails_with("binds at 0x0", [&] { run(start + byte(0xc0) + uleb(2) + uleb(UINT64_MAX - 7)); }));
    EXPECT_TRUE(fails_with("library ordinal", [] { run(byte(0x20) + uleb(uint64_t{1} << 40)); }));
    EXPECT_TRUE(fails_with("threaded opcode 0x2", [] { run(byte(0xd2)); }));
    EXPECT_TRUE(fails_with("table of 1000", [] { run(byte(0xd0) + uleb(1000)); }));
    EXPECT_TRUE(fails_with("addend", [] { run(byte(0x60) + std::string(11, '\x80')); }));
}

TEST(BindOpcodes, AnyBytes) {
    test::Random random(11);
    for (int round = 0; round < 5000; ++round) {
        const std::string program = random.bytes(random.below(64));
        for (const auto kind : {BindKind::kBind, BindKind::kWeak, BindKind::kLazy})
            EXPECT_TRUE(test::works_or_refuses([&] { run(program, kind); }));
    }
}

}  // namespace
}  // namespace strata::macho
