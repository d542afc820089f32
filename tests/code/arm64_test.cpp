// What an arm64 fingerprint sees and what it leaves out, instruction by instruction.
#include <gtest/gtest.h>

#include "arm64_program.h"
#include "code/arm64_classes.h"

namespace strata::code {
namespace {

using namespace test;

TEST(Arm64, ACallMeansItsTarget) {
    const auto make = [](const Place& p) { return Program(p.code).bl(p.other).word(kRet); };
    EXPECT_TRUE(same_everywhere(make));
    std::vector<Reference> references;
    make(kHere).fingerprint(references);
    ASSERT_EQ(references.size(), 1U);
    EXPECT_EQ(references[0].address, kHere.other);
    EXPECT_EQ(references[0].kind, ReferenceKind::kBranch);
    EXPECT_EQ(references[0].offset, 0U);
}

TEST(Arm64, BranchesThatLeaveAreMaskedThoseInsideAreNot) {
    EXPECT_TRUE(same_everywhere([](const Place& p) { return Program(p.code).cbz(3, p.code + 0x400).word(kRet); }));
    const auto leaving = [](uint64_t by) { return Program(kHere.code).beq(kHere.code + by).word(kNop).word(kRet); };
    EXPECT_EQ(leaving(0x100).fingerprint(), leaving(0x200).fingerprint());
    EXPECT_NE(leaving(4).fingerprint(), leaving(8).fingerprint());
    const auto tested = [](uint64_t by) { return Program(kHere.code).tbz(2, kHere.code + by).word(kNop).word(kRet); };
    EXPECT_EQ(tested(0x100).fingerprint(), tested(0x104).fingerprint());
    EXPECT_NE(tested(4).fingerprint(), tested(8).fingerprint());
}

TEST(Arm64, PageAndOffset) {
    std::vector<Reference> references;
    const auto add = [](const Place& p) { return Program(p.code).adrp(0, p.data).add(0, 0, p.data).word(kRet); };
    EXPECT_TRUE(same_everywhere(add));
    add(kHere).fingerprint(references);
    ASSERT_EQ(references.size(), 1U);
    EXPECT_EQ(references[0].address, kHere.data);
    EXPECT_EQ(references[0].kind, ReferenceKind::kAddress);
    const auto loaded = [](const Place& p) { return Program(p.code).adrp(8, p.data).ldr(1, 8, p.data).word(kRet); };
    EXPECT_TRUE(same_everywhere(loaded));
    loaded(kThere).fingerprint(references);
    ASSERT_EQ(references.size(), 1U);
    EXPECT_EQ(references[0].address, kThere.data);
    EXPECT_EQ(references[0].kind, ReferenceKind::kAccess);
    EXPECT_EQ(references[0].size, 8);
    EXPECT_TRUE(
        same_everywhere([](const Place& p) { return Program(p.code).adrp(8, p.data).str(1, 8, p.data).word(kRet); }));
}

// The register that holds a full address, or anything else, gives fields their usual offsets.
TEST(Arm64, OffsetsOfOtherRegistersCount) {
    const auto make = [](uint32_t offset) {
        return Program(kHere.code).adrp(8, kHere.data).add(8, 8, kHere.data).word(load(0, 8, offset)).word(kRet);
    };
    EXPECT_NE(make(8).fingerprint(), make(16).fingerprint());
    const auto other = [](uint32_t offset) {
        return Program(kHere.code).adrp(8, kHere.data).word(load(0, 9, offset)).word(kRet);
    };
    EXPECT_NE(other(8).fingerprint(), other(16).fingerprint());
    const auto overwritten = [](uint32_t with, uint32_t offset) {
        return Program(kHere.code).adrp(8, kHere.data).word(with).word(load(0, 8, offset)).word(kRet);
    };
    // mov, movz, ldr, ldp, add of a register, mrs
    for (const uint32_t with : {mov(8, 1), movz(8, 5), load(8, 1, 0), 0xa9402428U, 0x8b020028U, 0xd53bd048U})
        EXPECT_NE(overwritten(with, 8).fingerprint(), overwritten(with, 16).fingerprint()) << std::hex << with;
    // str x8, cmp x8, cbnz x8, ccmp, vector load: x8 is as it was
    for (const uint32_t with : {0xf9000028U, 0xeb09011fU, 0xb5000048U, 0xfa490108U, 0x3dc00028U})
        EXPECT_EQ(overwritten(with, 8).fingerprint(), overwritten(with, 16).fingerprint()) << std::hex << with;
}

TEST(Arm64, LiteralsAndNearAddresses) {
    EXPECT_TRUE(same_everywhere([](const Place& p) { return Program(p.code).literal(0, p.code + 0x4000).word(kRet); }));
    const auto inside = [](uint64_t by) {
        return Program(kHere.code).literal(0, kHere.code + by).word(kRet).word(0).word(0).word(0).word(0);
    };
    EXPECT_NE(inside(8).fingerprint(), inside(16).fingerprint());
    const auto adr = [](uint64_t by) { return Program(kHere.code).adr(0, kHere.code + by).word(kRet); };
    EXPECT_EQ(adr(0x800).fingerprint(), adr(0x900).fingerprint());
}

TEST(Arm64, EveryOtherBitCounts) {
    const auto make = [] {
        return Program(kHere.code).word(0xd10083ff).word(movz(0, 7)).word(0x1b017c00).bl(kHere.other).word(kRet);
    };
    const uint64_t before = make().fingerprint();
    for (const size_t index : {0, 1, 2, 4})
        for (unsigned bit = 0; bit < 32; ++bit) {
            auto changed = make();
            changed.words()[index] ^= 1U << bit;
            EXPECT_NE(changed.fingerprint(), before) << index << " bit " << bit;
        }
}

TEST(Arm64, SizesAndOddTails) {
    EXPECT_NE(Program(kHere.code).word(kRet).fingerprint(), Program(kHere.code).word(kRet).word(0).fingerprint());
    Arm64Fingerprinter fingerprinter;
    std::vector<Reference> references;
    const uint8_t bytes[] = {0xc0, 0x03, 0x5f, 0xd6, 1, 2};
    const uint64_t five = fingerprinter.fingerprint({bytes, 5}, kHere.code, references);
    EXPECT_NE(five, fingerprinter.fingerprint({bytes, 6}, kHere.code, references));
    EXPECT_NE(fingerprinter.fingerprint({bytes, 0}, kHere.code, references), 0U);
}

// A function over the size that is taken at once: pages go on over the cut.
TEST(Arm64, LargeFunctions) {
    const auto make = [](const Place& p) {
        Program program(p.code);
        program.adrp(20, p.data);
        for (int i = 0; i < (1 << 18) + 10; ++i) program.word(kNop);
        return program.add(0, 20, p.data).word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
    auto changed = make(kHere);
    changed.words()[(1 << 18) + 5] = movz(0, 1);
    EXPECT_NE(changed.fingerprint(), make(kHere).fingerprint());
}

TEST(Arm64, SizesOfAccesses) {
    EXPECT_EQ(access_size(0x39400000), 1U);   // ldrb
    EXPECT_EQ(access_size(0xb9400000), 4U);   // ldr w
    EXPECT_EQ(access_size(0xf9400000), 8U);   // ldr x
    EXPECT_EQ(access_size(0xfd400000), 8U);   // ldr d
    EXPECT_EQ(access_size(0x3dc00000), 16U);  // ldr q
    EXPECT_EQ(access_size(0x3d800000), 16U);  // str q
}

}  // namespace
}  // namespace strata::code
