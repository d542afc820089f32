#include "api/guarded.h"
#include "base/text.h"
#include "extract/open_source.h"
#include "foreign/worker.h"
#include "macho/names.h"
#include "report/facts_json.h"
#include "report/write_diff.h"
#include "store/indexer.h"
#include "store/reader.h"
#include "strata/strata.h"

namespace strata {
namespace {

FirmwareInfo info_of(const record::Firmware& firmware) {
    return {firmware.name,
            firmware.arch,
            macho::platform_name(firmware.platform),
            firmware.os_version == 0 ? "" : base::version_text(firmware.os_version),
            base::uuid_text(firmware.uuid),
            firmware.images,
            firmware.failed,
            firmware.complete};
}

std::unique_ptr<report::DiffReport> report_of(Format format) {
    switch (format) {
        case Format::kJson:
            return report::make_json_report();
        case Format::kJsonLines:
            return report::make_jsonl_report();
        case Format::kText:
            break;
    }
    return report::make_text_report();
}

diff::DiffOptions options_of(const DiffRequest& request) {
    using diff::RuleSet;
    diff::DiffOptions options;
    options.jobs = request.jobs;
    options.comparison.rules = (request.no_rules ? RuleSet::none() : RuleSet::defaults()).switched(request.rules);
    options.comparison.keep_left_out = request.show_suppressed;
    options.find_moves = request.find_moves;
    options.paths = {request.only, request.skip};
    if (!request.sections.empty()) options.parts = diff::PartFilter(request.sections);
    return options;
}

}  // namespace

std::optional<int> run_if_worker(int argc, const char* const* argv) {
    return foreign::run_if_worker(argc, argv);
}

FirmwareInfo index_source(const std::filesystem::path& store, const IndexRequest& request) {
    return guarded([&] {
        if (request.name.empty() && (request.extend || !request.more_sources.empty()))
            throw base::Error::usage("several sources make one firmware: give it a name");
        const auto worker = request.worker_program.empty() ? foreign::WorkerProgram{}
                                                           : foreign::WorkerProgram::other(request.worker_program);
        std::vector<std::unique_ptr<extract::Source>> sources;
        extract::ListOptions listing;
        listing.reading.jobs = request.jobs;
        sources.push_back(extract::open_source(request.source, worker, listing));
        for (const auto& path : request.more_sources) sources.push_back(extract::open_source(path, worker, listing));
        store::Writer writer(store);
        store::IndexOptions options;
        options.name = request.name;
        options.jobs = request.jobs;
        if (request.progress)
            options.progress = [&](const store::IndexProgress& at) { request.progress(at.done, at.total); };
        return info_of(store::index_sources(writer, sources, request.extend, options).firmware);
    });
}

std::vector<FirmwareInfo> list_firmwares(const std::filesystem::path& store) {
    return guarded([&] {
        store::Reader reader(store);
        std::vector<FirmwareInfo> firmwares;
        for (const auto& firmware : reader.firmwares()) firmwares.push_back(info_of(firmware));
        return firmwares;
    });
}

DiffTotals diff_firmwares(const std::filesystem::path& store, const std::string& before, const std::string& after,
                          Format format, const Write& write, const DiffRequest& request) {
    return guarded([&] {
        store::Reader reader(store);
        const auto report = report_of(format);
        const auto summary = report::write_diff(reader, reader.firmware(before), reader.firmware(after),
                                                options_of(request), *report, write, request.top);
        using diff::Status;
        return DiffTotals{summary.count(Status::kAdded),     summary.count(Status::kRemoved),
                          summary.count(Status::kUpdated),   summary.count(Status::kRebuilt),
                          summary.count(Status::kUnchanged), summary.count(Status::kFailed),
                          summary.count(Status::kMoved)};
    });
}

DiffTotals diff_firmwares(const std::filesystem::path& store, const std::string& before, const std::string& after,
                          Format format, const Write& write, unsigned jobs) {
    DiffRequest request;
    request.jobs = jobs;
    return diff_firmwares(store, before, after, format, write, request);
}

void show_image(const std::filesystem::path& store, const std::string& firmware, const std::string& image,
                const Write& write) {
    guarded([&] {
        store::Reader reader(store);
        const auto found = reader.firmware(firmware);
        const auto head = reader.head(found.id, image);
        if (!head) throw base::Error::usage("no image \"" + image + "\" in " + firmware);
        report::write_image(write, reader, found, image, *head);
    });
}

}  // namespace strata
