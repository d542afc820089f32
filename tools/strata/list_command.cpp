#include <cstdio>
#include <memory>

#include "base/count_text.h"
#include "base/text.h"
#include "macho/names.h"
#include "options.h"
#include "report/facts_json.h"
#include "report/json.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

void print_line(const strata::record::Firmware& firmware) {
    const std::string platform = strata::macho::platform_name(firmware.platform);
    const std::string version = firmware.os_version == 0 ? "" : " " + strata::base::version_text(firmware.os_version);
    std::string line = strata::base::terminal_safe(firmware.name) + "\t" + strata::base::terminal_safe(firmware.arch) +
                       "\t" + platform + version + "\t" + strata::base::count_text(firmware.images, "image");
    if (firmware.failed != 0) line += ", " + std::to_string(firmware.failed) + " failed";
    if (!firmware.complete) line += ", not finished";
    std::printf("%s\n", line.c_str());
}

int list(const Common& common) {
    RunStats stats("list");
    const auto store = store_directory(common);
    // Nothing indexed yet is an empty list, not an error; a place that is no directory is one.
    if (!std::filesystem::exists(store)) {
        if (!common.quiet)
            std::fprintf(stderr, "strata: no store at %s yet: index a firmware first (strata index SOURCE)\n",
                         store.c_str());
        return kDone;
    }
    strata::store::Reader reader(store);
    for (const auto& firmware : reader.firmwares()) {
        if (!common.json) {
            print_line(firmware);
            continue;
        }
        strata::report::JsonWriter json;
        json.begin_object();
        strata::report::write_firmware_fields(json, firmware);
        json.end_object();
        std::printf("%s\n", json.drain().c_str());
    }
    if (common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_list(const Command& program, Run& run) {
    auto common = std::make_shared<Common>();
    const Command command = program.subcommand("list", "The firmwares in the store");
    command.flag("--json", common->json, "One JSON object a line");
    add_common_options(command, *common);
    command.footer("Example:\n  strata list --json | jq -r .name");
    command.runs(run, [common] { return list(*common); });
}

}  // namespace tool
