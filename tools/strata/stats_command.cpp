#include <array>
#include <cstdio>
#include <memory>

#include "base/text.h"
#include "options.h"
#include "report/json.h"
#include "run_stats.h"
#include "store/reader.h"

namespace tool {
namespace {

using strata::base::size_text;
using strata::record::ColumnKind;
using strata::record::kColumnKinds;

struct Options {
    Common common;
    std::string firmware;
};

/// Entries and bytes of one kind of column, as one firmware refers to them.
struct KindTotals {
    uint64_t entries = 0;
    uint64_t bytes = 0;
    uint64_t records = 0;
};
using Totals = std::array<KindTotals, kColumnKinds.size()>;

Totals totals_of(strata::store::Reader& reader, const strata::record::Firmware& firmware) {
    Totals totals;
    const auto heads = reader.heads(firmware.id);
    for (; heads->valid(); heads->next()) {
        const auto head = heads->head();
        for (size_t i = 0; i < totals.size(); ++i) {
            totals[i].entries += head.columns[i].count;
            totals[i].bytes += head.columns[i].bytes;
            totals[i].records += head.columns[i].chunks.size();
        }
    }
    heads->check();
    return totals;
}

void write_json(strata::report::JsonWriter& json, const strata::record::Firmware& firmware, const Totals& totals) {
    json.begin_object().field("name", firmware.name).field("images", firmware.images).field("failed", firmware.failed);
    json.field("source_bytes", firmware.source_bytes()).key("columns").begin_object();
    for (size_t i = 0; i < totals.size(); ++i) {
        json.key(strata::record::column_name(kColumnKinds[i])).begin_object();
        json.field("entries", totals[i].entries).field("bytes", totals[i].bytes).field("records", totals[i].records).end_object();
    }
    json.end_object().end_object();
}

void print_text(const strata::record::Firmware& firmware, const Totals& totals) {
    std::printf("%s: %llu images from %s\n", strata::base::terminal_safe(firmware.name).c_str(), static_cast<unsigned long long>(firmware.images),
                size_text(firmware.source_bytes()).c_str());
    for (size_t i = 0; i < totals.size(); ++i)
        std::printf("  %-10s %12llu entries  %10s\n", strata::record::column_name(kColumnKinds[i]), static_cast<unsigned long long>(totals[i].entries),
                    size_text(totals[i].bytes).c_str());
}

void write_json(strata::report::JsonWriter& json, const strata::store::StoreSizes& sizes) {
    json.begin_object().field("bytes", sizes.total).field("column_bytes", sizes.columns);
    json.field("image_bytes", sizes.images).field("digest_bytes", sizes.digests).end_object();
}

void print_text(const strata::store::StoreSizes& sizes) {
    std::printf("store: %s on disk (columns %s, images %s, digests %s)\n", size_text(sizes.total).c_str(), size_text(sizes.columns).c_str(),
                size_text(sizes.images).c_str(), size_text(sizes.digests).c_str());
}

void print_all_json(strata::store::Reader& reader, const std::vector<strata::record::Firmware>& firmwares) {
    strata::report::JsonWriter json;
    json.begin_object().key("store");
    write_json(json, reader.sizes());
    json.key("firmwares").begin_array();
    for (const auto& firmware : firmwares) write_json(json, firmware, totals_of(reader, firmware));
    json.end_array().end_object();
    std::printf("%s\n", json.drain().c_str());
}

int print_stats(const Options& options) {
    RunStats stats("stats");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmwares = options.firmware.empty() ? reader.firmwares() : std::vector{reader.firmware(options.firmware)};
    if (options.common.json) {
        print_all_json(reader, firmwares);
    } else {
        if (options.firmware.empty()) print_text(reader.sizes());
        for (const auto& firmware : firmwares) print_text(firmware, totals_of(reader, firmware));
    }
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_stats(CLI::App& app, Run& run) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("stats", "Sizes and counts of the store or one firmware");
    command->add_option("FIRMWARE", options->firmware, "A firmware name; without one, the store and all firmwares");
    command->add_flag("--json", options->common.json, "One JSON object: the store, and the firmwares");
    add_common_options(*command, options->common);
    command->footer("Example:\n  strata stats 26.0 --json | jq '.firmwares[0].columns.symbols.entries'");
    command->callback([options, &run] { run = [options] { return print_stats(*options); }; });
}

}  // namespace tool
