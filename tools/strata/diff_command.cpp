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
#include "report/markdown.h"
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
    std::string format;  ///< empty: text, or markdown with --compat
    std::string compat;
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
    return index_paths({{given}, "", false}, common, stats);
}

bool wants_colour(const strata::report::Output& output) {
    const char* no_colour = std::getenv("NO_COLOR");
    return output.is_terminal() && (no_colour == nullptr || *no_colour == '\0');
}

constexpr const char* kFolder = "markdown-dir";

std::string format_of(const Options& options) {
    if (!options.format.empty()) return options.format;
    return options.compat.empty() ? "text" : "markdown";
}

/// Options that need or exclude each other, before anything is read.
void check(const Options& options) {
    if (options.firmwares.size() < 2) throw Error::usage("diff needs two firmwares or more");
    const std::string format = format_of(options);
    if (format == kFolder && options.output.empty())
        throw Error::usage("--format markdown-dir writes a folder: name it with --output DIR");
    if (options.firmwares.size() > 2 && (format == kFolder || format == "html"))
        throw Error::usage("--format " + format + " shows two firmwares: write one report for each pair");
    if (options.compat.empty()) return;
    if (format != "markdown" && format != kFolder && format != "json")
        throw Error::usage("--compat ipsw goes with --format markdown, markdown-dir or json");
    if (options.firmwares.size() > 2 && format == "json")
        throw Error::usage("--compat ipsw --format json shows two firmwares: write one report for each pair");
}

std::unique_ptr<strata::report::DiffReport> make_report(const Options& options, strata::store::Reader& reader,
                                                        bool colour) {
    namespace report = strata::report;
    const std::string format = format_of(options);
    const auto body = [&] {
        return options.compat.empty() ? report::own_markdown_body() : report::ipsw_markdown_body(reader);
    };
    if (format == "markdown") return report::make_markdown_report(body());
    if (format == kFolder) return report::make_markdown_folder_report(options.output, body());
    if (format == "html") return report::make_html_report();
    if (format == "json" && !options.compat.empty()) return report::make_ipsw_json_report(body());
    if (format == "json") return report::make_json_report();
    if (format == "jsonl") return report::make_jsonl_report();
    return report::make_text_report(colour);
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
    result.find_moves = !options.no_moves && options.compat.empty();  // ipsw finds none
    return result;
}

/// True when any two neighbours differ.
bool write_diffs(const Options& options, strata::diff::DiffOptions diff_options, const std::vector<Firmware>& firmwares,
                 RunStats& stats) {
    const strata::base::Stopwatch watch;
    strata::store::Reader reader(store_directory(options.common));
    std::optional<strata::report::Output> output;
    if (options.output.empty() || format_of(options) == kFolder) {
        output.emplace();
    } else {
        output.emplace(options.output);
    }
    const auto make = [&] { return make_report(options, reader, wants_colour(*output)); };
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
    check(options);
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
    command
        ->add_option("--format,-f", options->format,
                     "text (default), json (one document), jsonl (one object a line), markdown (one document), "
                     "markdown-dir (a folder: README and one file an image) or html (one self-contained page)")
        ->check(CLI::IsMember({"text", "json", "jsonl", "markdown", kFolder, "html"}));
    command
        ->add_option("--compat", options->compat,
                     "ipsw: list and print what `ipsw diff` would (markdown, markdown-dir or json)")
        ->check(CLI::IsMember({"ipsw"}));
    command->add_option("--output,-o", options->output,
                        "Write the report to this file (markdown-dir: folder) instead of standard output");
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
        "  strata diff 26.0 26.0.1 --format html --output diff.html\n"
        "  strata diff 26.0 26.0.1 --format markdown-dir --output 26_0_to_26_0_1\n"
        "  strata diff 26.0 26.0.1 --compat ipsw --output DYLIBS.md\n"
        "  strata diff 26.0 26.0.1 --exit-code > /dev/null || echo changed");
    command->callback([options, &run] { run = [options] { return diff(*options); }; });
}

}  // namespace tool
