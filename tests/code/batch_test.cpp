// Many functions at once get what each gets alone: however they are grouped, and whatever they are.
#include <gtest/gtest.h>

#include <tuple>

#include "arm64_program.h"
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

/// Pages, their uses and branches to anywhere inside: random bytes hardly ever are.
test::Program make_arm64(Random& random) {
    test::Program f(0x180000000 + random.below(1 << 20) * 4);
    const uint64_t size = 1 + random.below(random.one_in(10) ? 2000 : 60);
    const auto reg = [&] { return static_cast<uint32_t>(random.below(4)); };
    const auto data = [&] { return 0x1e0000000 + random.below(1 << 20) * 8; };
    const auto inside = [&] { return f.at(random.below(size)); };
    while (f.words().size() < size) {
        switch (random.below(12)) {
            case 0:
                f.adrp(reg(), data());
                break;
            case 1:
                f.add(reg(), reg(), data());
                break;
            case 2:
                f.cbz(reg(), inside());
                break;
            case 3:
                f.tbz(reg(), inside());
                break;
            case 4:
                f.b(inside());
                break;
            case 5:
                f.bl(0x184000000 + random.below(1 << 20) * 4);
                break;
            case 6:
                f.word(test::kRet);
                break;
            case 7:
                f.word(test::mov(reg(), reg()));
                break;
            default:
                f.ldr(reg(), reg(), data());
        }
    }
    return f;
}

// A fingerprinter does not clear what it knew of the function before.
TEST(BatchOfArm64, BranchesOfOneFunctionAreNotThoseOfTheNext) {
    const auto together = make_fingerprinter(0x0100000c);
    Random random(1);
    std::vector<test::Program> programs;
    std::vector<Function> functions;
    for (int i = 0; i < 1000; ++i) programs.push_back(make_arm64(random));
    for (auto& program : programs) functions.push_back(program.function());
    size_t seen = 0;
    size_t known = 0;
    together->fingerprint_all(functions, [&](size_t i, uint64_t fingerprint, std::span<const Reference> references) {
        ++seen;
        Found want;
        want.fingerprint = programs[i].fingerprint(want.references);
        for (const auto& reference : references) known += reference.kind == ReferenceKind::kAccess ? 1 : 0;
        expect_equal({fingerprint, {references.begin(), references.end()}}, want, i);
    });
    EXPECT_EQ(seen, functions.size());
    EXPECT_GT(known, functions.size()) << "the programs use pages";
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
