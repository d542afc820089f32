// The tables of x86-64 instructions against Zydis: whatever Zydis calls an instruction, they agree on or leave alone.
#include "code/x86_64_length.h"

#include <Zydis/Zydis.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "code/x86_64.h"
#include "code/x86_64_quick.h"
#include "support/random.h"

namespace strata::code {
namespace {

const uint8_t* bytes_of(const std::string& text) {
    return reinterpret_cast<const uint8_t*>(text.data());
}

std::string hex_of(const uint8_t* bytes, unsigned count) {
    std::string hex;
    for (unsigned i = 0; i < count; ++i) {
        char text[4];
        std::snprintf(text, sizeof text, "%02x ", bytes[i]);
        hex += text;
    }
    return hex;
}

class X86Length : public ::testing::TestWithParam<uint64_t> {
  protected:
    X86Length() { ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64); }

    /// Of the first bytes of `window`. Length 1 and nothing else for what is no instruction.
    X86Shape by_zydis(const uint8_t* window, uint64_t size) {
        ZydisDecodedInstruction want;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder_, nullptr, window, size, &want))) return {.length = 1};
        X86Shape shape{.length = want.length};
        if (want.raw.disp.size == 32 && want.raw.modrm.offset != 0 && want.raw.modrm.mod == 0 && want.raw.modrm.rm == 5)
            shape.rip_offset = want.raw.disp.offset;
        if (want.raw.imm[0].is_relative) {
            shape.branch_offset = want.raw.imm[0].offset;
            shape.branch_size = static_cast<uint8_t>(want.raw.imm[0].size / 8);
        }
        shape.is_lea = want.mnemonic == ZYDIS_MNEMONIC_LEA;
        is_instruction_ = true;
        return shape;
    }

    /// Where the tables say something about an instruction; 1 = they did.
    int compare(const uint8_t* window) {
        is_instruction_ = false;
        const X86Shape want = by_zydis(window, kX86Longest);
        const X86Shape shape = x86_shape(window);
        compare_quick(window, shape);
        if (!is_instruction_ || shape.length == 0) return 0;
        const std::string hex = hex_of(window, want.length);
        EXPECT_EQ(shape.length, want.length) << hex;
        EXPECT_EQ(shape.rip_offset, want.rip_offset) << hex;
        EXPECT_EQ(shape.branch_offset, want.branch_offset) << hex;
        EXPECT_EQ(shape.branch_size, want.branch_size) << hex;
        EXPECT_EQ(shape.is_lea, want.is_lea) << hex;
        return 1;
    }

    /// The quick table and the one that goes through all bytes say the same, of nonsense, too.
    void compare_quick(const uint8_t* window, const X86Shape& want) {
        const uint32_t word = x86::QuickTable::get()(window);
        if ((word & x86::kQuickRare) != 0) return;
        ++quick_;
        const std::string hex = hex_of(window, kX86Longest);
        EXPECT_EQ(word & x86::kQuickLength, want.length) << hex;
        const bool rip = (word & x86::kQuickRip) != 0;
        EXPECT_EQ(rip ? x86::quick_rip_offset(word) : 0, want.rip_offset) << hex;
        const unsigned branch = (word & x86::kQuickRel8) != 0 ? 1 : (word & x86::kQuickRel32) != 0 ? 4 : 0;
        EXPECT_EQ(branch, want.branch_size) << hex;
        EXPECT_EQ(branch != 0 ? want.length - branch : 0, want.branch_offset) << hex;
    }

    /// Instructions of some bytes, in order, whose displacement leads outside: what a plain reading finds.
    std::vector<uint64_t> leaving(const std::string& padded, uint64_t size) {
        std::vector<uint64_t> places;
        for (uint64_t at = 0; at < size;) {
            const uint8_t* const window = bytes_of(padded) + at;
            X86Shape shape = x86_shape(window);
            if (shape.length == 0 || shape.length > size - at)
                shape = by_zydis(window, std::min<uint64_t>(size - at, kX86Longest));
            const unsigned offset = shape.rip_offset != 0 ? shape.rip_offset : shape.branch_offset;
            if (offset != 0) {
                int32_t distance = 0;
                std::memcpy(&distance, window + offset, sizeof distance);
                if (shape.rip_offset == 0 && shape.branch_size == 1) distance = static_cast<int8_t>(distance);
                if (at + shape.length + static_cast<uint64_t>(int64_t{distance}) >= size) places.push_back(at);
            }
            at += shape.length;
        }
        return places;
    }

    /// Now and then data, out of which readings fall into step late or never.
    static std::string code(test::Random& random, uint64_t size) {
        std::string text = random.bytes(size);
        const uint64_t begin = random.below(size);
        const uint64_t count = random.below(size - begin + 1);
        static constexpr char kFills[] = {'\0', '\xcc', '\x48', '\xe8', '\x66', '\x05'};
        if (random.one_in(2)) std::fill_n(text.data() + begin, count, kFills[random.below(std::size(kFills))]);
        return text;
    }

    ZydisDecoder decoder_{};
    bool is_instruction_ = false;
    int quick_ = 0;
};

