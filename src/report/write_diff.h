// A whole diff, from firmwares of a store to a text.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "diff/firmware_diff.h"
#include "report/diff_report.h"

namespace strata::report {

/// Compares and renders: header, one piece an image, summary, in the order of the report. `top`: only so many of the
/// most relevant images are in the report (0 = all); the totals still count every one. `write` is called from the
/// calling thread.
diff::DiffSummary write_diff(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                             const diff::DiffOptions& options, DiffReport& report,
                             const std::function<void(std::string_view)>& write, uint64_t top = 0);

/// Each firmware with the next one, as one text. `make` makes a report for each pair. True when any pair differs.
bool write_diff_chain(store::Reader& reader, std::span<const record::Firmware> firmwares,
                      const diff::DiffOptions& options, const std::function<std::unique_ptr<DiffReport>()>& make,
                      const std::function<void(std::string_view)>& write, uint64_t top = 0);

}  // namespace strata::report
