#include "report/write_diff.h"

namespace strata::report {

diff::DiffSummary write_diff(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                             const diff::DiffOptions& options, DiffReport& report,
                             const std::function<void(std::string_view)>& write) {
    bool first = true;
    write(report.header(before, after));
    const auto summary = diff::diff_firmwares(
        reader, before, after, options, [&](const diff::ImageDiff& diff) { return report.image(diff); },
        [&](std::string_view text) {
            if (text.empty()) return;
            if (!first) write(report.separator());
            first = false;
            write(text);
        });
    write(report.summary(summary));
    return summary;
}

}  // namespace strata::report
