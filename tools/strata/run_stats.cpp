#include "run_stats.h"

#include <algorithm>
#include <cstdio>

#include "report/json.h"

namespace tool {

void RunStats::stage(const std::string& name, const strata::base::Stopwatch& watch) {
    auto found = std::find_if(stages_.begin(), stages_.end(), [&](const Stage& stage) { return stage.name == name; });
    if (found == stages_.end()) found = stages_.insert(found, {name, 0, 0});
    found->wall += watch.wall_seconds();
    found->cpu += watch.cpu_seconds();
}

void RunStats::add(const strata::store::IndexResult& result) {
    images_extracted_ += result.extracted;
    images_resumed_ += result.resumed;
    bytes_read_ += result.bytes_read;
    written_.chunks_written += result.counters.chunks_written;
    written_.chunks_shared += result.counters.chunks_shared;
    written_.bytes_written += result.counters.bytes_written;
    written_.bytes_shared += result.counters.bytes_shared;
}

void RunStats::add(const strata::store::ReadCounters& counters) {
    records_in_place_ += counters.records_in_place;
    records_copied_ += counters.records_copied;
    bytes_in_place_ += counters.bytes_in_place;
    bytes_copied_ += counters.bytes_copied;
    records_thawed_ += counters.records_thawed;
    bytes_thawed_ += counters.bytes_thawed;
}

void RunStats::print() const {
    strata::report::JsonWriter json;
    json.begin_object().field("type", "stats").field("command", command_);
    json.key("wall_seconds").real(total_.wall_seconds());
    json.key("cpu_seconds").real(strata::base::process_cpu_seconds());
    json.field("peak_rss_bytes", strata::base::peak_resident_bytes());
    json.key("stages").begin_object();
    for (const auto& stage : stages_) {
        json.key(stage.name).begin_object();
        json.key("wall_seconds").real(stage.wall).key("cpu_seconds").real(stage.cpu).end_object();
    }
    json.end_object();
    json.field("images_extracted", images_extracted_)
        .field("images_resumed", images_resumed_)
        .field("bytes_read", bytes_read_);
    json.field("columns_written", written_.chunks_written).field("columns_shared", written_.chunks_shared);
    json.field("column_bytes_written", written_.bytes_written).field("column_bytes_shared", written_.bytes_shared);
    json.field("records_in_place", records_in_place_).field("records_copied", records_copied_);
    json.field("record_bytes_in_place", bytes_in_place_).field("record_bytes_copied", bytes_copied_);
    json.field("records_thawed", records_thawed_).field("record_bytes_thawed", bytes_thawed_).end_object();
    std::fprintf(stderr, "%s\n", json.drain().c_str());
}

}  // namespace tool
