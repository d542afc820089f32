// Functions: order kept, cut into chunks.
#include "record/functions.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace strata::record {
namespace {

class FunctionCounts : public ::testing::TestWithParam<uint64_t> {};

TEST_P(FunctionCounts, RoundTrip) {
    test::Random random(30);
    std::vector<FunctionRecord> functions(GetParam());
    for (auto& f : functions)
        f = {static_cast<uint16_t>(random.word()), static_cast<uint32_t>(random.word()),
             static_cast<uint32_t>(random.word())};
    std::vector<Chunk> chunks;
    encode_functions(functions, keep(chunks, ColumnKind::kFunctions));
    size_t at = 0;
    for (const auto& chunk : chunks) {
        const FunctionsView view(chunk.message.bytes());
        ASSERT_EQ(view.size(), chunk.count);
        ASSERT_GT(view.size(), 0U);
        ASSERT_LE(view.size(), 32768U);
        for (uint64_t i = 0; i < view.size(); ++i, ++at) {
            ASSERT_EQ(view[i].section, functions[at].section);
            ASSERT_EQ(view[i].offset, functions[at].offset);
            ASSERT_EQ(view[i].size, functions[at].size);
        }
    }
    EXPECT_EQ(at, functions.size());
}

INSTANTIATE_TEST_SUITE_P(Functions, FunctionCounts, ::testing::Values(0, 1, 2, 32767, 32768, 32769, 200'000));

}  // namespace
}  // namespace strata::record
