#include <cstdio>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "diff/functions_of.h"
#include "macho/names.h"
#include "options.h"
#include "query/image_name.h"
#include "record/layout.h"
#include "report/facts_json.h"
#include "report/json.h"
#include "report/output.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

using strata::base::terminal_safe;
using strata::record::ColumnKind;
using strata::record::Firmware;
using strata::record::Head;

struct ShowArguments {
    Common common;
    std::string firmware;
    std::string image;
};

std::string firmware_json(const Firmware& firmware) {
    strata::report::JsonWriter json;
    json.begin_object();
    strata::report::write_firmware_fields(json, firmware);
    json.end_object();
    return json.drain() + "\n";
}

std::string line(const char* label, const std::string& value) {
    if (value.empty()) return {};
    std::string text(label);
    text.resize(18, ' ');
    return text + terminal_safe(value) + "\n";
}

std::string firmware_text(const Firmware& firmware) {
    std::string text =
        line("name", firmware.name) + line("state", firmware.complete ? "complete" : "indexing not finished");
    text += line("platform", strata::macho::platform_name(firmware.platform));
    text += line("os version", firmware.os_version == 0 ? "" : strata::base::version_text(firmware.os_version));
    text += line("architecture", firmware.arch) + line("uuid", strata::base::uuid_text(firmware.uuid)) +
            line("source", firmware.source_path);
    text += line("images", std::to_string(firmware.images)) +
            line("failed", firmware.failed == 0 ? "" : std::to_string(firmware.failed));
    for (const auto& file : firmware.files)
        text += line("file", file.name + " (" + strata::base::size_text(file.size) + ")");
    for (const auto& warning : firmware.warnings) text += line("warning", warning);
    return text;
}

/// What an image is, in a screen; --json has every symbol.
std::string image_text(strata::store::Reader& reader, const std::string& path, const Head& head) {
    std::string text = line("path", path);
    if (head.failure) return text + line("failed", head.failure->message) + line("expected", head.failure->expected);
    const auto lease = reader.column(head.column(ColumnKind::kLayout).chunks.at(0).id);
    const auto layout = strata::record::decode_layout(lease.message());
    text += line("uuid", strata::base::uuid_text(head.uuid));
    text += line("source version", head.source_version ? strata::base::source_version_text(*head.source_version) : "");
    text += line("platform", strata::macho::platform_name(layout.platform));
    text += line("minimum os", head.has_build_version ? strata::base::version_text(head.min_os) : "");
    text += line("sdk", head.has_build_version ? strata::base::version_text(head.sdk) : "");
    text += line("architecture", strata::macho::arch_name(layout.cpu_type, layout.cpu_subtype));
    text += line("type", strata::macho::file_type_name(layout.file_type)) +
            line("address", strata::base::hex(head.address));
    for (const auto& alias : head.aliases) text += line("alias", alias);
    for (const auto kind : {ColumnKind::kSymbols, ColumnKind::kFunctions, ColumnKind::kStrings})
        text += line(strata::record::column_name(kind), std::to_string(head.column(kind).count));
    for (const auto& dependency : layout.dependencies) text += line("dependency", std::string(dependency.name));
    for (size_t i = 0; i < layout.sections.size() && i < head.section_addresses.size(); ++i) {
        const auto& section = layout.sections[i];
        text +=
            line("section", std::string(section.segment) + "," + std::string(section.name) + "  " +
                                strata::base::hex(head.section_addresses[i]) + "  " + strata::base::hex(section.size));
    }
    return text;
}

int show(const ShowArguments& options) {
    RunStats stats("show");
    strata::store::Reader reader(store_directory(options.common));
    const Firmware firmware = reader.firmware(options.firmware);
    strata::report::Output output;
    if (options.image.empty()) {
        output.write(options.common.json ? firmware_json(firmware) : firmware_text(firmware));
    } else {
        const auto path = strata::query::resolve_image(reader, firmware, options.image);
        const auto head = reader.head(firmware.id, path);
        if (!head) throw strata::base::Error::store(path, "the image has no head");
        if (options.common.json) {
            strata::report::write_image([&](std::string_view text) { output.write(text); }, reader, firmware, path,
                                        *head);
        } else {
            output.write(image_text(reader, path, *head));
        }
    }
    output.finish();
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_show(const Command& program, Run& run) {
    auto options = std::make_shared<ShowArguments>();
    const Command command = program.subcommand("show", "What is known about a firmware or one of its images");
    command.option("FIRMWARE", options->firmware, "A firmware name (strata list shows them)").required();
    command.option("IMAGE", options->image,
                   "An image: its path, an alias, or a last component that only one image has");
    command.flag("--json", options->common.json, "Everything, as one JSON object");
    add_common_options(command, options->common);
    command.footer(
        "Examples:\n"
        "  strata show 26.0\n"
        "  strata show 26.0 libobjc.A.dylib\n"
        "  strata show 26.0 /usr/lib/libobjc.A.dylib --json | jq -r '.exports[]'");
    command.runs(run, [options] { return show(*options); });
}

}  // namespace tool
