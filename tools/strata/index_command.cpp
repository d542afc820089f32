#include <cstdio>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "indexing.h"
#include "options.h"
#include "report/facts_json.h"
#include "report/json.h"

namespace tool {
namespace {

struct Options {
    Common common;
    std::string source;
    std::string name;
};

/// Names are typed on command lines and may be told apart from paths.
void check_name(const std::string& name) {
    if (name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
        throw strata::base::Error::usage("a firmware name holds no '/': " + name);
}

int index_source(const Options& options) {
    check_name(options.name);
    RunStats stats("index");
    stop_flag();  // from here on Ctrl-C asks instead of killing
    const auto firmware = index_path(options.source, options.name, options.common, stats);
    const int code = report_failures(firmware, options.common);
    if (options.common.json) {
        strata::report::JsonWriter json;
        json.begin_object();
        strata::report::write_firmware_fields(json, firmware);
        json.end_object();
        std::printf("%s\n", json.drain().c_str());
    } else if (!options.common.quiet) {
        std::printf("%s: %llu images\n", strata::base::terminal_safe(firmware.name).c_str(),
                    static_cast<unsigned long long>(firmware.images));
    }
    if (options.common.stats) stats.print();
    return code;
}

}  // namespace

void add_index(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("index", "Read every image of a dyld shared cache once and keep its facts");
    command
        ->add_option("SOURCE", options->source,
                     "A cache's main file, any of its sub-caches, or the directory that holds it")
        ->required();
    command->add_option("--name", options->name,
                        "Name of the firmware (default: made of platform, version, architecture and uuid)");
    command
        ->add_option("--jobs,-j", options->common.jobs,
                     "Threads (default: all cores); the result does not depend on it")
        ->check(CLI::Range(1, 1024));
    command->add_flag("--json", options->common.json, "Print the firmware as JSON");
    add_common_options(*command, options->common);
    command->footer(
        "An interrupted run goes on where it stopped when the same command is given again.\n\n"
        "Examples:\n"
        "  strata index /System/Library/dyld/dyld_shared_cache_arm64e --name 26.0\n"
        "  strata index extracted/22A3354/ --name 26.0.1 --jobs 4");
    command->callback([options, &run] { run = [options] { return index_source(*options); }; });
}

}  // namespace tool
