// What can be asked of `strata diff`: rules, images, parts, the most relevant, more than two firmwares. And what any
// difference of real caches must say: the old side's symbols, with it applied, are the new side's.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "pair_fixture.h"

namespace strata::e2e {
namespace {

class DiffOptions : public PairTest {
  protected:
    [[nodiscard]] std::vector<Json> lines(std::vector<std::string> options) const {
        options.insert(options.begin(), {"diff", "old", "new", "--format", "jsonl"});
        return json_lines_of(pair().store.run(std::move(options)));
    }
    static std::map<std::string, Json> images(const std::vector<Json>& lines) {
        std::map<std::string, Json> all;
        for (const auto& line : lines)
            if (line.at("type") == "image") all[line.at("path")] = line;
        return all;
    }
};

/// A symbol as one text, without its place: what a diff tells apart.
std::string symbol_text(const Json& symbol, const std::string& name) {
    std::string text = name + "|" + symbol.at("kind").get<std::string>();
    for (const std::string key : {"dylib", "target"}) text += "|" + symbol.value(key, std::string());
    return text;
}

std::set<std::string> symbol_set(const Json& shown) {
    std::set<std::string> all;
    for (const auto& symbol : shown.at("symbols")) all.insert(symbol_text(symbol, symbol.at("name")));
    return all;
}

std::set<std::string> string_set(const Json& list) {
    std::set<std::string> all;
    for (const auto& s : list) all.insert(s.at("value").get<std::string>() + "|" + s.at("section").get<std::string>());
    return all;
}

std::set<std::string> fact_set(const Json& list, const char* value = "value") {
    std::set<std::string> all;
    for (const auto& fact : list)
        all.insert(fact.value("owner", std::string()) + "|" + fact.value("name", std::string()) + "|" +
                   fact.value(value, std::string()));
    return all;
}

void take_out(std::set<std::string>& from, const std::set<std::string>& what) {
    for (const auto& text : what) EXPECT_EQ(from.erase(text), 1U) << text;
}
void put_in(std::set<std::string>& to, const std::set<std::string>& what) {
    for (const auto& text : what) EXPECT_TRUE(to.insert(text).second) << text;
}

void apply_symbols(const Json& changes, std::set<std::string>& symbols) {
    std::set<std::string> gone;
    std::set<std::string> come;
    for (const auto& s : part_of(changes, "symbols", "removed")) gone.insert(symbol_text(s, s.at("name")));
    for (const auto& s : part_of(changes, "symbols", "added")) come.insert(symbol_text(s, s.at("name")));
    for (const auto& s : part_of(changes, "symbols", "changed")) {
        const auto before = symbol_text(s.at("old"), s.at("name"));
        const auto after = symbol_text(s.at("new"), s.at("name"));
        if (before == after) continue;  // only flags differ
        gone.insert(before);
        come.insert(after);
    }
    take_out(symbols, gone);
    put_in(symbols, come);
}

TEST_P(DiffOptions, TheOldSideWithTheDifferenceIsTheNewSide) {
    for (const auto& [path, image] : images(lines({"--no-rules"}))) {
        SCOPED_TRACE(path);
        const auto status = image.at("status").get<std::string>();
        if (status != "updated" && status != "rebuilt" && status != "moved") continue;
        const Json before = json_of(pair().store.run({"show", "old", image.value("from", path), "--json"}));
        const Json after = json_of(pair().store.run({"show", "new", path, "--json"}));
        const Json& changes = image.at("changes");
        auto symbols = symbol_set(before);
        apply_symbols(changes, symbols);
        EXPECT_EQ(symbols, symbol_set(after));
        auto strings = string_set(before.at("strings"));
        take_out(strings, string_set(part_of(changes, "strings", "removed")));
        put_in(strings, string_set(part_of(changes, "strings", "added")));
        EXPECT_EQ(strings, string_set(after.at("strings")));
        for (const std::string kind : {"imports", "signature", "data", "objc", "swift"}) {
            auto facts = fact_set(before.value(kind, Json::array()));
            take_out(facts, fact_set(part_of(changes, kind, "removed")));
            take_out(facts, fact_set(part_of(changes, kind, "changed"), "old"));
            put_in(facts, fact_set(part_of(changes, kind, "changed"), "new"));
            put_in(facts, fact_set(part_of(changes, kind, "added")));
            EXPECT_EQ(facts, fact_set(after.value(kind, Json::array()))) << kind;
        }
    }
}

TEST_P(DiffOptions, RulesAreNamedSwitchedAndCounted) {
    const auto rules = json_lines_of(pair().store.run({"rules", "--json"}));
    ASSERT_GE(rules.size(), 9U);
    Json on = Json::array();
    for (const auto& rule : rules)
        if (rule.at("default").get<bool>()) on.push_back(rule.at("name"));
    EXPECT_EQ(lines({}).front().at("rules"), on);
    EXPECT_EQ(lines({"--no-rules"}).front().at("rules"), Json::array());
    EXPECT_EQ(lines({"--no-rules", "--rule", "+blocks"}).front().at("rules"), Json({"blocks"}));
    const Json without = lines({"--rule", "-blocks"}).front().at("rules");
    EXPECT_EQ(without.size() + 1, on.size());
    for (const auto& rule : rules) EXPECT_TRUE(lines({}).back().at("suppressed").contains(rule.at("name")));
    EXPECT_EQ(pair().store.run({"diff", "old", "new", "--rule", "+nope"}).exit_code, kUsage);
    EXPECT_EQ(pair().store.run({"diff", "old", "new", "--rule", "blocks"}).exit_code, kUsage);
}

/// What is counted as left out is listed, and with no rules it is in the lists of changes.
TEST_P(DiffOptions, WhatIsCountedCanBeShown) {
    const auto shown = lines({"--show-suppressed"});
    std::map<std::string, std::uint64_t> listed;
    for (const auto& [path, image] : images(shown))
        for (const auto& fact : image.value("suppressed_facts", Json::array())) ++listed[fact.at("rule")];
    for (const auto& [rule, count] : shown.back().at("suppressed").items())
        EXPECT_EQ(listed[rule], count.get<std::uint64_t>()) << rule;
}

TEST_P(DiffOptions, TopIsAPrefixOfTheRanking) {
    const auto all = images(lines({}));
    std::vector<std::pair<std::int64_t, std::string>> ranking;
    for (const auto& [path, image] : all)
        ranking.emplace_back(-image.at("relevance").at("score").get<std::int64_t>(), path);
    std::sort(ranking.begin(), ranking.end());
    for (const std::size_t top : {std::size_t{1}, std::size_t{3}, all.size(), all.size() + 5}) {
        std::set<std::string> want;
        for (std::size_t i = 0; i < std::min(top, ranking.size()); ++i) want.insert(ranking[i].second);
        std::set<std::string> got;
        for (const auto& [path, image] : images(lines({"--top", std::to_string(top)}))) {
            got.insert(path);
            EXPECT_EQ(image, all.at(path));
        }
        EXPECT_EQ(got, want) << top;
    }
    for (const auto& [path, image] : all)
        if (image.at("status") == "updated") {
            EXPECT_GT(image.at("relevance").at("score"), 0) << path;
            EXPECT_FALSE(image.at("relevance").at("reasons").empty()) << path;
        }
}

TEST_P(DiffOptions, OnlyAndSkipDivideTheImages) {
    const auto all = images(lines({}));
    const auto some = lines({"--only", "/usr/lib/*"});
    const auto others = lines({"--skip", "/usr/lib/*"});
    EXPECT_EQ(images(some).size() + images(others).size(), all.size());
    for (const auto& part : {images(some), images(others)})
        for (const auto& [path, image] : part) EXPECT_EQ(image, all.at(path));
    EXPECT_GT(some.back().at("skipped"), 0);
    EXPECT_TRUE(images(lines({"--only", "/nothing/*"})).empty());
}

TEST_P(DiffOptions, SectionsShowOnlyTheseParts) {
    const auto all = images(lines({}));
    const auto parts = lines({"--sections", "symbols,strings"});
    EXPECT_EQ(parts.back().at("updated"), lines({}).back().at("updated")) << "what is shown changes no total";
    for (const auto& [path, image] : images(parts)) {
        for (const auto& [group, change] : image.at("changes").items()) {
            EXPECT_TRUE(group == "symbols" || group == "strings") << group;
            EXPECT_EQ(change, all.at(path).at("changes").at(group));
        }
        EXPECT_EQ(image.at("relevance"), all.at(path).at("relevance"));
    }
    EXPECT_EQ(pair().store.run({"diff", "old", "new", "--sections", "nonsense"}).exit_code, kUsage);
}

TEST_P(DiffOptions, MoreThanTwoAreEachWithTheNext) {
    const auto forth = lines({});
    const auto chain = json_lines_of(pair().store.run({"diff", "old", "new", "old", "--format", "jsonl"}));
    ASSERT_GT(chain.size(), forth.size());
    EXPECT_TRUE(std::equal(forth.begin(), forth.end(), chain.begin())) << "the first diff, as it is by itself";
    EXPECT_EQ(chain.at(forth.size()).at("old").at("name"), "new");
    EXPECT_EQ(chain.back().at("type"), "summary");
    EXPECT_EQ(json_of(pair().store.run({"diff", "old", "new", "old", "--format", "json"})).size(), 2U);
    EXPECT_EQ(pair().store.run({"diff", "old", "old", "old", "--exit-code"}).exit_code, kDone);
    EXPECT_EQ(pair().store.run({"diff", "old", "old", "new", "--exit-code"}).exit_code, kDifferent);
    EXPECT_EQ(pair().store.run({"diff", "old"}).exit_code, kUsage);
}

INSTANTIATE_TEST_SUITE_P(Pairs, DiffOptions, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
