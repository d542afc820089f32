// Every JSON output against the published schema.
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "dscgen/dscgen.h"
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

/// Every other JSON output, on made caches: these need no real data.
class JsonSchemaOfAll : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        store_ = std::make_unique<IndexedStore>();
        dir_ = std::make_unique<TempDir>();
        dscgen::Spec spec;
        spec.images = 20;
        dscgen::make(spec, *dir_ / "old");
        dscgen::Step changes;
        changes.change = 3;
        changes.add = changes.remove = changes.move = 1;
        dscgen::next(*dir_ / "old", *dir_ / "new", changes);
        for (const std::string side : {"old", "new"}) store_->index(*dir_ / side, side);
    }
    static void TearDownTestSuite() {
        store_.reset();
        dir_.reset();
    }

    /// Each line of what a command prints fits the definition; at least one is printed.
    static void check(const std::string& definition, std::vector<std::string> command, const std::string& holds = "") {
        const Outcome run = store_->run(std::move(command));
        ASSERT_EQ(run.exit_code, kDone) << describe(run);
        check_lines(definition, run.out, run.command);
        EXPECT_NE(run.out.find(holds), std::string::npos) << run.command << " shows no " << holds;
    }
    static void check_lines(const std::string& definition, const std::string& lines, const std::string& what) {
        const test::Schema published(STRATA_SCHEMA, definition);
        std::istringstream in(lines);
        size_t count = 0;
        for (std::string line; std::getline(in, line); ++count) EXPECT_TRUE(published.fits(line)) << what;
        EXPECT_NE(count, 0U) << what;
    }

    static std::unique_ptr<IndexedStore> store_;
    static std::unique_ptr<TempDir> dir_;
};
std::unique_ptr<IndexedStore> JsonSchemaOfAll::store_;
std::unique_ptr<TempDir> JsonSchemaOfAll::dir_;

TEST_F(JsonSchemaOfAll, Queries) {
    check("rule", {"rules", "--json"});
    check("symbol_line", {"symbols", "new", "--demangle", "--json"}, "\"demangled\"");
    for (const std::string area : {"symbols", "functions", "strings", "images", "dependencies", "sections", "objc"})
        check("find_line", {"find", "--regex", ".", "--in", area, "--json"});
    check("who_line", {"who", "libSystem.B.dylib", "--firmware", "old", "--json"}, "\"dependency\"");
    check("similar_line", {"similar", "new", "libSystem.B.dylib", "--among", "old", "--json"});
    const auto symbol =
        parse_lines(store_->run({"symbols", "old", "libSystem.B.dylib", "--kind", "export", "--json"}).out).at(0);
    check("lookup_line", {"lookup", "old", std::to_string(symbol.at("address").get<uint64_t>()), "0x1", "--json"},
          "\"found\":false");
    check("history_line", {"history", symbol.at("name"), "--json"}, "\"images\":[{");
    check("history_line", {"history", "/usr/lib/libSystem.B.dylib", "--json"}, "\"contents\"");
    check("matrix_line", {"matrix", "--glob", "*", "--json"}, "\"step\":\"gone\"");
}

TEST_F(JsonSchemaOfAll, Diffs) {
    const auto whole = [&](const std::string& definition, std::vector<std::string> command) {
        const Outcome run = store_->run(std::move(command));
        ASSERT_EQ(run.exit_code, kDone) << describe(run);
        EXPECT_TRUE(test::Schema(STRATA_SCHEMA, definition).fits(run.out)) << run.command;
    };
    whole("ipsw_diff", {"diff", "old", "new", "--compat", "ipsw", "--format", "json"});
    whole("diff", {"diff", "old", "new", "--format", "json", "--show-suppressed"});
    whole("diff_chain", {"diff", "old", "new", "old", "--format", "json"});
    check("diff_line", {"diff", "old", "new", "old", "--format", "jsonl"});
    check("firmware", {"list", "--json"});
    check("firmware", {"show", "old", "--json"});
    check("image_line", {"images", "new", "--json"});
    check("image_facts", {"show", "new", "libSystem.B.dylib", "--json"}, "\"exports\"");
}

TEST_F(JsonSchemaOfAll, CareOfTheStore) {
    check("stats", {"stats", "--json"}, "dedup_ratio");
    check("stats", {"stats", "old", "--json"});
    check("verify", {"verify", "--json"});
    check("space_change", {"freeze", "old", "--json"});
    check("space_change", {"thaw", "old", "--json"});
    check("space_change", {"gc", "--json"});
    check("space_change", {"compact", "--json"});
    const std::string bundle = *dir_ / "both.strata";
    ASSERT_EQ(store_->run({"export", "old", "new", "-o", bundle}).exit_code, kDone);
    check("import", {"import", bundle, "--json"}, "\"present\":[\"old\"");
    check("firmware", {"index", *dir_ / "new", "--name", "again", "--json"});
    check("remove", {"remove", "again", "--json"}, "bytes_after");
    check("firmware", {"index", *dir_ / "new", "--name", "again", "--json"});
    check("remove", {"remove", "again", "--keep-columns", "--json"});
    check_lines("version", run_strata({"--version", "--json"}).out, "--version");
    check_lines("run_stats", store_->run({"list", "--stats"}).err, "--stats of list");
    check_lines("run_stats", store_->run({"diff", "old", "new", "--stats"}).err, "--stats of diff");
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
    const test::Schema found(STRATA_SCHEMA, "find_line");
    EXPECT_TRUE(found.fits(R"({"firmware":"f","image":"i","in":"strings","value":"v","section":"s"})"));
    EXPECT_FALSE(found.fits(R"({"firmware":"f","image":"i","in":"strings","value":"v"})"));
    EXPECT_FALSE(found.fits(R"({"firmware":"f","image":"i","in":"strings","value":"v","section":"s","more":1})"));
    EXPECT_FALSE(found.fits(R"({"firmware":"f","image":"i","in":"elsewhere","name":"n"})"));
}

INSTANTIATE_TEST_SUITE_P(Pairs, JsonSchema, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
