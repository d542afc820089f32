#include "report/rules_report.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "diff/rules.h"
#include "report/json.h"

namespace strata::report {
namespace {

/// On which facts a rule works: "symbols", "strings", ...
std::vector<std::string_view> facts_of(const diff::RuleInfo& info) {
    static constexpr std::array<std::pair<diff::RuleFacts, std::string_view>, 5> kNames{
        {{diff::kOnSymbols, "symbols"},
         {diff::kOnStrings, "strings"},
         {diff::kOnFunctions, "functions"},
         {diff::kOnFacts, "facts"},
         {diff::kOnSections, "sections"}}};
    std::vector<std::string_view> names;
    for (const auto& [bit, name] : kNames)
        if ((info.facts & bit) != 0) names.push_back(name);
    return names;
}

}  // namespace

std::string rules_json() {
    std::string lines;
    for (const auto& info : diff::kRules) {
        JsonWriter json;
        json.begin_object().field("name", info.name).field("matches", info.matches).key("facts").begin_array();
        for (const auto name : facts_of(info)) json.text(name);
        json.end_array().key("default").boolean(info.by_default).field("why", info.why).end_object();
        lines += json.drain() + "\n";
    }
    return lines;
}

std::string rules_text() {
    std::string text;
    for (const auto& info : diff::kRules) {
        std::string facts;
        for (const auto name : facts_of(info)) facts += (facts.empty() ? "" : ", ") + std::string(name);
        text += std::string(info.name) + (info.by_default ? "" : "  (off unless asked for)") + "\n";
        text += "  matches  " + std::string(info.matches) + "\n  in       " + facts + "\n  why      " + info.why + "\n";
    }
    return text;
}

}  // namespace strata::report
