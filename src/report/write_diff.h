// A whole diff, from two firmwares of a store to a text.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "diff/firmware_diff.h"
#include "report/diff_report.h"

namespace strata::report {

/// Compares and renders: header, one piece an image in path order, summary. `write` is called from the calling thread.
diff::DiffSummary write_diff(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                             const diff::DiffOptions& options, DiffReport& report,
                             const std::function<void(std::string_view)>& write);

}  // namespace strata::report
