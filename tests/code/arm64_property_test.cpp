// Random functions in many layouts: the fingerprint and what the references lead to stay the same, and every change of
// an instruction is seen.
#include <gtest/gtest.h>

#include <map>

#include "arm64_program.h"
#include "support/random.h"

namespace strata::code {
namespace {

using namespace test;

struct Targets {
    std::vector<uint64_t> data;
    std::vector<uint64_t> functions;
};

Targets make_targets(uint64_t seed, size_t count) {
    Random random(seed);
    Targets targets;
    uint64_t data = 0x1e0000000 + random.below(1 << 24) * 16;
    uint64_t code = 0x184000000 + random.below(1 << 18) * 16;  // within the reach of a call
    for (size_t i = 0; i < count; ++i) {
        targets.data.push_back(data += 8 + random.below(500) * 8);
        targets.functions.push_back(code += 4 + random.below(5000) * 4);
    }
    return targets;
}

/// The same function for one seed, wherever it lies. Forward branches over what comes between; registers are
/// overwritten now and then. `plain` gets the indices of instructions that no layout touches.
Program make_function(uint64_t seed, uint64_t address, const Targets& targets, std::vector<size_t>& plain) {
    Random random(seed);
    Program f(address);
    plain.clear();
    const auto any = [&](const std::vector<uint64_t>& list) { return list[random.below(list.size())]; };
    const size_t blocks = 4 + random.below(20);
    for (size_t block = 0; block < blocks; ++block) {
        const auto page = static_cast<uint32_t>(19 + random.below(10));
        const uint64_t target = any(targets.data);
        f.adrp(page, target);
        for (uint64_t i = random.below(4); i > 0; --i) {
            plain.push_back(f.words().size());
            f.word(0x8b000000 | static_cast<uint32_t>(random.below(8) << 16 | random.below(8) << 5 | random.below(8)));
        }
        if (random.one_in(3)) {  // another path that overwrites the page and leaves
            f.cbz(0, f.here() + 16).word(mov(page, 1)).word(load(2, page, 24)).word(kRet);
            plain.push_back(f.words().size() - 2);
        }
        if (random.one_in(2)) f.bl(any(targets.functions));
        if (random.one_in(2)) {
            f.add(0, page, target);
        } else {
            f.ldr(static_cast<uint32_t>(random.below(8)), page, target);
        }
        plain.push_back(f.words().size());
        f.word(load(3, 4, static_cast<uint32_t>(8 * random.below(500))));
    }
    return f.word(kRet);
}

std::vector<int64_t> meanings(const std::vector<Reference>& references, const Targets& targets) {
    std::map<uint64_t, int64_t> ids;
    for (size_t i = 0; i < targets.data.size(); ++i) {
        ids[targets.data[i]] = static_cast<int64_t>(i);
        ids[targets.functions[i]] = 1000 + static_cast<int64_t>(i);
    }
    std::vector<int64_t> all;
    for (const auto& reference : references) {
        const auto found = ids.find(reference.address);
        all.push_back(reference.kind == ReferenceKind::kUnknown ? -1 : found == ids.end() ? -2 : found->second);
    }
    return all;
}

class Arm64Property : public ::testing::TestWithParam<uint64_t> {};

TEST_P(Arm64Property, LayoutDoesNotMatter) {
    std::vector<size_t> plain;
    for (uint64_t function = 0; function < 300; ++function) {
        const uint64_t seed = GetParam() * 1000 + function;
        std::vector<Reference> references;
        const Targets here = make_targets(seed, 40);
        const Targets there = make_targets(seed + 500'000, 40);
        const uint64_t code = make_function(seed, 0x180001000, here, plain).fingerprint(references);
        const auto meaning = meanings(references, here);
        EXPECT_EQ(make_function(seed, 0x187654320, there, plain).fingerprint(references), code) << seed;
        EXPECT_EQ(meanings(references, there), meaning) << seed;
        EXPECT_EQ(std::count(meaning.begin(), meaning.end(), -2), 0) << "a reference that leads to a wrong place";
    }
}

TEST_P(Arm64Property, EveryChangeIsSeen) {
    std::vector<size_t> plain;
    const Targets here = make_targets(GetParam(), 40);
    const Targets there = make_targets(GetParam() + 77, 40);
    const auto original = make_function(GetParam(), 0x180001000, here, plain).fingerprint();
    auto moved = make_function(GetParam(), 0x188881230, there, plain);
    ASSERT_EQ(moved.fingerprint(), original);
    for (const size_t index : plain)
        for (unsigned bit = 0; bit < 22; ++bit) {  // registers and immediates: still an instruction of its class
            auto changed = moved;
            changed.words()[index] ^= 1U << bit;
            EXPECT_NE(changed.fingerprint(), original) << index << " bit " << bit;
        }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Arm64Property, ::testing::Range(uint64_t{1}, uint64_t{6}));

}  // namespace
}  // namespace strata::code
