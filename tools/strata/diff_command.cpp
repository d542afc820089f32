#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "diff/firmware_diff.h"
#include "indexing.h"
#include "options.h"
#include "progress.h"
#include "report/output.h"
#include "report/write_diff.h"
#include "store/reader.h"

namespace tool {
namespace {

using strata::base::Error;
using strata::record::Firmware;

struct Options {
    Common common;
    std::vector<std::string> firmwares;
    std::string rules;
    bool no_rules = false;
    bool show_suppressed = false;
    bool no_moves = false;
    uint64_t top = 0;
    strata::diff::PathFilter paths;
    std::string sections;
    std::string format = "text";
    std::string output;
    bool exit_code = false;
};

/// A name in the store, or else a path that is indexed first.
Firmware resolve(const std::string& given, const Common& common, RunStats& stats) {
    const auto store = store_directory(common);
    if (strata::store::store_exists(store)) {
        strata::store::Reader reader(store);
        if (auto firmware = reader.find(given)) return *firmware;
    }
    std::error_code error;
    if (!std::filesystem::exists(given, error))
        throw Error::usage("\"" + given + "\" is neither a firmware in " + store.string() +
                           " (strata list shows them) nor a path");
    return index_path(given, "", common, stats);
}

bool wants_colour(const strata::report::Output& output) {
    const char* no_colour = std::getenv("NO_COLOR");
    return output.is_terminal() && (no_colour == nullptr || *no_colour == '\0');
}

std::unique_ptr<strata::report::DiffReport> make_report(const Options& options, const strata::report::Output& output) {
    if (options.format == "json") return strata::report::make_json_report();
    if (options.format == "jsonl") return strata::report::make_jsonl_report();
    return strata::report::make_text_report(wants_colour(output));
}

strata::diff::DiffOptions diff_options(const Options& options) {
    using strata::diff::RuleSet;
    strata::diff::DiffOptions result;
    result.jobs = options.common.jobs;
    result.stop = &stop_flag();
    result.comparison.rules = (options.no_rules ? RuleSet::none() : RuleSet::defaults()).switched(options.rules);
    result.comparison.keep_left_out = options.show_suppressed;
    result.paths = options.paths;
    if (!options.sections.empty()) result.parts = strata::diff::PartFilter(options.sections);
    result.find_moves = !options.no_moves;
    return result;
}

/// True when any two neighbours differ.
bool write_diffs(const Options& options, strata::diff::DiffOptions diff_options, const std::vector<Firmware>& firmwares,
                 RunStats& stats) {
    const strata::base::Stopwatch watch;
    strata::store::Reader reader(store_directory(options.common));
    std::optional<strata::report::Output> output;
    if (options.output.empty()) {
        output.emplace();
    } else {
        output.emplace(options.output);
    }
    const auto make = [&] { return make_report(options, *output); };
    const auto write = [&](std::string_view text) { output->write(text); };
    // On a terminal the report itself is the progress.
    Progress progress("comparing", options.common.quiet || output->is_terminal());
    diff_options.progress = [&](uint64_t done, uint64_t total) { progress.update(done, std::max(done, total), 0); };
    bool differ = false;
    if (firmwares.size() == 2) {
        const auto report = make();
        differ =
            strata::report::write_diff(reader, firmwares[0], firmwares[1], diff_options, *report, write, options.top)
                .has_differences();
    } else {
        differ = strata::report::write_diff_chain(reader, firmwares, diff_options, make, write, options.top);
    }
    progress.clear();
    output->finish();
    stats.stage("diff", watch);
    stats.add(reader.counters());
    return differ;
}

int diff(const Options& options) {
    RunStats stats("diff");
    if (options.firmwares.size() < 2) throw Error::usage("diff needs two firmwares or more");
    const auto how = diff_options(options);  // wrong rules are told before anything is indexed
    stop_flag();                             // from here on Ctrl-C asks instead of killing
    std::vector<Firmware> firmwares;
    for (const auto& given : options.firmwares) firmwares.push_back(resolve(given, options.common, stats));
    const bool differ = write_diffs(options, how, firmwares, stats);
    int code = kDone;
    for (const auto& firmware : firmwares) code = std::max(code, report_failures(firmware, options.common));
    if (options.common.stats) stats.print();
    if (code != kDone) return code;
    return options.exit_code && differ ? kDifferences : kDone;
}

void add_filters(CLI::App& command, Options& options) {
    command.add_option("--rule", options.rules, "Switch noise rules: +NAME,-NAME (strata rules shows them)");
    command.add_flag("--no-rules", options.no_rules, "No noise rule but those that --rule switches on");
    command.add_flag("--show-suppressed", options.show_suppressed, "List what the noise rules left out");
    command.add_option("--top", options.top, "Show only the N most relevant images; the totals count all")
        ->type_name("N")
        ->check(CLI::Range(uint64_t{1}, uint64_t{UINT32_MAX}));
    command.add_option("--only", options.paths.only, "Compare only images whose path matches (* matches / too)")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    command.add_option("--skip", options.paths.skip, "Leave out images whose path matches")
        ->type_name("GLOB")
        ->allow_extra_args(false);
    command
        .add_option(
            "--sections", options.sections,
            "Show only these parts: header, sections, dependencies, load-commands, symbols, functions, strings, "
            "imports, signature, data, objc, swift, or SEGMENT.SECTION (with * and ?)")
        ->type_name("LIST");
    command.add_flag("--no-moves", options.no_moves, "Show a moved image as removed and added");
}

}  // namespace

void add_diff(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("diff", "What changed between two firmwares");
    command
        ->add_option("FIRMWARES", options->firmwares,
                     "OLD NEW, or more: each with the next. Names, or paths (which are indexed first)")
        ->required()
        ->expected(2, 1000);
    command->add_option("--format,-f", options->format, "text, json (one document) or jsonl (one object a line)")
        ->check(CLI::IsMember({"text", "json", "jsonl"}))
        ->capture_default_str();
    command->add_option("--output,-o", options->output, "Write the report to this file instead of standard output");
    command->add_flag("--exit-code", options->exit_code, "Exit with 1 when there are differences");
    command
        ->add_option("--jobs,-j", options->common.jobs,
                     "Threads (default: all cores); the output does not depend on it")
        ->check(CLI::Range(1, 1024));
    add_filters(*command, *options);
    add_common_options(*command, options->common);
    command->footer(
        "Statuses: added, removed, moved, updated, rebuilt (only uuid, versions or addresses differ), failed; "
        "unchanged "
        "images are counted.\n\n"
        "Examples:\n"
        "  strata diff old/dyld_shared_cache_arm64e new/dyld_shared_cache_arm64e\n"
        "  strata diff 26.0 26.0.1 --format jsonl | jq -r 'select(.status==\"updated\").path'\n"
        "  strata diff 26.0 26.0.1 26.1 --top 25 --only '/System/Library/Frameworks/*'\n"
        "  strata diff 26.0 26.0.1 --rule -counters --show-suppressed --sections symbols,strings\n"
        "  strata diff 26.0 26.0.1 --exit-code > /dev/null || echo changed");
    command->callback([options, &run] { run = [options] { return diff(*options); }; });
}

}  // namespace tool
