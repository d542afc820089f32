// `--compat ipsw` against what ipsw itself printed for the real pairs, byte for byte.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pair_fixture.h"

namespace strata::e2e {
namespace {

class IpswCompat : public PairTest {
  protected:
    /// {"new", "removed", "updated": {path: body}}; a line about timing follows it in the file.
    [[nodiscard]] Json expected() const {
        const std::string text = read_file(pair().folder / "ipsw-diff.txt");
        return Json::parse(text.substr(0, text.rfind("\n}") + 2));
    }

    [[nodiscard]] Outcome diff(std::vector<std::string> options) const {
        options.insert(options.begin(), {"diff", "old", "new", "--compat", "ipsw"});
        return pair().store.run(std::move(options));
    }
};

TEST_P(IpswCompat, Json) {
    const Json want = expected();
    const Json got = json_of(diff({"--format", "json"})).at("dylibs");
    EXPECT_EQ(got.at("new"), want.at("new"));
    EXPECT_EQ(got.at("removed"), want.at("removed"));
    EXPECT_EQ(got.at("updated").size(), want.at("updated").size());
    for (const auto& [path, body] : want.at("updated").items())
        EXPECT_EQ(got.at("updated").value(path, ""), "```diff\n" + body.get<std::string>() + "```\n") << path;
}

TEST_P(IpswCompat, OneDocument) {
    const Outcome run = diff({});
    ASSERT_EQ(run.exit_code, kDone) << describe(run);
    size_t at = 0;
    for (const auto& [path, body] : expected().at("updated").items()) {
        at = run.out.find("\n> `" + path + "`\n\n```diff\n" + body.get<std::string>() + "```\n", at);
        ASSERT_NE(at, std::string::npos) << path << "\n" << run.out;
    }
    EXPECT_NE(run.out.find("Updated (" + std::to_string(expected().at("updated").size()) + ")"), std::string::npos);
}

TEST_P(IpswCompat, Folder) {
    const TempDir dir;
    const Outcome run = diff({"--format", "markdown-dir", "--output", dir / "report"});
    ASSERT_EQ(run.exit_code, kDone) << describe(run);
    const std::string readme = read_file(dir / "report/README.md");
    for (const auto& [path, body] : expected().at("updated").items()) {
        const std::string name = "DYLIBS" + path + ".md";
        EXPECT_NE(readme.find("- [" + path + "](" + name + ")\n"), std::string::npos) << readme;
        const std::string base = path.substr(path.rfind('/') + 1);
        EXPECT_EQ(read_file(dir / ("report/" + name)),
                  "## " + base + "\n\n> `" + path + "`\n\n```diff\n" + body.get<std::string>() + "```\n");
    }
}

INSTANTIATE_TEST_SUITE_P(Pairs, IpswCompat, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
