#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "diff/firmware_diff.h"
#include "indexing.h"
#include "options.h"
#include "pager.h"
#include "progress.h"
#include "report/markdown.h"
#include "report/output.h"
#include "report/spool.h"
#include "report/write_diff.h"
#include "store/reader.h"
#include "terminal.h"

namespace tool {
namespace {

using strata::base::Error;
using strata::record::Firmware;

struct DiffArguments {
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
    std::string colour = "auto";
    std::optional<size_t> width;
    bool no_pager = false;
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

constexpr const char* kFolder = "markdown-dir";
constexpr size_t kLeastWidth = 40;

std::string format_of(const DiffArguments& options) {
    if (!options.format.empty()) return options.format;
    return options.compat.empty() ? "text" : "markdown";
}

/// DiffArguments that need or exclude each other, before anything is read.
void check(const DiffArguments& options) {
    if (options.firmwares.size() < 2) throw Error::usage("diff needs two firmwares or more");
    const std::string format = format_of(options);
    if (options.width.value_or(0) != 0 && *options.width < kLeastWidth)
        throw Error::usage("--width takes " + std::to_string(kLeastWidth) +
                           " columns or more; 0: lines are not folded");
    if (format == kFolder && (options.output.empty() || options.output == "-"))
        throw Error::usage("--format markdown-dir writes a folder: name it with --output DIR");
    if (format == kFolder) strata::report::check_report_folder(options.output);
    if (options.firmwares.size() > 2 && (format == kFolder || format == "html"))
        throw Error::usage("--format " + format + " shows two firmwares: write one report for each pair");
    if (options.compat.empty()) return;
    if (format != "markdown" && format != kFolder && format != "json")
        throw Error::usage("--compat ipsw goes with --format markdown, markdown-dir or json");
    if (options.firmwares.size() > 2 && format == "json")
        throw Error::usage("--compat ipsw --format json shows two firmwares: write one report for each pair");
}

std::unique_ptr<strata::report::DiffReport> make_report(const DiffArguments& options, strata::store::Reader& reader,
                                                        bool is_terminal) {
    namespace report = strata::report;
    const std::string format = format_of(options);
    const auto body = [&] {
        return options.compat.empty() ? report::own_markdown_body() : report::ipsw_markdown_body(reader);
    };
    const auto parts = [&] { return report::part_by_layout(reader); };
    if (format == "markdown") return report::make_markdown_report(body(), parts());
    if (format == kFolder) return report::make_markdown_folder_report(options.output, body(), parts());
    if (format == "html") return report::make_html_report();
    if (format == "json" && !options.compat.empty()) return report::make_ipsw_json_report(body(), parts());
    if (format == "json") return report::make_json_report();
    if (format == "jsonl") return report::make_jsonl_report();
    return report::make_text_report(
        {wants_colour(options.colour, is_terminal),
         options.width.value_or(is_terminal ? std::max(kLeastWidth, terminal_width(STDOUT_FILENO)) : 0)});
}

strata::diff::DiffOptions diff_options(const DiffArguments& options) {
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

/// Formats that people read, and that come when all is compared: leaving the pager early stops no work.
bool is_paged(const DiffArguments& options) {
    const std::string format = format_of(options);
    return format == "text" || format == "markdown";
}

/// True when any two neighbours differ.
bool write_diffs(const DiffArguments& options, strata::diff::DiffOptions diff_options,
                 const std::vector<Firmware>& firmwares, strata::report::Output& output, RunStats& stats) {
    const strata::base::Stopwatch watch;
    strata::store::Reader reader(store_directory(options.common));
    const bool is_terminal = output.is_terminal();
    const bool to_stdout = options.output.empty() || options.output == "-";
    const auto make = [&] { return make_report(options, reader, is_terminal); };
    Progress progress("comparing", "images", options.common.quiet);
    Pager pager;
    const auto write = [&](std::string_view text) {
        if (text.empty()) return;
        if (is_terminal) {
            progress.stop();  // the report has the screen from here on
            if (to_stdout && !options.no_pager && is_paged(options)) pager.start();
        }
        try {
            output.write(text);
        } catch (const Error&) {
            if (!pager.running()) throw;  // else its user has seen enough
        }
    };
    diff_options.progress = [&](uint64_t done, uint64_t total) { progress.update(done, std::max(done, total)); };
    bool differ = false;
    if (firmwares.size() == 2) {
        const auto report = make();
        differ =
            strata::report::write_diff(reader, firmwares[0], firmwares[1], diff_options, *report, write, options.top)
                .has_differences();
    } else if (is_terminal && is_paged(options)) {
        // A pager takes Ctrl-C: it must not start while there is work to stop.
        strata::report::Spool aside;
        const auto put_aside = [&](std::string_view text) { aside.append(text); };
        differ = strata::report::write_diff_chain(reader, firmwares, diff_options, make, put_aside, options.top);
        aside.copy_to(write);
    } else {
        differ = strata::report::write_diff_chain(reader, firmwares, diff_options, make, write, options.top);
    }
    progress.clear();
    pager.wait();
    output.finish();
    stats.stage("diff", watch);
    stats.add(reader.counters());
    return differ;
}

int diff(const DiffArguments& options) {
    RunStats stats("diff");
    check(options);
    const auto how = diff_options(options);  // wrong rules are told before anything is indexed
    stop_flag();                             // from here on Ctrl-C asks instead of killing
    // An output that cannot be written is told before anything is indexed, too.
    const bool to_file = !options.output.empty() && format_of(options) != kFolder;
    strata::report::Output output(to_file ? options.output : "-");
    std::vector<Firmware> firmwares;
    for (const auto& given : options.firmwares) firmwares.push_back(resolve(given, options.common, stats));
    const bool differ = write_diffs(options, how, firmwares, output, stats);
    int code = kDone;
    for (const auto& firmware : firmwares) code = std::max(code, report_failures(firmware, options.common));
    if (options.common.stats) stats.print();
    if (code != kDone) return code;
    return options.exit_code && differ ? kDifferences : kDone;
}

void add_filters(const Command& command, DiffArguments& options) {
    command.option("--rule", options.rules, "Switch noise rules: +NAME,-NAME (strata rules shows them)")
        .type_name("SWITCHES");
    command.flag("--no-rules", options.no_rules, "No noise rule but those that --rule switches on");
    command.flag("--show-suppressed", options.show_suppressed, "List what the noise rules left out");
    command.option("--top", options.top, "Show only the N most relevant images; the totals count all")
        .type_name("N")
        .range(1, UINT32_MAX);
    command.option("--only", options.paths.only, "Compare only images whose path matches (* matches / too)")
        .type_name("GLOB")
        .one_value();
    command.option("--skip", options.paths.skip, "Leave out images whose path matches").type_name("GLOB").one_value();
    command
        .option("--sections", options.sections,
                "Show only these parts: header, sections, dependencies, load-commands, symbols, functions, strings, "
                "imports, signature, data, objc, swift, or SEGMENT.SECTION (with * and ?)")
        .type_name("LIST");
    command.flag("--no-moves", options.no_moves, "Show a moved image as removed and added");
}

}  // namespace

void add_diff(const Command& program, Run& run) {
    auto options = std::make_shared<DiffArguments>();
    const Command command = program.subcommand("diff", "What changed between two firmwares");
    command
        .option("FIRMWARES", options->firmwares,
                "OLD NEW, or more: each with the next. Names, or paths (which are indexed first)")
        .required()
        .expected(2, 1000);
    command
        .option("--format,-f", options->format,
                "Form of the report (default: text): json is one document, jsonl one object a line, markdown one "
                "document, markdown-dir a folder with a README and one file an image, html one self-contained page")
        .one_of({"text", "json", "jsonl", "markdown", kFolder, "html"});
    command
        .option("--compat", options->compat,
                "ipsw: list and print what `ipsw diff` would (markdown, markdown-dir or json)")
        .one_of({"ipsw"});
    command.option("--output,-o", options->output,
                   "Write the report to this file (markdown-dir: folder) instead of standard output (-)");
    command
        .option("--color,--colour", options->colour,
                "Colours of the text report: auto (on a terminal, unless $NO_COLOR is set), always, never")
        .one_of({"auto", "always", "never"});
    command
        .option("--width", options->width,
                "Fold lines of the text report at N columns; 0: never (default: as wide as the terminal; never "
                "in files and pipes)")
        .type_name("N")
        .range(0, 10000);
    command.flag("--no-pager", options->no_pager,
                 "Do not show the report through $STRATA_PAGER, $PAGER or less (only done on a terminal)");
    command.flag("--exit-code", options->exit_code, "Exit with 1 when there are differences");
    command.option("--jobs,-j", options->common.jobs, "Threads (default: all cores); the output does not depend on it")
        .range(1, 1024);
    add_filters(command, *options);
    add_common_options(command, options->common);
    command.footer(
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
    command.runs(run, [options] { return diff(*options); });
}

}  // namespace tool
