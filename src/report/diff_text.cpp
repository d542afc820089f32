// The report for a terminal: a summary that fits a screen, then the images, the most relevant first.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/count_text.h"
#include "base/error.h"
#include "base/text.h"
#include "report/diff_report.h"
#include "report/facts_text.h"
#include "report/fold.h"
#include "report/ranked_spool.h"
#include "report/rows.h"

namespace strata::report {
namespace {

using base::terminal_safe;
using diff::ImageDiff;
using diff::Status;

// ANSI colours.
constexpr const char* kBold = "1";
constexpr const char* kPlus = "32";
constexpr const char* kMinus = "31";
constexpr const char* kChange = "33";

/// Each line by itself: pagers and terminals forget colours at the end of a line, or should.
std::string painted(const TextStyle& style, const std::string& paint, const std::string& text) {
    return style.colour && !paint.empty() ? "\033[" + paint + "m" + text + "\033[0m" : text;
}

std::string firmware_line(const record::Firmware& firmware) {
    std::string line = terminal_safe(firmware.name);
    line += "  (" + base::count_text(firmware.images, "image");
    if (firmware.failed != 0) line += ", " + std::to_string(firmware.failed) + " failed";
    if (!firmware.complete) line += ", indexing not finished";
    return line + ")";
}

/// An image's lines, folded to the width of the screen and painted.
class Body : public RowVisitor {
  public:
    explicit Body(const TextStyle& style) : style_(style) {}

    void note(std::string_view label, std::string_view text) override {
        line("", "  " + std::string(label) + " " + terminal_safe(text), 4);
    }
    void scalar(const char* fact, std::string_view before, std::string_view after) override {
        line("",
             "  " + std::string(fact) + ": " + terminal_safe(before.empty() ? "(none)" : before) + " -> " +
                 terminal_safe(after.empty() ? "(none)" : after),
             4);
    }
    void group(std::string_view title, const RowCounts& counts) override {
        line("", "  " + std::string(title) + ":", 4);
        if (title == kLeftOutGroup) return;
        counts_.append(title) += '=' + std::to_string(counts.added) + ',' + std::to_string(counts.removed) + ',' +
                                 std::to_string(counts.changed) + ';';
    }
    void row(char sign, std::string_view name, std::string_view detail) override {
        sign_line(sign, terminal_safe(name) + (detail.empty() ? "" : "  " + terminal_safe(detail)));
    }
    bool facts(const diff::FactGroup& group) override {
        walk_fact_lines(group,
                        [&](FactSign sign, const std::string& text) { sign_line(static_cast<char>(sign), text); });
        return true;
    }

    void line(const char* paint, std::string_view text, size_t indent) {
        for (const auto& piece : folded(text, style_.width, indent)) text_ += painted(style_, paint, piece) + "\n";
    }
    std::string take() { return std::move(text_); }
    std::string take_counts() { return std::move(counts_); }

  private:
    void sign_line(char sign, const std::string& text) {
        const char* paint = sign == '+' ? kPlus : sign == '-' ? kMinus : sign == '~' ? kChange : "";
        line(paint, std::string("    ") + sign + " " + text, 8);
    }

    const TextStyle& style_;
    std::string text_;
    std::string counts_;
};

/// What the summary and the list of the most relevant images need of an image, ahead of its text: fields that end with
/// NUL, which no path and no reason holds.
struct Headline {
    std::string_view path;
    std::string_view reasons;
    std::string_view counts;  ///< "symbols=1,2,3;...": added, removed, changed

