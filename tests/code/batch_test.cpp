// Many functions at once get what each gets alone: however they are grouped, and whatever they are.
#include <gtest/gtest.h>

#include <tuple>

#include "code/fingerprint.h"
#include "support/random.h"

namespace strata::code {
namespace {

using test::Random;

struct Found {
    uint64_t fingerprint = 0;
    std::vector<Reference> references;
};

void expect_equal(const Found& found, const Found& want, size_t index) {
    EXPECT_EQ(found.fingerprint, want.fingerprint) << index;
    ASSERT_EQ(found.references.size(), want.references.size()) << index;
    for (size_t i = 0; i < want.references.size(); ++i) {
        const auto& a = found.references[i];
        const auto& b = want.references[i];
        EXPECT_EQ(std::tie(a.address, a.offset, a.kind, a.size), std::tie(b.address, b.offset, b.kind, b.size))
            << index;
    }
}

/// Bytes that are instructions with displacements more often than chance would have it, and often cut off at the end.
std::string make_code(Random& random, uint64_t size) {
    static constexpr std::string_view kOften =
        "\x48\x8b\x89\xe8\x0f\x84\x74\xeb\x05\x8d\xc7\x66\xc4\xc5\x62\x94\x97\x91\xf9";
    std::string code;
    while (code.size() < size)
        code += random.one_in(3) ? static_cast<char>(random.below(256)) : kOften[random.below(kOften.size())];
    return code;
}

uint64_t size_of(Random& random) {
    if (random.one_in(20)) return 0;
    if (random.one_in(50)) return 8000 + random.below(30000);
    return random.below(random.one_in(5) ? 3000 : 200);
}

class Batch : public ::testing::TestWithParam<uint32_t> {};

TEST_P(Batch, EachFunctionGetsWhatItGetsAlone) {
    const auto alone = make_fingerprinter(GetParam());
    const auto together = make_fingerprinter(GetParam());
    Random random(GetParam());
    for (const size_t count : {0, 1, 2, 3, 4, 5, 17, 800, 3}) {
        std::vector<std::string> codes;
        for (size_t i = 0; i < count; ++i) codes.push_back(make_code(random, size_of(random)));
        std::vector<Function> functions;
        for (const auto& code : codes)
            functions.push_back({{reinterpret_cast<const uint8_t*>(code.data()), code.size()},
                                 0x100000000 + random.below(1 << 20) * 16});
        std::vector<int> seen(count);
        together->fingerprint_all(
            functions, [&](size_t i, uint64_t fingerprint, std::span<const Reference> references) {
                ASSERT_LT(i, count);
                ++seen[i];
                Found want;
                want.fingerprint = alone->fingerprint(functions[i].code, functions[i].address, want.references);
                expect_equal({fingerprint, {references.begin(), references.end()}}, want, i);
            });
        EXPECT_EQ(seen, std::vector<int>(count, 1));
    }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Batch, ::testing::Values(0x0100000c, 0x01000007),
                         [](const auto& made) { return made.param == 0x0100000c ? "arm64" : "x86_64"; });

}  // namespace
}  // namespace strata::code
