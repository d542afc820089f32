// Facts columns: what goes in comes out, sorted by owner, name, value, and once.
#include "record/facts.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "samples.h"

namespace strata::record {
namespace {

using OwnedFact = std::tuple<std::string, std::string, std::string>;

std::vector<Chunk> encode_all(std::vector<FactRecord> facts) {
    std::vector<Chunk> chunks;
    encode_facts(ColumnKind::kObjc, facts, keep(chunks, ColumnKind::kObjc));
    return chunks;
}

std::vector<OwnedFact> decode_facts(const std::vector<Chunk>& chunks) {
    std::vector<OwnedFact> facts;
    for (const auto& chunk : chunks) {
        const FactsView view(chunk.message.bytes());
        EXPECT_EQ(view.size(), chunk.count);
        for (uint64_t i = 0; i < view.size(); ++i) facts.emplace_back(view[i].owner, view[i].name, view[i].value);
    }
    return facts;
}

std::string without_nul(std::string text) {
    for (auto& c : text)
        if (c == '\0') c = '0';
    return text;
}

TEST(Facts, RoundTrip) {
    test::Random random(40);
    for (uint64_t round = 0; round < 100; ++round) {
        std::vector<FactRecord> facts;
        std::set<OwnedFact> expected;
        for (uint64_t i = round < 3 ? 3 - round : random.below(300); i > 0; --i) {
            FactRecord fact{without_nul(random.bytes(random.below(3))), random.bytes(random.below(4)),
                            random.bytes(random.below(50))};
            expected.emplace(fact.owner, fact.name, fact.value);
            facts.push_back(fact);
            if (random.one_in(4)) facts.push_back(fact);
        }
        ASSERT_EQ(decode_facts(encode_all(facts)), std::vector<OwnedFact>(expected.begin(), expected.end()));
    }
}

TEST(Facts, ManyChunksAndNoFacts) {
    std::vector<FactRecord> facts;
    std::set<OwnedFact> expected;
    test::Random random(41);
    for (int i = 0; i < 60'000; ++i) {
        facts.push_back({"class " + random.name(12), "-" + random.name(8), random.bytes(random.below(30))});
        expected.emplace(facts.back().owner, facts.back().name, facts.back().value);
    }
    const auto chunks = encode_all(facts);
    EXPECT_GT(chunks.size(), 4U);
    EXPECT_EQ(decode_facts(chunks), std::vector<OwnedFact>(expected.begin(), expected.end()));
    EXPECT_TRUE(encode_all({}).empty());
}

TEST(Facts, AnOwnerEndsAtItsFirstNul) {
    const auto facts = decode_facts(encode_all({{std::string("class A\0B", 9), "-a", "v"}}));
    EXPECT_EQ(facts, (std::vector<OwnedFact>{{"class A", "-a", "v"}}));
}

TEST(Facts, DamageIsAnErrorOfTheStore) {
    auto builder = sized_builder(64);
    auto root = builder.initRoot<schema::Facts>();
    root.setKeys(data_of("no owner"));
    auto offsets = root.initKeyOffsets(2);
    offsets.set(1, 8);
    root.initValueOffsets(2);
    const Message message = record::encode(builder);
    const FactsView view(message.bytes());
    EXPECT_THROW((void)view[0], base::Error);
    auto shorter = sized_builder(64);
    shorter.initRoot<schema::Facts>().initKeyOffsets(3);
    const Message other = record::encode(shorter);
    EXPECT_THROW(FactsView{other.bytes()}, base::Error);
}

}  // namespace
}  // namespace strata::record