    static std::string pack(std::string_view path, std::string_view reasons, std::string_view counts) {
        std::string text;
        for (const auto field : {path, reasons, counts}) text.append(field) += '\0';
        return text;
    }
    /// Takes the headline off `text`.
    static Headline unpack(std::string_view& text) {
        Headline line;
        for (auto* field : {&line.path, &line.reasons, &line.counts}) {
            *field = text.substr(0, text.find('\0'));
            text.remove_prefix(field->size() + 1);
        }
        return line;
    }
};

/// How many facts of each kind changed, in all images.
class KindTotals {
  public:
    void add(std::string_view counts) {
        while (!counts.empty()) {
            const size_t name = counts.find('=');
            RowCounts& sum = sum_of(counts.substr(0, name));
            counts.remove_prefix(name + 1);
            for (size_t* part : {&sum.added, &sum.removed, &sum.changed}) {
                size_t digits = 0;
                size_t number = 0;
                for (; counts[digits] >= '0' && counts[digits] <= '9'; ++digits)
                    number = number * 10 + static_cast<size_t>(counts[digits] - '0');
                *part += number;
                counts.remove_prefix(digits + 1);
            }
        }
    }
    /// "symbols +3 -1, functions ~2", empty when nothing changed. In the order of an image's lists, whichever image
    /// came first.
    std::string text() {
        std::stable_sort(sums_.begin(), sums_.end(), [](const auto& a, const auto& b) {
            return std::pair(place_of(a.first), a.first) < std::pair(place_of(b.first), b.first);
        });
        std::string all;
        for (const auto& [kind, counts] : sums_) {
            all += (all.empty() ? "" : ", ") + kind;
            const auto part = [&](const char* sign, size_t count) {
                if (count != 0) all += sign + std::to_string(count);
            };
            part(" +", counts.added);
            part(" -", counts.removed);
            part(" ~", counts.changed);
        }
        return all;
    }

  private:
    /// Facts columns come last.
    static size_t place_of(const std::string& kind) {
        static constexpr std::array kOrder{"sections", "shared pool", "dependencies", "load commands",
                                           "symbols",  "functions",   "strings"};
        return static_cast<size_t>(std::find(kOrder.begin(), kOrder.end(), kind) - kOrder.begin());
    }
    RowCounts& sum_of(std::string_view kind) {
        for (auto& [name, counts] : sums_)
            if (name == kind) return counts;
        return sums_.emplace_back(std::string(kind), RowCounts{}).second;
    }
    std::vector<std::pair<std::string, RowCounts>> sums_;
};

std::string padded(std::string text, size_t columns) {
    const size_t now = display_width(text);
    return now < columns ? text.append(columns - now, ' ') : text;
}

class TextReport : public DiffReport {
  public:
    explicit TextReport(TextStyle style) : style_(style) {}

    /// Kept for finish(): nothing is written before everything is compared.
    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet) override {
        header_ = painted_lines(kMinus, "--- " + firmware_line(before), 4) +
                  painted_lines(kPlus, "+++ " + firmware_line(after), 4);
        return {};
    }

    /// A headline, and the text.
    std::string image(const ImageDiff& diff) const override {
        Body body(style_);
        body.line("", "", 0);
        title(body, diff);
        visit_rows(diff, body);
        std::string reasons;
        for (size_t i = 0; i < diff.relevance.reasons.size(); ++i) {
            if (i != 0) reasons += ", ";
            if (i == kReasons) {
                reasons += "...";
                break;
            }
            reasons += diff.relevance.reasons[i];
        }
        return Headline::pack(diff.path, reasons, body.take_counts()) + body.take();
    }

    std::string summary(const diff::DiffSummary& summary) override {
        std::string counts;
        uint64_t differ = 0;
        for (const auto status : diff::kStatuses) {
            counts += (counts.empty() ? "" : ", ") + std::to_string(summary.count(status)) + " " +
                      std::string(diff::status_name(status));
            if (status != Status::kUnchanged) differ += summary.count(status);
        }
        std::string text = "\n" + painted_lines(kBold, counts, 2);
        if (summary.skipped != 0)
            text += base::count_text(summary.skipped, "image") + (summary.skipped == 1 ? " was" : " were") +
                    " not looked at\n";
        if (summary.shown != differ)
            text += "showing " + std::to_string(summary.shown) + " of " + std::to_string(differ) + " that differ\n";
        if (const auto kinds = kinds_.text(); !kinds.empty()) text += painted_lines("", "changed: " + kinds, 2);
        std::string noise;
        for (size_t i = 0; i < diff::kRules.size(); ++i)
            if (summary.suppressed[i] != 0)
                noise += (noise.empty() ? "left out as noise: " : ", ") + std::to_string(summary.suppressed[i]) +
                         " by " + diff::kRules[i].name;
        if (!noise.empty()) text += painted_lines("", noise + " (strata rules says why)", 2);
        return text;
    }

