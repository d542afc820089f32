// The table of rules as text and as JSON.
#include "report/rules_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "diff/rules.h"

namespace strata::report {
namespace {

TEST(RulesReport, EveryRuleIsInBothForms) {
    std::istringstream lines(rules_json());
    const std::string text = rules_text();
    size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const auto rule = nlohmann::json::parse(line);
        const auto& info = diff::kRules.at(count);
        EXPECT_EQ(rule.at("name"), info.name);
        EXPECT_EQ(rule.at("default"), info.by_default);
        EXPECT_FALSE(rule.at("matches").get<std::string>().empty());
        EXPECT_FALSE(rule.at("why").get<std::string>().empty());
        EXPECT_FALSE(rule.at("facts").empty());
        EXPECT_NE(text.find(std::string(info.name)), std::string::npos);
    }
    EXPECT_EQ(count, diff::kRules.size());
}

}  // namespace
}  // namespace strata::report
