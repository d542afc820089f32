// Indexing as the commands do it: `index` by request, `diff` for paths.
#pragma once

#include <filesystem>
#include <string>

#include "options.h"
#include "record/firmware.h"
#include "run_stats.h"

namespace tool {

/// Indexes `source` under `name` (empty: see store::IndexOptions), with progress. When the same content is in the store
/// whole, nothing is written and no lock is taken. Throws base::Error; kInterrupted when the user stopped it.
strata::record::Firmware index_path(const std::filesystem::path& source, const std::string& name, const Common& common,
                                    RunStats& stats);

/// Lists a firmware's warnings and failed images on standard error. kSomeFailed when there are failures, else kDone.
int report_failures(const strata::record::Firmware& firmware, const Common& common);

}  // namespace tool
