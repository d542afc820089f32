// Indexing as the commands do it: `index` by request, `diff` for paths.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "options.h"
#include "record/firmware.h"
#include "run_stats.h"

namespace tool {

/// What to index, and as what.
struct IndexRequest {
    std::vector<std::filesystem::path> sources;  ///< at least one
    std::string name;                            ///< empty: see store::IndexOptions
    bool extend = false;                         ///< add the sources to the firmware of this name
};

/// Indexes with progress. When the same content is in the store whole, nothing is written and no lock is taken. Throws
/// base::Error; kInterrupted when the user stopped it.
strata::record::Firmware index_paths(const IndexRequest& request, const Common& common, RunStats& stats);

/// Lists a firmware's warnings and failed images on standard error. kSomeFailed when there are failures, else kDone.
int report_failures(const strata::record::Firmware& firmware, const Common& common);

}  // namespace tool
