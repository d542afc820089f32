// What an x86-64 fingerprint sees and what it leaves out.
#include "code/x86_64.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace strata::code {
namespace {

/// Bytes with displacements to targets, at one address.
class Program {
  public:
    explicit Program(uint64_t address) : address_(address) {}
    Program& bytes(std::initializer_list<unsigned> values) {
        for (const unsigned value : values) code_ += static_cast<char>(value);
        return *this;
    }
    /// A 32-bit displacement that `after` more bytes of its instruction follow.
    Program& to(uint64_t target, unsigned after = 0) {
        const auto distance = static_cast<uint32_t>(target - (address_ + code_.size() + 4 + after));
        code_.append(reinterpret_cast<const char*>(&distance), 4);
        return *this;
    }
    uint64_t fingerprint(std::vector<Reference>& references) const {
        X86Fingerprinter fingerprinter;
        references.clear();
        return fingerprinter.fingerprint({reinterpret_cast<const uint8_t*>(code_.data()), code_.size()}, address_,
                                         references);
    }
    uint64_t fingerprint() const {
        std::vector<Reference> references;
        return fingerprint(references);
    }

  private:
    uint64_t address_;
    std::string code_;
};

constexpr uint64_t kHere = 0x7ff800001000;
constexpr uint64_t kThere = 0x7ff812345670;
constexpr uint64_t kData = 0x7ff840000123;

struct Form {
    const char* name;
    std::vector<unsigned> before;
    std::vector<unsigned> after;
    ReferenceKind kind;
};

class X86Masked : public ::testing::TestWithParam<Form> {};

TEST_P(X86Masked, LeadsToItsTarget) {
    const auto make = [](uint64_t address, uint64_t target) {
        Program f(address);
        f.bytes({0x55, 0x48, 0x89, 0xe5});
        for (const unsigned byte : GetParam().before) f.bytes({byte});
        f.to(target, static_cast<unsigned>(GetParam().after.size()));
        for (const unsigned byte : GetParam().after) f.bytes({byte});
        return f.bytes({0x5d, 0xc3});
    };
    std::vector<Reference> references;
    const uint64_t code = make(kHere, kData).fingerprint(references);
    ASSERT_EQ(references.size(), 1U);
    EXPECT_EQ(references[0].address, kData);
    EXPECT_EQ(references[0].offset, 4U);
    EXPECT_EQ(references[0].kind, GetParam().kind);
    EXPECT_EQ(make(kThere, kData + 0x77777).fingerprint(), code);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, X86Masked,
    ::testing::Values(Form{"call", {0xe8}, {}, ReferenceKind::kBranch}, Form{"jmp", {0xe9}, {}, ReferenceKind::kBranch},
                      Form{"jne", {0x0f, 0x85}, {}, ReferenceKind::kBranch},
                      Form{"lea", {0x48, 0x8d, 0x3d}, {}, ReferenceKind::kAddress},
                      Form{"mov", {0x48, 0x8b, 0x05}, {}, ReferenceKind::kAccess},
                      Form{"cmpb", {0x80, 0x3d}, {0x07}, ReferenceKind::kAccess},
                      Form{"movl", {0xc7, 0x05}, {1, 2, 3, 4}, ReferenceKind::kAccess},
                      Form{"callq_indirect", {0xff, 0x15}, {}, ReferenceKind::kAccess},
                      Form{"movsd", {0xf2, 0x0f, 0x10, 0x05}, {}, ReferenceKind::kAccess},
                      Form{"vmovaps", {0xc5, 0xf8, 0x28, 0x05}, {}, ReferenceKind::kAccess},
                      Form{"evex", {0x62, 0xf1, 0x7c, 0x48, 0x28, 0x05}, {}, ReferenceKind::kAccess},
                      Form{"pshufb", {0x66, 0x0f, 0x38, 0x00, 0x05}, {}, ReferenceKind::kAccess}),
    [](const auto& form) { return form.param.name; });

TEST(X86, JumpsInsideCount) {
    const auto make = [](unsigned by) { return Program(kHere).bytes({0x74, by, 0x90, 0x90, 0x90, 0xc3}); };
    EXPECT_NE(make(1).fingerprint(), make(2).fingerprint());
    EXPECT_EQ(make(0x40).fingerprint(), make(0x50).fingerprint()) << "leaves the function";
}

TEST(X86, ImmediatesFieldsAndRegistersCount) {
    const auto base = Program(kHere).bytes({0xb8, 1, 0, 0, 0, 0x48, 0x8b, 0x43, 0x10, 0xc3}).fingerprint();
    EXPECT_NE(Program(kHere).bytes({0xb8, 2, 0, 0, 0, 0x48, 0x8b, 0x43, 0x10, 0xc3}).fingerprint(), base);
    EXPECT_NE(Program(kHere).bytes({0xb8, 1, 0, 0, 0, 0x48, 0x8b, 0x43, 0x18, 0xc3}).fingerprint(), base);
    EXPECT_NE(Program(kHere).bytes({0xb8, 1, 0, 0, 0, 0x48, 0x8b, 0x4b, 0x10, 0xc3}).fingerprint(), base);
}

// Masking an immediate that happens to look like a displacement would hide a change.
TEST(X86, WhatLooksLikeADisplacementInAnImmediateCounts) {
    const auto make = [](unsigned byte) {
        return Program(kHere).bytes({0x48, 0xb8, 0xe8, byte, 2, 3, 4, 0x8b, 0x05, 9, 0xc3});
    };
    EXPECT_NE(make(1).fingerprint(), make(2).fingerprint());
}

TEST(X86, BytesThatAreNoInstructionAreSteppedOver) {
    std::vector<Reference> references;
    const auto f = Program(kHere).bytes({0x06, 0x07, 0xe8}).to(kData).bytes({0x0f});
    f.fingerprint(references);
    ASSERT_EQ(references.size(), 1U);
    EXPECT_EQ(references[0].offset, 2U);
}

}  // namespace
}  // namespace strata::code