TEST_P(X86Length, AgreesWithZydisOnRandomBytes) {
    test::Random random(GetParam());
    int compared = 0;
    for (int i = 0; i < 100'000 && !HasFailure(); ++i) {
        std::string window = random.bytes(kX86Window);
        // Prefixes and escapes more often than chance has them.
        static constexpr uint8_t kStarts[] = {0x66, 0xf2, 0xf3, 0x48, 0x41, 0x0f, 0xc5, 0xc4, 0x4c, 0x40, 0x62};
        if (random.one_in(2)) window[0] = static_cast<char>(kStarts[random.below(std::size(kStarts))]);
        if (random.one_in(3)) window[1] = static_cast<char>(0x0f);
        compared += compare(bytes_of(window));
    }
    EXPECT_GT(compared, 50'000);
    EXPECT_GT(quick_, 50'000);
}

// Every start of an instruction, with many third bytes.
TEST_P(X86Length, AgreesWithZydisOnEveryStart) {
    test::Random random(GetParam() + 200);
    std::string window = random.bytes(kX86Window);
    for (unsigned start = 0; start < 0x10000 && !HasFailure(); ++start) {
        window[0] = static_cast<char>(start);
        window[1] = static_cast<char>(start >> 8);
        const bool modrm_next = (start & 0xf0) == 0x40;
        for (uint64_t third = GetParam(); third < 256 && !HasFailure(); third += modrm_next ? 17 : 127) {
            window[2] = static_cast<char>(third);
            compare(bytes_of(window));
        }
    }
    EXPECT_GT(quick_, 100'000);
}

// What a prefix loop without an end would walk out of.
TEST_P(X86Length, PrefixesAloneAreNoInstruction) {
    for (const char prefix : {'\x66', '\xf0', '\x2e', '\x48'})
        EXPECT_LE(x86_shape(bytes_of(std::string(kX86Window, prefix))).length, kX86Longest);
    EXPECT_EQ(x86_shape(bytes_of(std::string(kX86Window, '\x66'))).length, 0);
}

// A function is read from several places at once; that must not show. The size is exact, so that the address sanitizer
// sees a read past the end.
TEST_P(X86Length, ReadingFromSeveralPlacesIsReadingFromTheStart) {
    test::Random random(GetParam() + 100);
    X86Fingerprinter fingerprinter;
    for (int round = 0; round < 200 && !HasFailure(); ++round) {
        const std::string text = code(random, 1 + random.below(random.one_in(2) ? 200 : 3000));
        const std::vector<uint8_t> exact(text.begin(), text.end());
        const std::string padded = text + std::string(kX86Window, '\0');
        std::vector<Reference> references;
        const uint64_t whole = fingerprinter.fingerprint(exact, 0x1000, references);
        std::vector<uint64_t> places;
        for (const auto& reference : references) places.push_back(reference.offset);
        EXPECT_EQ(places, leaving(padded, exact.size())) << "round " << round;
        EXPECT_EQ(fingerprinter.fingerprint(exact, 0x1000, references), whole);
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, X86Length, ::testing::Range(uint64_t{1}, uint64_t{5}));

}  // namespace
}  // namespace strata::code
