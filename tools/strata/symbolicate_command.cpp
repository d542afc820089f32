#include <array>
#include <cstdio>
#include <memory>

#include "base/count_text.h"
#include "base/error.h"
#include "options.h"
#include "query/symbolicate.h"
#include "query_options.h"
#include "report/json.h"
#include "report/output.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

struct SymbolicateArguments {
    Common common;
    std::string firmware;
    strata::query::SymbolicateOptions symbolicate;
};

/// Standard input, up to a little more than a report may have.
std::string read_report() {
    std::string text;
    std::array<char, 65536> buffer;
    for (size_t n = 0;
         text.size() <= strata::query::kMostReport && (n = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0;)
        text.append(buffer.data(), n);
    if (std::ferror(stdin) != 0) throw strata::base::Error::io("standard input", "cannot read");
    return text;
}

int symbolicate(const SymbolicateArguments& options) {
    RunStats stats("symbolicate");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmware = reader.firmware(options.firmware);
    const auto result = strata::query::symbolicate(reader, firmware, read_report(), options.symbolicate);
    strata::report::Output output;
    output.write(result.text);
    output.finish();
    if (result.broken_at)
        throw strata::base::Error::input("standard input", *result.broken_at,
                                         "the report is not JSON to its end, and was copied as it is",
                                         "an .ips report: a line of JSON, then one JSON object");
    if (!options.common.quiet)
        std::fprintf(stderr, "strata: %llu of %s without a symbol %s one now\n",
                     static_cast<unsigned long long>(result.resolved),
                     strata::base::count_text(result.frames, "frame").c_str(), result.frames == 1 ? "has" : "have");
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_symbolicate(const Command& program, Run& run) {
    auto options = std::make_shared<SymbolicateArguments>();
    const Command command =
        program.subcommand("symbolicate", "Symbols for a crash report (.ips or .crash) on standard input");
    command.option("FIRMWARE", options->firmware, "The firmware it comes from (strata list shows them)").required();
    command.flag("--demangle", options->symbolicate.demangle, "C++ names as they were written");
    add_common_options(command, options->common);
    command.footer(
        "Images are matched by uuid. Frames that have a symbol, or whose image the firmware does not have, and all\n"
        "else in the report are copied as they are.\n\n"
        "Examples:\n"
        "  strata symbolicate 26.0 < app.ips > app.symbolicated.ips\n"
        "  strata symbolicate 26.0 --demangle < app.crash");
    command.runs(run, [options] { return symbolicate(*options); });
}

}  // namespace tool