    /// The summary first, then the most relevant images: both are known last.
    void place(const diff::RenderedImage& image, const Write&) override {
        std::string_view text = image.text;
        kinds_.add(Headline::unpack(text).counts);
        aside_.add(image);
    }
    void finish(const diff::DiffSummary& totals, const Write& write) override {
        write(header_);
        write(summary(totals));
        if (aside_.size() > 1) write(most_relevant());
        aside_.by_relevance([&](const diff::RenderedImage& image) {
            std::string_view text = image.text;
            Headline::unpack(text);
            write(text);
        });
    }
    ChainMarks chain_marks() const override { return {"", "\n", ""}; }

  private:
    // With these the summary fits a screen of 24 lines.
    static constexpr size_t kListed = 8;
    static constexpr size_t kReasons = 3;

    std::string painted_lines(const char* paint, std::string_view line, size_t indent) const {
        std::string text;
        for (const auto& piece : folded(line, style_.width, indent)) text += painted(style_, paint, piece) + "\n";
        return text;
    }

    /// A line for each of the first images: score, status, name, why.
    std::string most_relevant() {
        struct Line {
            std::string name;
            std::string left;
            std::string reasons;
        };
        std::vector<Line> lines;
        size_t widest = 0;
        aside_.by_relevance(
            [&](const diff::RenderedImage& image) {
                std::string_view text = image.text;
                const auto head = Headline::unpack(text);
                Line line;
                line.left = std::to_string(image.score);
                line.left.insert(0, 5 - std::min<size_t>(5, line.left.size()), ' ');
                line.left += "  " + padded(std::string(diff::status_name(image.status)), 9);
                line.name = clipped(terminal_safe(head.path.substr(head.path.rfind('/') + 1)), 32);
                line.reasons = terminal_safe(head.reasons);
                widest = std::max(widest, display_width(line.name));
                lines.push_back(std::move(line));
            },
            kListed);
        std::string text = "\nmost relevant:\n";
        for (auto& line : lines) {
            std::string all =
                line.left + (line.reasons.empty() ? line.name : padded(line.name, widest + 2)) + line.reasons;
            text += clipped(all, style_.width) + "\n";
        }
        return text;
    }

    static void title(Body& body, const ImageDiff& diff) {
        const std::string path = terminal_safe(diff.path);
        constexpr size_t kIndent = 10;  // as wide as the word before the path
        switch (diff.status) {
            case Status::kAdded:
                return body.line(kPlus, "added     " + path, kIndent);
            case Status::kRemoved:
                return body.line(kMinus, "removed   " + path, kIndent);
            case Status::kFailed:
                body.line(kMinus, "failed    " + path, kIndent);
                return body.line(
                    "",
                    "  " + diff.failed_side + " side could not be read: " + terminal_safe(failure_text(*diff.failure)),
                    4);
            case Status::kMoved:
                return body.line(kBold, "moved     " + path, kIndent);
            default:
                return body.line(kBold, std::string(diff::status_name(diff.status)) + "   " + path, kIndent);
        }
    }

    static std::string failure_text(const record::Failure& failure) {
        std::string text = failure.file;
        if (failure.offset) text += " at offset " + base::hex(*failure.offset);
        text += (text.empty() ? "" : ": ") + failure.message;
        return failure.expected.empty() ? text : text + "; expected " + failure.expected;
    }

    const TextStyle style_;
    std::string header_;
    KindTotals kinds_;
    RankedSpool aside_;
};

}  // namespace

std::unique_ptr<DiffReport> make_text_report(TextStyle style) {
    return std::make_unique<TextReport>(style);
}

std::string_view text_of_image(std::string_view piece) {
    Headline::unpack(piece);
    return piece;
}

}  // namespace strata::report
