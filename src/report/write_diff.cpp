#include "report/write_diff.h"

namespace strata::report {

void DiffReport::place(std::string_view image, const Write& write) {
    if (image.empty()) return;
    if (!first_) write(separator());
    first_ = false;
    write(image);
}

diff::DiffSummary write_diff(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                             const diff::DiffOptions& options, DiffReport& report,
                             const std::function<void(std::string_view)>& write) {
    write(report.header(before, after));
    const auto summary = diff::diff_firmwares(
        reader, before, after, options, [&](const diff::ImageDiff& diff) { return report.image(diff); },
        [&](std::string_view text) { report.place(text, write); });
    report.finish(summary, write);
    return summary;
}

}  // namespace strata::report
