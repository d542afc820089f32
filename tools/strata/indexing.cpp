#include "indexing.h"

#include <cstdio>

#include "allocator.h"
#include "base/count_text.h"
#include "base/error.h"
#include "base/text.h"
#include "extract/open_source.h"
#include "progress.h"
#include "store/indexer.h"
#include "store/reader.h"
#include "store/writer.h"
#include "worker_program.h"

namespace tool {
namespace {

using strata::base::Error;
using strata::base::ErrorKind;
using strata::base::terminal_safe;

using Sources = std::vector<std::unique_ptr<strata::extract::Source>>;

Sources open_sources(const IndexRequest& request, const Common& common) {
    Sources sources;
    for (const auto& path : request.sources) {
        Progress listing("listing", "files", common.quiet);
        Progress reading("reading", "bytes", common.quiet);
        strata::extract::ListOptions options;
        options.reading.jobs = common.jobs;
        options.reading.stop = &stop_flag();
        options.reading.progress = [&](uint64_t done, uint64_t total) { reading.update(done, total); };
        options.progress = [&](uint64_t files) { listing.update(files, 0); };
        sources.push_back(strata::extract::open_source(path, worker_program(), options));
    }
    return sources;
}

/// The firmware that holds exactly this content without failures, when there is one (and it has the name asked for).
std::optional<strata::record::Firmware> find_whole(const Sources& sources, const IndexRequest& request,
                                                   const std::filesystem::path& store) {
    if (!strata::store::store_exists(store)) return std::nullopt;
    strata::store::Reader reader(store);
    for (auto& firmware : reader.firmwares()) {
        const bool is_meant = request.name.empty() || firmware.name == request.name;
        if (is_meant && strata::store::holds_whole(firmware, sources, request.extend)) return std::move(firmware);
    }
    return std::nullopt;
}

std::string failure_text(const strata::record::Failure& failure) {
    std::string text = failure.file;
    if (failure.offset) text += " at offset " + strata::base::hex(*failure.offset);
    text += (text.empty() ? "" : ": ") + failure.message;
    return failure.expected.empty() ? text : text + "; expected " + failure.expected;
}

}  // namespace

strata::record::Firmware index_paths(const IndexRequest& request, const Common& common, RunStats& stats) {
    const KeepChunkMemory keep;
    const strata::base::Stopwatch open_watch;
    const Sources sources = open_sources(request, common);
    stats.stage("open", open_watch);
    const auto store = store_directory(common);
    if (auto whole = find_whole(sources, request, store)) {
        strata::store::IndexResult result;
        result.resumed = whole->images;
        stats.add(result);
        return *whole;
    }
    const strata::base::Stopwatch index_watch;
    Progress progress("indexing", "images", common.quiet);
    strata::store::Writer writer(store);
    strata::store::IndexOptions options;
    options.name = request.name;
    options.jobs = common.jobs;
    options.stop = &stop_flag();
    options.progress = [&](const strata::store::IndexProgress& at) { progress.update(at.done, at.total, at.bytes); };
    const auto result = strata::store::index_sources(writer, sources, request.extend, options);
    progress.clear();
    stats.stage("index", index_watch);
    stats.add(result);
    if (result.interrupted)
        throw Error(ErrorKind::kInterrupted, "stopped after " + std::to_string(result.resumed + result.extracted) +
                                                 " of " + strata::base::count_text(result.firmware.images, "image") +
                                                 " of " + result.firmware.name +
                                                 "; run the same command again to go on from there");
    return result.firmware;
}

int report_failures(const strata::record::Firmware& firmware, const Common& common) {
    if (!common.quiet)
        for (const auto& warning : firmware.warnings)
            std::fprintf(stderr, "strata: warning: %s\n", terminal_safe(warning).c_str());
    if (firmware.failed == 0) return kDone;
    strata::store::Reader reader(store_directory(common));
    const auto heads = reader.heads(firmware.id);
    for (; heads->valid(); heads->next()) {
        const auto head = heads->head();
        if (!head.failure) continue;
        std::fprintf(stderr, "strata: failed: %s: %s\n", terminal_safe(heads->path()).c_str(),
                     terminal_safe(failure_text(*head.failure)).c_str());
    }
    heads->check();
    std::fprintf(stderr, "strata: %llu of %s of %s could not be read\n",
                 static_cast<unsigned long long>(firmware.failed),
                 strata::base::count_text(firmware.images, "image").c_str(), terminal_safe(firmware.name).c_str());
    return kSomeFailed;
}

}  // namespace tool
