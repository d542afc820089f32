#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "options.h"
#include "progress.h"
#include "report/json.h"
#include "run_stats.h"
#include "store/maintenance.h"
#include "store/writer.h"

namespace tool {
namespace {

struct RemoveArguments {
    Common common;
    std::string firmware;
    bool keep_columns = false;
};

void remove_from(const std::filesystem::path& store, const std::string& name) {
    strata::store::Writer writer(store);
    const auto firmware = writer.find(name);
    if (!firmware)
        throw strata::base::Error::usage("no firmware named \"" + name + "\" in " + store.string() +
                                         " (strata list shows them)");
    writer.remove_firmware(*firmware);
    writer.flush();
}

std::string result_json(const std::string& firmware, const std::optional<strata::store::CollectResult>& dropped) {
    strata::report::JsonWriter json;
    json.begin_object().field("removed", firmware);
    if (dropped)
        json.field("columns", dropped->columns_dropped)
            .field("bytes_before", dropped->bytes_before)
            .field("bytes_after", dropped->bytes_after);
    json.end_object();
    return json.drain() + "\n";
}

int remove_firmware(const RemoveArguments& options) {
    RunStats stats("remove");
    const auto store = store_directory(options.common);
    if (!strata::store::store_exists(store)) throw strata::base::Error::usage("no store at " + store.string());
    remove_from(store, options.firmware);
    Progress progress("removing", "columns", options.common.quiet);
    std::optional<strata::store::CollectResult> dropped;
    if (!options.keep_columns) {
        progress.say("dropping columns that no firmware refers to any more");
        dropped = strata::store::collect_garbage(store);
    }
    progress.clear();
    if (options.common.json)
        std::printf("%s", result_json(options.firmware, dropped).c_str());
    else if (!options.common.quiet)
        std::printf("removed %s\n", strata::base::terminal_safe(options.firmware).c_str());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_remove(const Command& program, Run& run) {
    auto options = std::make_shared<RemoveArguments>();
    const Command command = program.subcommand("remove", "Take a firmware out of the store");
    command.option("FIRMWARE", options->firmware, "A firmware name (strata list shows them)").required();
    command.flag("--keep-columns", options->keep_columns, "Leave the space to a later strata gc");
    command.flag("--json", options->common.json, "Print the result as one JSON object");
    add_common_options(command, options->common);
    command.footer("What other firmwares share stays.\n\nExample:\n  strata remove 26.0-beta1");
    command.runs(run, [options] { return remove_firmware(*options); });
}

}  // namespace tool
