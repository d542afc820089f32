// Registers that hold a page over branches, calls and loops: no use of one may be missed.
#include <gtest/gtest.h>

#include "arm64_program.h"

namespace strata::code {
namespace {

using namespace test;

// One path overwrites the register and leaves; the other uses the page.
TEST(Arm64Flow, OtherPathOverwrites) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        f.adrp(19, p.data).cbz(0, f.at(5)).word(mov(19, 0)).word(load(1, 19, 8)).word(kRet);
        return f.ldr(1, 19, p.data).word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
    std::vector<Reference> references;
    make(kHere).fingerprint(references);
    ASSERT_EQ(references.size(), 1U);
    EXPECT_EQ(references[0].address, kHere.data & ~uint64_t{7});
}

// The page that another path put there meanwhile is not the one that is meant.
TEST(Arm64Flow, OtherPathHasAnotherPage) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        f.adrp(19, p.data).cbz(0, f.at(5)).adrp(19, p.other).add(1, 19, p.other).word(kRet);
        return f.add(1, 19, p.data).word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
    std::vector<Reference> references;
    make(kHere).fingerprint(references);
    ASSERT_EQ(references.size(), 2U);
    EXPECT_EQ(references[0].address, kHere.other);
    EXPECT_EQ(references[1].kind, ReferenceKind::kUnknown) << "leads nowhere rather than to a wrong place";
}

// while (...) as compilers turn it: the body is reached from the condition below it.
TEST(Arm64Flow, RotatedLoop) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        f.adrp(20, p.data).b(f.at(4)).add(0, 20, p.data).bl(p.other).word(kNop).cbz(0, f.at(2));
        return f.word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
}

// The page is only set in the condition, below the body that uses it, too.
TEST(Arm64Flow, PageFromBelow) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        f.b(f.at(4)).add(0, 20, p.data).bl(p.other).word(kNop).adrp(20, p.data).ldr(1, 20, p.data).cbz(1, f.at(1));
        return f.word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
}

// A block that is only reached from below has the page that is set there, not the one that the text above it left.
TEST(Arm64Flow, OnlyReachedFromBelowWithAnotherPage) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        f.adrp(20, p.data).ldr(1, 20, p.data).b(f.at(6)).ldr(0, 20, p.other).bl(p.other).word(kNop);
        return f.adrp(20, p.other).cbz(7, f.at(3)).word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
    std::vector<Reference> references;
    make(kHere).fingerprint(references);
    ASSERT_EQ(references.size(), 3U);
    EXPECT_EQ(references[0].address, kHere.data & ~uint64_t{7});
    EXPECT_EQ(references[1].offset, 12U);
    EXPECT_EQ(references[1].kind, ReferenceKind::kUnknown) << "leads nowhere rather than to a wrong place";
    EXPECT_EQ(references[2].kind, ReferenceKind::kBranch);
}

TEST(Arm64Flow, CasesOfAJumpTable) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        f.adrp(21, p.data).word(kBr8);
        f.word(mov(21, 0)).word(kRet);
        return f.add(0, 21, p.data).word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
}

TEST(Arm64Flow, CallsKeepPagesMasked) {
    const auto make = [](const Place& p) {
        Program f(p.code);
        return f.adrp(8, p.data).adrp(22, p.data).bl(p.other).ldr(1, 8, p.data).add(0, 22, p.data).word(kRet);
    };
    EXPECT_TRUE(same_everywhere(make));
    std::vector<Reference> references;
    make(kHere).fingerprint(references);
    ASSERT_EQ(references.size(), 3U);
    EXPECT_EQ(references[1].kind, ReferenceKind::kUnknown) << "x8 may have been changed";
    EXPECT_EQ(references[2].address, kHere.data);
}

TEST(Arm64Flow, CopiesOfPages) {
    EXPECT_TRUE(same_everywhere([](const Place& p) {
        return Program(p.code).adrp(8, p.data).word(mov(23, 8)).word(mov(8, 0)).add(0, 23, p.data).word(kRet);
    }));
}

// A block after a call that does not return is reached by a branch over it.
TEST(Arm64Flow, BehindACallThatDoesNotReturn) {
    EXPECT_TRUE(same_everywhere([](const Place& p) {
        Program f(p.code);
        f.adrp(24, p.data).cbz(0, f.at(4)).word(mov(24, 1)).bl(p.other);
        return f.add(0, 24, p.data).word(kRet);
    }));
}

// Jumps back and forth must not keep the reader busy: this has to end at once.
TEST(Arm64Flow, HostileJumps) {
    Program f(kHere.code);
    constexpr uint64_t kCount = 20000;
    for (uint64_t i = 0; i < kCount; i += 4) {
        f.word(kRet).adrp(static_cast<uint32_t>(i / 4 % 31), kHere.data).b(f.at(kCount - i)).b(f.at(i / 2));
    }
    EXPECT_NE(f.fingerprint(), 0U);
}

}  // namespace
}  // namespace strata::code
