#include "report/write_diff.h"

#include "report/ranked_spool.h"

namespace strata::report {

void DiffReport::place(const diff::RenderedImage& image, const Write& write) {
    if (!first_) write(separator());
    first_ = false;
    write(image.text);
}

diff::DiffSummary write_diff(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                             const diff::DiffOptions& options, DiffReport& report,
                             const std::function<void(std::string_view)>& write, uint64_t top) {
    const auto render = [&](const diff::ImageDiff& diff) { return report.image(diff); };
    const auto place = [&](const diff::RenderedImage& image) { report.place(image, write); };
    write(report.header(before, after, options.comparison.rules));
    diff::DiffSummary summary;
    if (top == 0) {
        summary = diff::diff_firmwares(reader, before, after, options, render, place);
    } else {
        RankedSpool aside;
        summary = diff::diff_firmwares(reader, before, after, options, render,
                                       [&](const diff::RenderedImage& image) { aside.add(image); });
        aside.keep_best(top);
        aside.by_path(place);
        summary.shown = aside.size();
    }
    report.finish(summary, write);
    return summary;
}

bool write_diff_chain(store::Reader& reader, std::span<const record::Firmware> firmwares,
                      const diff::DiffOptions& options, const std::function<std::unique_ptr<DiffReport>()>& make,
                      const std::function<void(std::string_view)>& write, uint64_t top) {
    bool differ = false;
    DiffReport::ChainMarks marks;
    for (size_t i = 0; i + 1 < firmwares.size(); ++i) {
        const auto report = make();
        marks = report->chain_marks();
        write(i == 0 ? marks.begin : marks.between);
        const auto summary = write_diff(reader, firmwares[i], firmwares[i + 1], options, *report, write, top);
        differ = differ || summary.has_differences();
    }
    write(marks.end);
    return differ;
}

}  // namespace strata::report
