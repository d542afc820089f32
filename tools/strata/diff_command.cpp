#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

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
    std::string before;
    std::string after;
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

strata::diff::DiffSummary write_diff(const Options& options, const Firmware& before, const Firmware& after,
                                     RunStats& stats) {
    const strata::base::Stopwatch watch;
    strata::store::Reader reader(store_directory(options.common));
    std::optional<strata::report::Output> output;
    if (options.output.empty()) {
        output.emplace();
    } else {
        output.emplace(options.output);
    }
    const auto report = make_report(options, *output);
    // On a terminal the report itself is the progress.
    Progress progress("comparing", options.common.quiet || output->is_terminal());
    strata::diff::DiffOptions diff_options;
    diff_options.jobs = options.common.jobs;
    diff_options.stop = &stop_flag();
    diff_options.progress = [&](uint64_t done, uint64_t total) { progress.update(done, std::max(done, total), 0); };
    const auto summary = strata::report::write_diff(reader, before, after, diff_options, *report,
                                                    [&](std::string_view text) { output->write(text); });
    progress.clear();
    output->finish();
    stats.stage("diff", watch);
    stats.add(reader.counters());
    return summary;
}

int diff(const Options& options) {
    RunStats stats("diff");
    stop_flag();  // from here on Ctrl-C asks instead of killing
    const Firmware before = resolve(options.before, options.common, stats);
    const Firmware after = resolve(options.after, options.common, stats);
    const auto summary = write_diff(options, before, after, stats);
    int code = kDone;
    for (const auto* firmware : {&before, &after}) code = std::max(code, report_failures(*firmware, options.common));
    if (options.common.stats) stats.print();
    if (code != kDone) return code;
    return options.exit_code && summary.has_differences() ? kDifferences : kDone;
}

}  // namespace

void add_diff(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("diff", "What changed between two firmwares");
    command->add_option("OLD", options->before, "A firmware name, or a path (which is indexed first)")->required();
    command->add_option("NEW", options->after, "The same, for the newer one")->required();
    command->add_option("--format,-f", options->format, "text, json (one document) or jsonl (one object a line)")
        ->check(CLI::IsMember({"text", "json", "jsonl"}))
        ->capture_default_str();
    command->add_option("--output,-o", options->output, "Write the report to this file instead of standard output");
    command->add_flag("--exit-code", options->exit_code, "Exit with 1 when there are differences");
    command
        ->add_option("--jobs,-j", options->common.jobs,
                     "Threads (default: all cores); the output does not depend on it")
        ->check(CLI::Range(1, 1024));
    add_common_options(*command, options->common);
    command->footer(
        "Statuses: added, removed, updated, rebuilt (only uuid, versions or addresses differ), failed; unchanged "
        "images are counted.\n\n"
        "Examples:\n"
        "  strata diff old/dyld_shared_cache_arm64e new/dyld_shared_cache_arm64e\n"
        "  strata diff 26.0 26.0.1 --format jsonl | jq -r 'select(.status==\"updated\").path'\n"
        "  strata diff 26.0 26.0.1 --exit-code > /dev/null || echo changed");
    command->callback([options, &run] { run = [options] { return diff(*options); }; });
}

}  // namespace tool
