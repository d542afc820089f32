#include <memory>

#include "base/text.h"
#include "options.h"
#include "report/facts_json.h"
#include "report/output.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

struct ImagesArguments {
    Common common;
    std::string firmware;
};

std::string text_line(std::string_view path, const strata::record::Head& head) {
    using strata::base::terminal_safe;
    if (head.failure) return terminal_safe(path) + "\tfailed: " + terminal_safe(head.failure->message);
    const std::string uuid = strata::base::uuid_text(head.uuid);
    const std::string version = head.source_version ? strata::base::source_version_text(*head.source_version) : "-";
    return terminal_safe(path) + "\t" + (uuid.empty() ? "-" : uuid) + "\t" + version;
}

int images(const ImagesArguments& options) {
    RunStats stats("images");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmware = reader.firmware(options.firmware);
    strata::report::Output output;
    const auto heads = reader.heads(firmware.id);
    for (; heads->valid(); heads->next()) {
        const auto head = heads->head();
        output.write(
            (options.common.json ? strata::report::image_line(heads->path(), head) : text_line(heads->path(), head)) +
            "\n");
    }
    heads->check();
    output.finish();
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_images(const Command& program, Run& run) {
    auto options = std::make_shared<ImagesArguments>();
    const Command command = program.subcommand("images", "The images of a firmware, by path");
    command.option("FIRMWARE", options->firmware, "A firmware name (strata list shows them)").required();
    command.flag("--json", options->common.json, "One JSON object a line");
    add_common_options(command, options->common);
    command.footer(
        "Examples:\n  strata images 26.0\n  strata images 26.0 --json | jq -r 'select(.symbols > 100000).path'");
    command.runs(run, [options] { return images(*options); });
}

}  // namespace tool
