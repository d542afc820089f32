#include <cstdio>
#include <memory>
#include <string>

#include "options.h"
#include "report/rules_report.h"
#include "run_stats.h"

namespace tool {

void add_rules(const Command& program, Run& run) {
    auto common = std::make_shared<Common>();
    const Command command = program.subcommand("rules", "The noise rules that diffs know, and which are on by default");
    command.flag("--json", common->json, "One object a line");
    add_common_options(command, *common);
    command.footer(
        "A rule takes a fact out of a diff when the other side has the same fact without its noise. Every diff says "
        "how "
        "many facts each rule took out; diff --show-suppressed lists them.\n\n"
        "Examples:\n"
        "  strata rules\n"
        "  strata diff 26.0 26.0.1 --rule +timestamps,-blocks\n"
        "  strata diff 26.0 26.0.1 --no-rules");
    command.runs(run, [common] {
        RunStats stats("rules");
        const std::string text = common->json ? strata::report::rules_json() : strata::report::rules_text();
        std::fwrite(text.data(), 1, text.size(), stdout);
        if (common->stats) stats.print();
        return kDone;
    });
}

}  // namespace tool
