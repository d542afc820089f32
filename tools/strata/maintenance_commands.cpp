// verify, gc, compact, freeze, thaw: keeping a store in shape.

#include <cstdio>
#include <memory>

#include "base/count_text.h"
#include "base/error.h"
#include "base/text.h"
#include "options.h"
#include "progress.h"
#include "report/json.h"
#include "run_stats.h"
#include "store/maintenance.h"
#include "store/verify.h"

namespace tool {
namespace {

using strata::base::count_text;
using strata::base::size_text;

struct MaintenanceArguments {
    Common common;
    std::vector<std::string> firmwares;
};

void need_store(const std::filesystem::path& store) {
    if (!strata::store::store_exists(store))
        throw strata::base::Error::usage("no store at " + store.string() +
                                         ": index a firmware first (strata index SOURCE)");
}

/// One line or one object: how many columns, and the store's size before and after.
void print_change(const Common& common, const char* verb, uint64_t columns, uint64_t before, uint64_t after) {
    if (common.json) {
        strata::report::JsonWriter json;
        json.begin_object()
            .field("columns", columns)
            .field("bytes_before", before)
            .field("bytes_after", after)
            .end_object();
        std::printf("%s\n", json.drain().c_str());
    } else if (!common.quiet) {
        std::printf("%s %s; store %s -> %s\n", count_text(columns, "column").c_str(), verb, size_text(before).c_str(),
                    size_text(after).c_str());
    }
}

int verify(const MaintenanceArguments& options) {
    RunStats stats("verify");
    strata::store::Reader reader(store_directory(options.common));
    Progress progress("verifying", "images", options.common.quiet);
    strata::store::VerifyOptions verify_options;
    verify_options.stop = &stop_flag();
    verify_options.progress = [&](uint64_t done, uint64_t total) { progress.update(done, total); };
    const auto result = strata::store::verify_store(reader, verify_options, [&](const std::string& finding) {
        progress.clear();
        std::fprintf(stderr, "strata: damaged: %s\n", strata::base::terminal_safe(finding).c_str());
    });
    progress.clear();
    if (options.common.json) {
        strata::report::JsonWriter json;
        json.begin_object()
            .field("firmwares", result.firmwares)
            .field("images", result.images)
            .field("columns", result.columns);
        json.field("bytes", result.bytes).field("damaged", result.damaged).end_object();
        std::printf("%s\n", json.drain().c_str());
    } else if (!options.common.quiet) {
        std::printf("%s, %s, %s (%s): %llu damaged\n", count_text(result.firmwares, "firmware").c_str(),
                    count_text(result.images, "image").c_str(), count_text(result.columns, "column").c_str(),
                    size_text(result.bytes).c_str(), static_cast<unsigned long long>(result.damaged));
    }
    stats.add(reader.counters());
    if (options.common.stats) stats.print();
    return result.damaged == 0 ? kDone : kStoreTrouble;
}

int collect(const MaintenanceArguments& options) {
    RunStats stats("gc");
    const auto store = store_directory(options.common);
    need_store(store);
    Progress progress("collecting", "columns", options.common.quiet);
    progress.say("looking for columns that no firmware refers to");
    const auto result = strata::store::collect_garbage(store);
    progress.clear();
    print_change(options.common, "dropped", result.columns_dropped, result.bytes_before, result.bytes_after);
    if (options.common.stats) stats.print();
    return kDone;
}

int compact(const MaintenanceArguments& options) {
    RunStats stats("compact");
    const auto store = store_directory(options.common);
    need_store(store);
    Progress progress("compacting", "files", options.common.quiet);
    progress.say("rewriting the store's files");
    const auto result = strata::store::compact(store);
    progress.clear();
    print_change(options.common, "dropped", result.columns_dropped, result.bytes_before, result.bytes_after);
    if (options.common.stats) stats.print();
    return kDone;
}

int freeze(const MaintenanceArguments& options, bool frozen) {
    RunStats stats(frozen ? "freeze" : "thaw");
    const auto store = store_directory(options.common);
    need_store(store);
    Progress progress(frozen ? "freezing" : "thawing", "columns", options.common.quiet);
    const auto result = strata::store::set_frozen(store, options.firmwares, frozen, [&](uint64_t done, uint64_t total) {
        progress.update(done, total);
        if (done == total) progress.say("rewriting the store's files");
    });
    progress.clear();
    print_change(options.common, "re-laid", result.columns_changed, result.bytes_before, result.bytes_after);
    if (options.common.stats) stats.print();
    return kDone;
}

Command add_command(const Command& program, const char* name, const char* description,
                    const std::shared_ptr<MaintenanceArguments>& options, const char* footer) {
    const Command command = program.subcommand(name, description);
    command.flag("--json", options->common.json, "Print the result as one JSON object");
    add_common_options(command, options->common);
    command.footer(footer);
    return command;
}

}  // namespace

void add_verify(const Command& program, Run& run) {
    auto options = std::make_shared<MaintenanceArguments>();
    const Command command = add_command(
        program, "verify", "Re-read the whole store: checksums, digests, references, counts", options,
        "Every finding is one line on standard error; exit code 4 when there is one.\n\nExample:\n  strata verify");
    command.runs(run, [options] { return verify(*options); });
}

void add_gc(const Command& program, Run& run) {
    auto options = std::make_shared<MaintenanceArguments>();
    const Command command =
        add_command(program, "gc", "Drop columns that no firmware refers to and give their space back", options,
                    "Safe to interrupt at any moment. `strata remove` does this by itself unless told not "
                    "to.\n\nExample:\n  strata gc");
    command.runs(run, [options] { return collect(*options); });
}

void add_compact(const Command& program, Run& run) {
    auto options = std::make_shared<MaintenanceArguments>();
    const Command command =
        add_command(program, "compact", "Rewrite the store's files without what was deleted or replaced", options,
                    "Needs free space for one more copy of the store while it runs.\n\nExample:\n  strata compact");
    command.runs(run, [options] { return compact(*options); });
}

void add_freeze(const Command& program, Run& run) {
    auto options = std::make_shared<MaintenanceArguments>();
    const Command command = add_command(
        program, "freeze", "Compress the symbols and strings that only these (and other frozen) firmwares use", options,
        "All answers stay the same; diffs of frozen firmwares are slower. Undone by strata thaw.\n\nExample:\n  strata "
        "freeze 25.0 25.1");
    command.option("FIRMWARE", options->firmwares, "Firmware names (strata list shows them)").required();
    command.runs(run, [options] { return freeze(*options, true); });
}

void add_thaw(const Command& program, Run& run) {
    auto options = std::make_shared<MaintenanceArguments>();
    const Command command = add_command(program, "thaw", "Undo freeze", options, "Example:\n  strata thaw 25.0");
    command.option("FIRMWARE", options->firmwares, "Firmware names (strata list shows them)").required();
    command.runs(run, [options] { return freeze(*options, false); });
}

}  // namespace tool
