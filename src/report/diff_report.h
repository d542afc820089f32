// A diff on its way out: what each format has to render. Images are rendered by many threads, one image a call; header
// and summary by one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "diff/firmware_diff.h"
#include "record/firmware.h"

namespace strata::report {

/// Version of the JSON forms; bumped when a field changes its meaning.
inline constexpr unsigned kDiffSchema = 1;

class DiffReport {
  public:
    using Write = std::function<void(std::string_view)>;

    DiffReport() = default;
    DiffReport(const DiffReport&) = delete;
    DiffReport& operator=(const DiffReport&) = delete;
    virtual ~DiffReport() = default;

    /// `rules` are those that are applied.
    virtual std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet rules) = 0;
    /// Safe from many threads.
    virtual std::string image(const diff::ImageDiff& diff) const = 0;
    /// Put between two images; only JSON needs one.
    virtual std::string separator() const { return {}; }
    virtual std::string summary(const diff::DiffSummary& summary) = 0;

    /// Takes what image() made, in path order, from one thread. Formats whose order is another put it aside (spool.h)
    /// and write it in finish().
    virtual void place(const diff::RenderedImage& image, const Write& write);
    /// Called once, last.
    virtual void finish(const diff::DiffSummary& totals, const Write& write) { write(summary(totals)); }

    /// Around and between several reports of a chain of firmwares that are written as one text.
    struct ChainMarks {
        std::string begin;
        std::string between;
        std::string end;
    };
    virtual ChainMarks chain_marks() const { return {}; }

  private:
    bool first_ = true;
};

/// One object a line.
std::unique_ptr<DiffReport> make_jsonl_report();
/// One document with the same objects.
std::unique_ptr<DiffReport> make_json_report();
/// One self-contained page for a browser.
std::unique_ptr<DiffReport> make_html_report();
/// How the report for people looks.
struct TextStyle {
    bool colour = false;  ///< ANSI colours
    size_t width = 0;     ///< columns; longer lines are folded. 0: never
};
std::unique_ptr<DiffReport> make_text_report(TextStyle style = {});
/// The lines of a piece that the text report's image() made, without what the summary needs of it.
std::string_view text_of_image(std::string_view piece);

}  // namespace strata::report
