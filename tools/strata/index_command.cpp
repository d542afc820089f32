#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/count_text.h"
#include "base/error.h"
#include "base/text.h"
#include "indexing.h"
#include "options.h"
#include "report/facts_json.h"
#include "report/json.h"

namespace tool {
namespace {

struct IndexArguments {
    Common common;
    std::vector<std::string> sources;
    std::string name;
    bool extend = false;
};

/// Names are typed on command lines and may be told apart from paths.
void check_name(const std::string& name) {
    if (name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        throw strata::base::Error::usage("a firmware name holds no '/': " + name);
}

int index_sources(const IndexArguments& options) {
    check_name(options.name);
    if (options.name.empty() && options.extend)
        throw strata::base::Error::usage("--extend needs --name: which firmware to add to");
    if (options.name.empty() && options.sources.size() > 1)
        throw strata::base::Error::usage("several sources make one firmware: give it a --name");
    RunStats stats("index");
    stop_flag();  // from here on Ctrl-C asks instead of killing
    const auto firmware = index_paths({{options.sources.begin(), options.sources.end()}, options.name, options.extend},
                                      options.common, stats);
    const int code = report_failures(firmware, options.common);
    if (options.common.json) {
        strata::report::JsonWriter json;
        json.begin_object();
        strata::report::write_firmware_fields(json, firmware);
        json.end_object();
        std::printf("%s\n", json.drain().c_str());
    } else if (!options.common.quiet) {
        std::printf("%s: %s\n", strata::base::terminal_safe(firmware.name).c_str(),
                    strata::base::count_text(firmware.images, "image").c_str());
    }
    if (options.common.stats) stats.print();
    return code;
}

}  // namespace

void add_index(const Command& program, Run& run) {
    auto options = std::make_shared<IndexArguments>();
    const Command command = program.subcommand("index", "Read every image of a firmware once and keep its facts");
    command
        .option("SOURCE", options->sources,
                "A shared cache (its main file, any of its sub-caches, or its directory), a directory tree, a Mach-O "
                "file or a static archive; several make one firmware")
        .required();
    command.option("--name", options->name,
                   "Name of the firmware (default: made of platform, version, architecture and uuid)");
    command.flag("--extend", options->extend, "Add the sources to the firmware that --name says");
    command.option("--jobs,-j", options->common.jobs, "Threads (default: all cores); the result does not depend on it")
        .range(1, 1024);
    command.flag("--json", options->common.json, "Print the firmware as JSON");
    add_common_options(command, options->common);
    command.footer(
        "An interrupted run goes on where it stopped when the same command is given again.\n\n"
        "Examples:\n"
        "  strata index /System/Library/dyld/dyld_shared_cache_arm64e --name 26.0\n"
        "  strata index extracted/22A3354/ --name 26.0.1 --jobs 4\n"
        "  strata index cache/dyld_shared_cache_arm64e root/ --name 26.0.2\n"
        "  strata index --name 26.0.2 --extend apps/");
    command.runs(run, [options] { return index_sources(*options); });
}

}  // namespace tool
