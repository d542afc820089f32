#include <array>
#include <cstdio>
#include <memory>

#include "base/count_text.h"
#include "base/text.h"
#include "options.h"
#include "report/json.h"
#include "run_stats.h"
#include "store/reader.h"
#include "store/references.h"

namespace tool {
namespace {

using strata::base::size_text;
using strata::record::ColumnKind;
using strata::record::kColumnKinds;

struct StatsArguments {
    Common common;
    std::string firmware;
};

/// Entries and bytes of one kind of column, as one firmware refers to them.
struct KindTotals {
    uint64_t entries = 0;
    uint64_t bytes = 0;
    uint64_t records = 0;
};

/// One firmware's columns: by kind, and how much of them no other firmware uses. A column that the firmware uses twice
/// counts twice by kind, but once as own or shared.
struct Totals {
    std::array<KindTotals, kColumnKinds.size()> kinds;
    uint64_t referred_bytes = 0;
    uint64_t own_bytes = 0;
    uint64_t shared_bytes = 0;
};

Totals totals_of(strata::store::Reader& reader, const strata::record::Firmware& firmware,
                 const strata::store::References& references) {
    Totals totals;
    std::vector<bool> seen(references.size());
    const auto heads = reader.heads(firmware.id);
    for (; heads->valid(); heads->next()) {
        const auto head = heads->head();
        for (size_t i = 0; i < totals.kinds.size(); ++i) {
            totals.kinds[i].entries += head.columns[i].count;
            totals.kinds[i].bytes += head.columns[i].bytes;
            totals.kinds[i].records += head.columns[i].chunks.size();
            totals.referred_bytes += head.columns[i].bytes;
            for (const auto& chunk : head.columns[i].chunks) {
                if (chunk.id >= seen.size() || seen[chunk.id]) continue;
                seen[chunk.id] = true;
                (references[chunk.id].shared ? totals.shared_bytes : totals.own_bytes) += chunk.bytes;
            }
        }
    }
    heads->check();
    return totals;
}

/// Message bytes of all columns that are referred to, each once.
uint64_t distinct_bytes(const strata::store::References& references) {
    uint64_t bytes = 0;
    for (const auto& reference : references) bytes += reference.bytes;
    return bytes;
}

void write_json(strata::report::JsonWriter& json, const strata::record::Firmware& firmware, const Totals& totals) {
    json.begin_object().field("name", firmware.name).field("images", firmware.images).field("failed", firmware.failed);
    json.key("frozen").boolean(firmware.frozen).field("source_bytes", firmware.source_bytes());
    json.field("own_bytes", totals.own_bytes).field("shared_bytes", totals.shared_bytes).key("columns").begin_object();
    for (size_t i = 0; i < totals.kinds.size(); ++i) {
        const auto& kind = totals.kinds[i];
        json.key(strata::record::column_name(kColumnKinds[i])).begin_object();
        json.field("entries", kind.entries).field("bytes", kind.bytes).field("records", kind.records).end_object();
    }
    json.end_object().end_object();
}

void print_text(const strata::record::Firmware& firmware, const Totals& totals) {
    std::printf("%s%s: %s from %s; own %s, shared with others %s\n", strata::base::terminal_safe(firmware.name).c_str(),
                firmware.frozen ? " (frozen)" : "", strata::base::count_text(firmware.images, "image").c_str(),
                size_text(firmware.source_bytes()).c_str(), size_text(totals.own_bytes).c_str(),
                size_text(totals.shared_bytes).c_str());
    for (size_t i = 0; i < totals.kinds.size(); ++i)
        std::printf("  %-10s %12llu entries  %10s\n", strata::record::column_name(kColumnKinds[i]),
                    static_cast<unsigned long long>(totals.kinds[i].entries), size_text(totals.kinds[i].bytes).c_str());
}

/// What all firmwares refer to over what is stored: 2 = every byte is used twice.
double dedup_ratio(uint64_t referred, uint64_t distinct) {
    return distinct == 0 ? 1 : static_cast<double>(referred) / static_cast<double>(distinct);
}

int print_stats(const StatsArguments& options) {
    RunStats stats("stats");
    strata::store::Reader reader(store_directory(options.common));
    const auto firmwares =
        options.firmware.empty() ? reader.firmwares() : std::vector{reader.firmware(options.firmware)};
    const auto references =
        strata::store::collect_references(reader.database(), strata::store::end_of_column_ids(reader.database()));
    const auto sizes = reader.sizes();
    const uint64_t distinct = distinct_bytes(references);
    uint64_t referred = 0;
    strata::report::JsonWriter json;
    json.begin_object().key("firmwares").begin_array();
    for (const auto& firmware : firmwares) {
        const Totals totals = totals_of(reader, firmware, references);
        referred += totals.referred_bytes;
        write_json(json, firmware, totals);
        if (!options.common.json) print_text(firmware, totals);
    }
    json.end_array().key("store").begin_object().field("bytes", sizes.total).field("table_column_bytes", sizes.columns);
    json.field("table_image_bytes", sizes.images)
        .field("table_digest_bytes", sizes.digests)
        .field("table_filter_bytes", sizes.filters)
        .field("column_bytes", distinct);
    if (options.firmware.empty()) json.key("dedup_ratio").real(dedup_ratio(referred, distinct));
    json.end_object().end_object();
    if (options.common.json) {
        std::printf("%s\n", json.drain().c_str());
    } else if (options.firmware.empty()) {
        std::printf(
            "store: %s on disk (columns %s, images %s, digests %s, filters %s); each column byte is used %.2f "
            "times\n",
            size_text(sizes.total).c_str(), size_text(sizes.columns).c_str(), size_text(sizes.images).c_str(),
            size_text(sizes.digests).c_str(), size_text(sizes.filters).c_str(), dedup_ratio(referred, distinct));
    }
    if (options.common.stats) stats.print();
    return kDone;
}

}  // namespace

void add_stats(const Command& program, Run& run) {
    auto options = std::make_shared<StatsArguments>();
    const Command command = program.subcommand("stats", "Sizes and counts of the store or one firmware");
    command.option("FIRMWARE", options->firmware, "A firmware name; without one, the store and all firmwares");
    command.flag("--json", options->common.json, "One JSON object: the store, and the firmwares");
    add_common_options(command, options->common);
    command.footer("Example:\n  strata stats 26.0 --json | jq '.firmwares[0].columns.symbols.entries'");
    command.runs(run, [options] { return print_stats(*options); });
}

}  // namespace tool
