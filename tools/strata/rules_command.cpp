#include <cstdio>
#include <memory>
#include <string>

#include "options.h"
#include "report/rules_report.h"

namespace tool {

void add_rules(CLI::App& app, Run& run) {
    auto json = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("rules", "The noise rules that diffs know, and which are on by default");
    command->add_flag("--json", *json, "One object a line");
    command->footer(
        "A rule takes a fact out of a diff when the other side has the same fact without its noise. Every diff says "
        "how "
        "many facts each rule took out; diff --show-suppressed lists them.\n\n"
        "Examples:\n"
        "  strata rules\n"
        "  strata diff 26.0 26.0.1 --rule +timestamps,-blocks\n"
        "  strata diff 26.0 26.0.1 --no-rules");
    command->callback([json, &run] {
        run = [json] {
            const std::string text = *json ? strata::report::rules_json() : strata::report::rules_text();
            std::fwrite(text.data(), 1, text.size(), stdout);
            return kDone;
        };
    });
}

}  // namespace tool
