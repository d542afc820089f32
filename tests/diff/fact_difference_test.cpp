// Differences of facts columns against sets, and which of them are one fact with another value.
#include "diff/fact_difference.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "column_fixture.h"
#include "diff/image_diff.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::FactRecord;
using Fact = std::tuple<std::string, std::string, std::string>;

class FactDifferenceTest : public ColumnTest {
  protected:
    record::Head put_objc(const std::vector<FactRecord>& facts) {
        test::MadeFacts made;
        made.objc = facts;
        return put(made);
    }
    FactGroup difference(const record::Head& before, const record::Head& after) {
        return fact_difference(reader(), ColumnKind::kObjc, before.column(ColumnKind::kObjc),
                               after.column(ColumnKind::kObjc));
    }
};

std::set<Fact> set_of(const std::vector<FactRecord>& facts) {
    std::set<Fact> set;
    for (const auto& fact : facts) set.emplace(fact.owner, fact.name, fact.value);
    return set;
}

std::vector<FactRecord> random_facts(test::Random& random) {
    std::vector<FactRecord> facts(random.below(200));
    for (auto& fact : facts)
        fact = {"class " + std::to_string(random.below(4)), "-m" + std::to_string(random.below(20)),
                std::to_string(random.below(3))};
    return facts;
}

/// Removals taken from `before` and additions put to it, changed facts on both sides.
std::set<Fact> apply(std::set<Fact> before, const FactGroup& group) {
    for (const auto& f : group.removed)
        EXPECT_EQ(before.erase({std::string(f.owner), std::string(f.name), std::string(f.value)}), 1U);
    for (const auto& f : group.changed)
        EXPECT_EQ(before.erase({std::string(f.owner), std::string(f.name), std::string(f.before)}), 1U);
    for (const auto& f : group.added) EXPECT_TRUE(before.emplace(f.owner, f.name, f.value).second);
    for (const auto& f : group.changed) EXPECT_TRUE(before.emplace(f.owner, f.name, f.after).second);
    return before;
}

TEST_F(FactDifferenceTest, AppliedToTheOldSideGivesTheNewOne) {
    test::Random random(150);
    std::vector<std::pair<std::vector<FactRecord>, std::vector<FactRecord>>> rounds(60);
    std::vector<std::pair<record::Head, record::Head>> heads;
    for (auto& [before, after] : rounds) {
        before = random_facts(random);
        after = random.one_in(3) ? before : random_facts(random);
        heads.emplace_back(put_objc(before), put_objc(after));
    }
    for (size_t i = 0; i < rounds.size(); ++i) {
        const auto group = difference(heads[i].first, heads[i].second);
        ASSERT_EQ(apply(set_of(rounds[i].first), group), set_of(rounds[i].second));
        ASSERT_EQ(group.empty(), set_of(rounds[i].first) == set_of(rounds[i].second));
        const auto mirrored = difference(heads[i].second, heads[i].first);
        ASSERT_EQ(mirrored.added, group.removed);
        ASSERT_EQ(mirrored.removed, group.added);
        ASSERT_EQ(mirrored.changed.size(), group.changed.size());
    }
}

TEST_F(FactDifferenceTest, OneValueOnEachSideIsAChange) {
    const auto before = put_objc({{"class A", "-a", "v1"}, {"class A", "-twice", "1"}, {"class A", "-twice", "2"}});
    const auto after = put_objc({{"class A", "-a", "v2"}, {"class A", "-twice", "3"}});
    const auto group = difference(before, after);
    ASSERT_EQ(group.changed.size(), 1U);
    EXPECT_EQ(group.changed[0].name, "-a");
    EXPECT_EQ(group.changed[0].before, "v1");
    EXPECT_EQ(group.changed[0].after, "v2");
    EXPECT_EQ(group.removed.size(), 2U) << "which of the two became 3 cannot be said";
    EXPECT_EQ(group.added.size(), 1U);
}

TEST_F(FactDifferenceTest, AnImageWithAnotherFactIsUpdated) {
    const auto before = put_objc({{"class A", "-a", ""}});
    const auto after = put_objc({{"class A", "-a", ""}, {"class A", "-b", ""}});
    const auto diff = diff_image(reader(), "/a", before, after);
    EXPECT_EQ(diff.status, Status::kUpdated);
    ASSERT_EQ(diff.facts.size(), 1U);
    EXPECT_EQ(diff.facts[0].kind, ColumnKind::kObjc);
    EXPECT_EQ(diff_image(reader(), "/a", before, before).status, Status::kUnchanged);
}

}  // namespace
}  // namespace strata::diff
