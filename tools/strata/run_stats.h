// --stats: what a run cost, as one JSON line on standard error.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/usage.h"
#include "store/indexer.h"
#include "store/reader.h"

namespace tool {

/// Collected over one run of the program.
class RunStats {
  public:
    explicit RunStats(std::string command) : command_(std::move(command)) {}

    /// Ends a stage: its wall and CPU time are what `watch` measured.
    /// A stage that comes twice (two paths to index) adds up.
    void stage(const std::string& name, const strata::base::Stopwatch& watch);
    void add(const strata::store::IndexResult& result);
    void add(const strata::store::ReadCounters& counters);

    /// Prints the line. Keys are documented in docs/json.md.
    void print() const;

  private:
    struct Stage {
        std::string name;
        double wall;
        double cpu;
    };

    std::string command_;
    strata::base::Stopwatch total_;
    std::vector<Stage> stages_;
    uint64_t images_extracted_ = 0;
    uint64_t images_resumed_ = 0;
    uint64_t bytes_read_ = 0;
    strata::store::WriteCounters written_;
    uint64_t records_in_place_ = 0;
    uint64_t records_copied_ = 0;
    uint64_t bytes_in_place_ = 0;
    uint64_t bytes_copied_ = 0;
    uint64_t records_thawed_ = 0;
    uint64_t bytes_thawed_ = 0;
};

}  // namespace tool
