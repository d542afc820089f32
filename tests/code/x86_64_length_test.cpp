// The table of x86-64 instructions against Zydis: whatever Zydis calls an instruction, the table agrees on or leaves
// alone.
#include "code/x86_64_length.h"

#include <Zydis/Zydis.h>
#include <gtest/gtest.h>

#include "support/random.h"

namespace strata::code {
namespace {

class X86Length : public ::testing::TestWithParam<uint64_t> {
  protected:
    X86Length() { ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64); }

    /// 1 = compared.
    int compare(const uint8_t* bytes, uint64_t size) {
        ZydisDecodedInstruction want;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder_, nullptr, bytes, size, &want))) return 0;
        const X86Shape shape = x86_shape(bytes, size);
        if (shape.length == 0) return 0;
        std::string hex;
        for (unsigned i = 0; i < want.length; ++i) {
            char text[4];
            std::snprintf(text, sizeof text, "%02x ", bytes[i]);
            hex += text;
        }
        const bool relative =
            want.raw.disp.size == 32 && want.raw.modrm.offset != 0 && want.raw.modrm.mod == 0 && want.raw.modrm.rm == 5;
        EXPECT_EQ(shape.length, want.length) << hex;
        EXPECT_EQ(shape.rip_offset, relative ? want.raw.disp.offset : 0) << hex;
        EXPECT_EQ(shape.branch_offset, want.raw.imm[0].is_relative ? want.raw.imm[0].offset : 0) << hex;
        const int branch_size = shape.branch_offset != 0 ? want.raw.imm[0].size / 8 : 0;
        EXPECT_EQ(shape.branch_size, branch_size) << hex;
        EXPECT_EQ(shape.is_lea, want.mnemonic == ZYDIS_MNEMONIC_LEA) << hex;
        return 1;
    }

    ZydisDecoder decoder_{};
};

TEST_P(X86Length, AgreesWithZydisOnRandomBytes) {
    test::Random random(GetParam());
    int compared = 0;
    for (int i = 0; i < 100'000 && !HasFailure(); ++i) {
        std::string bytes = random.bytes(16);
        // Prefixes and escapes more often than chance has them.
        static constexpr uint8_t kStarts[] = {0x66, 0xf2, 0xf3, 0x48, 0x41, 0x0f, 0xc5, 0xc4, 0x4c, 0x40};
        if (random.one_in(2)) bytes[0] = static_cast<char>(kStarts[random.below(std::size(kStarts))]);
        if (random.one_in(3)) bytes[1] = static_cast<char>(0x0f);
        compared += compare(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    }
    EXPECT_GT(compared, 50'000);
}

TEST_P(X86Length, NeverReadsPastTheEnd) {
    test::Random random(GetParam() + 100);
    for (int i = 0; i < 20'000; ++i) {
        const std::string bytes = random.bytes(1 + random.below(14));
        const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
        EXPECT_LE(x86_shape(exact.data(), exact.size()).length, exact.size());
    }
    EXPECT_EQ(x86_shape(nullptr, 0).length, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, X86Length, ::testing::Range(uint64_t{1}, uint64_t{5}));

}  // namespace
}  // namespace strata::code
