// Every JSON output against the published schema.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "pair_fixture.h"
#include "support/schema.h"

namespace strata::e2e {
namespace {

class JsonSchema : public PairTest {
  protected:
    static test::Schema schema(const std::string& definition) { return {STRATA_SCHEMA, definition}; }

    /// Each line, or the whole text.
    void check(const std::string& definition, std::vector<std::string> command, bool lines) const {
        const Outcome run = pair().store.run(std::move(command));
        ASSERT_EQ(run.exit_code, kDone) << describe(run);
        const auto published = schema(definition);
        if (!lines) {
            EXPECT_TRUE(published.fits(run.out)) << run.command;
            return;
        }
        std::istringstream in(run.out);
        size_t count = 0;
        for (std::string line; std::getline(in, line); ++count) EXPECT_TRUE(published.fits(line)) << run.command;
        EXPECT_NE(count, 0U) << run.command;
    }
};

TEST_P(JsonSchema, Diff) {
    check("diff_line", {"diff", "old", "new", "--format", "jsonl"}, true);
    check("diff", {"diff", "old", "new", "--format", "json"}, false);
    check("diff_line", {"diff", "new", "old", "--format", "jsonl", "--no-rules", "--no-moves"}, true);
    check("diff_line", {"diff", "old", "new", "--format", "jsonl", "--show-suppressed", "--top", "3"}, true);
}

TEST_P(JsonSchema, Lists) {
    check("firmware", {"list", "--json"}, true);
    check("firmware", {"show", "old", "--json"}, false);
    check("image_line", {"images", "new", "--json"}, true);
}

TEST_P(JsonSchema, Images) {
    for (const std::string side : {"old", "new"})
        for (const auto& [path, image] : facts(side).images)
            check("image_facts", {"show", side, path, "--json"}, false);
}

/// A schema that lets everything pass would be no schema.
TEST(JsonSchemaItself, RefusesWhatIsWrong) {
    const test::Schema line(STRATA_SCHEMA, "diff_line");
    EXPECT_TRUE(line.fits(R"({"type":"image","status":"added","path":"/x","changes":{}})"));
    EXPECT_FALSE(line.fits(R"({"type":"image","status":"gone","path":"/x","changes":{}})"));
    EXPECT_FALSE(line.fits(R"({"type":"image","status":"added","changes":{}})"));
    EXPECT_FALSE(line.fits(R"({"type":"image","status":"added","path":"/x","changes":{"unheard":1}})"));
    EXPECT_FALSE(line.fits(
        R"({"type":"image","status":"updated","path":"/x","changes":{"strings":{"added":[{"value":1,"section":"s"}]}}})"));
    EXPECT_FALSE(line.fits(R"({"type":"summary"})"));
    EXPECT_FALSE(line.fits("[]"));
}

INSTANTIATE_TEST_SUITE_P(Pairs, JsonSchema, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
