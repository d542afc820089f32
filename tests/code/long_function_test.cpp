// Functions of more references than any real one: what is handed out of them is bounded, and does not depend on the
// layout.
#include <gtest/gtest.h>

#include <string>

#include "arm64_program.h"
#include "code/fingerprint.h"

namespace strata::code {
namespace {

constexpr size_t kMax = Fingerprinter::kMaxReferences;

struct Architecture {
    const char* name;
    uint32_t cpu_type;
    std::string (*calls)(size_t, int32_t);
};

/// `count` calls of a function `distance` bytes behind the first.
std::string arm64_calls(size_t count, int32_t distance) {
    std::string code(count * 4, '\0');
    for (size_t i = 0; i < count; ++i) {
        const uint32_t word = 0x94000000 | test::field(distance / 4 - static_cast<int64_t>(i), 0, 26);
        std::memcpy(code.data() + i * 4, &word, sizeof word);
    }
    return code;
}
std::string x86_64_calls(size_t count, int32_t distance) {
    std::string code(count * 5, '\xe8');
    for (size_t i = 0; i < count; ++i) {
        const auto left = static_cast<int32_t>(distance - static_cast<int64_t>(i * 5 + 5));
        std::memcpy(code.data() + i * 5 + 1, &left, sizeof left);
    }
    return code;
}

class LongFunction : public ::testing::TestWithParam<Architecture> {
  protected:
    static constexpr uint64_t kAddress = 0x180000000;

    uint64_t read(const std::string& code, std::vector<Reference>& references) const {
        return maker_->fingerprint(bytes(code), kAddress, references);
    }
    static std::span<const uint8_t> bytes(const std::string& code) {
        return {reinterpret_cast<const uint8_t*>(code.data()), code.size()};
    }

    const std::unique_ptr<Fingerprinter> maker_ = make_fingerprinter(GetParam().cpu_type);
};

TEST_P(LongFunction, ReferencesAreBounded) {
    constexpr int32_t kDistance = 1 << 26;
    const std::string code = GetParam().calls(8 * kMax, kDistance);
    std::vector<Reference> references(3);
    const uint64_t fingerprint = read(code, references);
    ASSERT_EQ(references.size(), 3 + kMax + 1) << "behind what was there";
    EXPECT_LT(references.capacity(), 4 * kMax);
    EXPECT_EQ(references[2].kind, ReferenceKind::kUnknown);
    EXPECT_EQ(references[3 + kMax - 1].address, kAddress + kDistance);
    EXPECT_EQ(references[3 + kMax - 1].kind, ReferenceKind::kBranch);
    EXPECT_EQ(references.back().kind, ReferenceKind::kUnknown) << "stands for the others";
    EXPECT_EQ(references.back().address, 0U);
    EXPECT_EQ(references.back().offset, code.size() / 8);

    std::vector<Reference> moved;
    EXPECT_EQ(read(GetParam().calls(8 * kMax, kDistance + 0x1000), moved), fingerprint);
    EXPECT_EQ(moved.size(), kMax + 1);

    const std::array<Function, 1> functions{{{bytes(code), kAddress}}};
    maker_->fingerprint_all(functions, [&](size_t, uint64_t found, std::span<const Reference> refers) {
        EXPECT_EQ(found, fingerprint);
        EXPECT_EQ(refers.size(), kMax + 1);
    });
}

TEST_P(LongFunction, NoneIsLeftOutUpToTheBound) {
    constexpr int32_t kDistance = 1 << 24;
    std::vector<Reference> references;
    read(GetParam().calls(kMax, kDistance), references);
    ASSERT_EQ(references.size(), kMax);
    EXPECT_EQ(references.back().kind, ReferenceKind::kBranch);
    references.clear();
    read(GetParam().calls(kMax + 1, kDistance), references);
    ASSERT_EQ(references.size(), kMax + 1);
    EXPECT_EQ(references.back().kind, ReferenceKind::kUnknown);
}

INSTANTIATE_TEST_SUITE_P(Architectures, LongFunction,
                         ::testing::Values(Architecture{"arm64", 0x0100000c, arm64_calls},
                                           Architecture{"x86_64", 0x01000007, x86_64_calls}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace strata::code
