// Matching functions: by name, without counters, and by size.
#include "diff/function_match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/random.h"

namespace strata::diff {
namespace {

/// Functions that own their names.
class Functions {
  public:
    Functions& add(std::string name, uint32_t size) {
        names_.push_back(std::move(name));
        sizes_.push_back(size);
        return *this;
    }
    std::vector<FunctionItem> items() const {
        std::vector<FunctionItem> items;
        uint64_t address = 0x1000;
        for (size_t i = 0; i < names_.size(); ++i) {
            items.push_back({names_[i], address, sizes_[i]});
            address += sizes_[i];
        }
        return items;
    }
    size_t size() const { return names_.size(); }
    void insert(size_t at, std::string name, uint32_t size) {
        names_.insert(names_.begin() + static_cast<ptrdiff_t>(at), std::move(name));
        sizes_.insert(sizes_.begin() + static_cast<ptrdiff_t>(at), size);
    }
    void erase(size_t at) {
        names_.erase(names_.begin() + static_cast<ptrdiff_t>(at));
        sizes_.erase(sizes_.begin() + static_cast<ptrdiff_t>(at));
    }

  private:
    std::vector<std::string> names_;
    std::vector<uint32_t> sizes_;
};

FunctionMatch match(const Functions& before, const Functions& after) {
    return match_functions(before.items(), after.items());
}

void expect_each_once(const FunctionMatch& match, size_t before, size_t after) {
    std::vector<int> old_seen(before);
    std::vector<int> new_seen(after);
    for (const auto& [b, a] : match.pairs) {
        ASSERT_LT(b, before);
        ASSERT_LT(a, after);
        ++old_seen[b];
        ++new_seen[a];
    }
    for (const uint32_t i : match.removed) ++old_seen.at(i);
    for (const uint32_t i : match.added) ++new_seen.at(i);
    EXPECT_TRUE(std::all_of(old_seen.begin(), old_seen.end(), [](int n) { return n == 1; }));
    EXPECT_TRUE(std::all_of(new_seen.begin(), new_seen.end(), [](int n) { return n == 1; }));
    EXPECT_TRUE(std::is_sorted(match.pairs.begin(), match.pairs.end()));
    EXPECT_TRUE(std::is_sorted(match.removed.begin(), match.removed.end()));
    EXPECT_TRUE(std::is_sorted(match.added.begin(), match.added.end()));
}

Functions random_functions(test::Random& random, uint64_t count) {
    Functions functions;
    for (uint64_t i = 0; i < count; ++i) {
        std::string name;
        if (random.one_in(2)) name = "_f" + std::to_string(random.below(count + 1));
        if (!name.empty() && random.one_in(4)) name += "." + std::to_string(random.below(4));
        functions.add(name, static_cast<uint32_t>(4 * random.below(40)));
    }
    return functions;
}

/// `count` functions, all named or none.
Functions many(uint64_t count, bool named) {
    test::Random random(160);
    Functions functions;
    for (uint64_t i = 0; i < count; ++i)
        functions.add(named ? "_f" + std::to_string(i) : "", static_cast<uint32_t>(4 + 4 * random.below(200)));
    return functions;
}

TEST(FunctionMatch, Nothing) {
    EXPECT_TRUE(match({}, {}).pairs.empty());
    EXPECT_EQ(match({}, many(3, false)).added.size(), 3U);
    EXPECT_EQ(match(many(3, true), {}).removed.size(), 3U);
}

TEST(FunctionMatch, AgainstItselfIsAllPairs) {
    test::Random random(161);
    for (int round = 0; round < 50; ++round) {
        const auto functions = random_functions(random, random.below(300));
        const auto result = match(functions, functions);
        ASSERT_TRUE(result.added.empty());
        ASSERT_TRUE(result.removed.empty());
        for (const auto& [b, a] : result.pairs) ASSERT_EQ(b, a);
    }
}

TEST(FunctionMatch, EveryIndexAppearsOnce) {
    test::Random random(162);
    for (int round = 0; round < 300; ++round) {
        const auto before = random_functions(random, random.below(120));
        const auto after = random_functions(random, random.below(120));
        expect_each_once(match(before, after), before.size(), after.size());
        if (::testing::Test::HasFailure()) FAIL() << "round " << round;
    }
}

TEST(FunctionMatch, IsDeterministic) {
    test::Random random(163);
    const auto before = random_functions(random, 3000);
    const auto after = random_functions(random, 3000);
    EXPECT_EQ(match(before, after).pairs, match(before, after).pairs);
}

/// One function more among as many as the largest image has: one is added, whether names are known or not.
class OneAmongMany : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(FunctionMatch, OneAmongMany, ::testing::Bool(),
                         [](const auto& named) { return named.param ? "Named" : "Unnamed"; });

TEST_P(OneAmongMany, Inserted) {
    const auto before = many(41'000, GetParam());
    for (const size_t at : {size_t{0}, size_t{20'000}, size_t{41'000}}) {
        auto after = before;
        after.insert(at, GetParam() ? "_new" : "", 123'456);
        const auto result = match(before, after);
        EXPECT_TRUE(result.removed.empty());
        EXPECT_EQ(result.added, std::vector<uint32_t>{static_cast<uint32_t>(at)});
        EXPECT_EQ(result.pairs.size(), before.size());
        EXPECT_EQ(match(after, before).removed, std::vector<uint32_t>{static_cast<uint32_t>(at)})
            << "and removed, mirrored";
    }
}

TEST_P(OneAmongMany, OneInsertedAndOneRemovedFarApart) {
    const auto before = many(41'000, GetParam());
    auto after = before;
    after.insert(30'000, GetParam() ? "_new" : "", 123'456);
    after.erase(10'000);
    const auto result = match(before, after);
    EXPECT_EQ(result.removed, std::vector<uint32_t>{10'000});
    EXPECT_EQ(result.added, std::vector<uint32_t>{29'999});
}

TEST(FunctionMatch, NamesBeatOrderAndSize) {
    const auto before = Functions().add("_a", 16).add("_b", 32);
    const auto after = Functions().add("_b", 64).add("_a", 16);
    EXPECT_EQ(match(before, after).pairs, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 1}, {1, 0}}));
}

TEST(FunctionMatch, RenumberedNames) {
    const auto before = Functions().add("_a.cold.1", 16).add("_a.cold.2", 32).add("_b.10", 8);
    const auto after = Functions().add("_a.cold.3", 16).add("_a.cold.4", 32).add("_b.11", 12);
    EXPECT_EQ(match(before, after).pairs, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 0}, {1, 1}, {2, 2}}));
    const auto exact_first =
        match(Functions().add("_a.1", 16).add("_a.2", 16), Functions().add("_a.2", 16).add("_a.3", 16));
    EXPECT_EQ(exact_first.pairs, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 1}, {1, 0}}))
        << "an equal name goes before a like one";
}

TEST(FunctionMatch, RepeatedNamesInOrder) {
    const auto before = Functions().add("_same", 16).add("_same", 32);
    const auto after = Functions().add("_same", 8).add("_same", 16).add("_same", 32);
    const auto result = match(before, after);
    EXPECT_EQ(result.pairs.size(), 2U);
    EXPECT_EQ(result.added, std::vector<uint32_t>{2});
}

TEST(FunctionMatch, DifferentNamesAreNeverOneFunction) {
    const auto result = match(Functions().add("_old", 16), Functions().add("_new", 16));
    EXPECT_TRUE(result.pairs.empty());
    EXPECT_EQ(result.removed.size(), 1U);
    EXPECT_EQ(result.added.size(), 1U);
}

TEST(FunctionMatch, ANameThatWasLostIsFoundBySize) {
    const auto before = Functions().add("_a", 16).add("_b", 32).add("_c", 48);
    const auto after = Functions().add("_a", 16).add("", 32).add("_c", 48);
    EXPECT_EQ(match(before, after).pairs, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 0}, {1, 1}, {2, 2}}));
}

TEST(FunctionMatch, UnnamedOnesThatGrewAreResizedNotReplaced) {
    auto before = many(500, false);
    auto after = many(250, false);
    after.add("", 99'999);
    for (size_t i = 251; i < 500; ++i) after.add("", before.items()[i].size);
    const auto result = match(before, after);
    EXPECT_TRUE(result.added.empty());
    EXPECT_TRUE(result.removed.empty());
    for (const auto& [b, a] : result.pairs) EXPECT_EQ(b, a);
}

TEST(FunctionMatch, ManyEditsKeepMostPairs) {
    const auto before = many(20'000, false);
    auto after = before;
    for (size_t i = 0; i < 100; ++i) after.insert(i * 150, "", static_cast<uint32_t>(100'000 + i));
    const auto result = match(before, after);
    EXPECT_TRUE(result.removed.empty());
    EXPECT_EQ(result.added.size(), 100U);
    for (size_t i = 0; i < 100; ++i) EXPECT_EQ(result.added[i], i * 150);
}

}  // namespace
}  // namespace strata::diff
