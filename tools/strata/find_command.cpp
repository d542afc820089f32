#include <memory>

#include "allocator.h"
#include "base/error.h"
#include "options.h"
#include "query/find.h"
#include "query/versions.h"
#include "query_options.h"
#include "report/output.h"
#include "report/query_rows.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

struct FindArguments {
    Common common;
    PatternOptions pattern;
    std::string text;
    std::vector<std::string> areas{"symbols"};
    std::vector<std::string> firmwares;
};

std::vector<strata::query::Area> areas_of(const std::vector<std::string>& names) {
    std::vector<strata::query::Area> areas;
    for (const auto& name : names) {
        const auto area = strata::query::area_of(name);
        if (!area)
            throw strata::base::Error::usage("--in: nothing is called \"" + name + "\" (see strata find --help)");
        areas.push_back(*area);
    }
    return areas;
}

int find(const FindArguments& options) {
    RunStats stats("find");
    const strata::query::Pattern pattern(options.pattern.match(), options.text);
    strata::query::FindOptions find_options;
    find_options.areas = areas_of(options.areas);
    find_options.jobs = options.common.jobs;
    find_options.stop = &stop_flag();
    const strata::base::Stopwatch opening;
    strata::store::Reader reader(store_directory(options.common), strata::query::mode_for(pattern, find_options.areas));
    const auto firmwares = strata::query::firmwares_by_version(reader, options.firmwares);
    stats.stage("open", opening);
    const KeepChunkMemory kept;
    const strata::base::Stopwatch watch;
    strata::report::Output output;
    strata::query::find(reader, firmwares, pattern, find_options, [&](const strata::query::Hit& hit) {
        output.write(options.common.json ? strata::report::hit_json(hit) : strata::report::hit_text(hit));
    });
    output.finish();
    stats.stage("find", watch);
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_find(const Command& program, Run& run) {
    auto options = std::make_shared<FindArguments>();
    const Command command = program.subcommand("find", "Where something is, over all firmwares");
    command.option("PATTERN", options->text, "What to look for").required();
    command
        .option("--in", options->areas,
                "Where to look: any of images, dependencies, sections, symbols, functions, strings, imports, "
                "signature, objc, swift (default: symbols)")
        .comma_separated();
    options->pattern.add_flags(command);
    command.option("--firmware,-F", options->firmwares, "Only these firmwares (default: all)").comma_separated();
    add_jobs_option(command, options->common);
    add_query_options(command, options->common);
    command.footer(
        "Firmwares come in version order, images by path. No hit is no error.\n\n"
        "Examples:\n"
        "  strata find '_OBJC_CLASS_$_NSString'\n"
        "  strata find --regex 'SecKey.*Attest' --in symbols,strings --firmware 26.0,26.1\n"
        "  strata find --glob '*Keychain*' --in functions --json | jq -r .image | sort -u");
    command.runs(run, [options] { return find(*options); });
}

}  // namespace tool
