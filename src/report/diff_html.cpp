// One self-contained page: style and script inside, data as JSON in script elements that nothing executes.
//
// The list of images comes first, then the script, then the rows of each image in an element of its own. So the page
// can be used as soon as its first part is read, whatever the size of the rest, and rows are looked at when somebody
// asks for them (report.js). List and rows wait in temporary files until all images are compared.
#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "base/text.h"
#include "macho/names.h"
#include "report/diff_report.h"
#include "report/html_parts.h"
#include "report/json.h"
#include "report/ranked_spool.h"
#include "report/rows.h"

namespace strata::report {
namespace {

using diff::Status;

/// Writes JSON that may stand in an HTML script element: no '<' is left, so nothing in it can end the element or open a
/// comment. '<' only occurs inside JSON texts. In pieces: it may have tens of megabytes.
void write_safe(std::string_view json, const DiffReport::Write& write) {
    for (;;) {
        const size_t at = json.find('<');
        write(json.substr(0, at));
        if (at == std::string_view::npos) return;
        write("\\u003C");
        json.remove_prefix(at + 1);
    }
}

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : base::terminal_safe(text)) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string base64(std::string_view bytes) {
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < bytes.size(); i += 3) {
        std::array<uint32_t, 3> part{};
        const size_t count = std::min<size_t>(3, bytes.size() - i);
        for (size_t j = 0; j < count; ++j) part[j] = static_cast<uint8_t>(bytes[i + j]);
        const uint32_t word = part[0] << 16 | part[1] << 8 | part[2];
        for (size_t j = 0; j < 4; ++j) out += j <= count ? kDigits[word >> (18 - 6 * j) & 63] : '=';
    }
    return out;
}

std::string hash_source(std::string_view text) {
    return "'sha256-" + base64(base::sha256(text.data(), text.size()).view()) + "'";
}

/// Only this style and this script, no network, nothing else: even a name that got through could do nothing.
std::string content_policy() {
    return "default-src 'none'; style-src " + hash_source(html_style()) + "; script-src " + hash_source(html_script()) +
           "; base-uri 'none'; form-action 'none'";
}

void write_side(JsonWriter& json, const char* key, const record::Firmware& firmware) {
    json.key(key).begin_object().field("name", firmware.name).field("images", firmware.images);
    json.field("failed", firmware.failed).field("platform", macho::platform_name(firmware.platform));
    json.field("os_version", firmware.os_version == 0 ? "" : base::version_text(firmware.os_version)).end_object();
}

/// Rows as {"n": [[label, text]...], "f": [[fact, old, new]...], "g": [[kind, ["+name", detail]...]...]}, and their
/// counts by kind.
class PageRows : public RowVisitor {
  public:
    PageRows() {
        rows_.begin_object().key("n").begin_array();
        counts_.begin_object();
    }

    void note(std::string_view label, std::string_view text) override {
        rows_.begin_array().text(label).text(text).end_array();
    }
    void scalar(const char* fact, std::string_view before, std::string_view after) override {
        enter(Part::kFacts);
        rows_.begin_array().text(fact).text(before).text(after).end_array();
    }
    void group(std::string_view title, const RowCounts& counts) override {
        enter(Part::kGroups);
        if (open_) rows_.end_array();
        open_ = true;
        rows_.begin_array().text(title);
        counts_.key(title).begin_array();
        for (const size_t count : {counts.added, counts.removed, counts.changed}) counts_.number(count);
        counts_.end_array();
    }
    void row(char sign, std::string_view name, std::string_view detail) override {
        rows_.begin_array().text(sign + std::string(name)).text(detail).end_array();
        // One copy of a long list is enough.
        if (rows_.size() >= kPiece) text_ += rows_.drain();
    }

    std::string take_counts() {
        counts_.end_object();
        return counts_.drain();
    }
    std::string take_rows() {
        enter(Part::kGroups);
        if (open_) rows_.end_array();
        rows_.end_array().end_object();
        return std::move(text_ += rows_.drain());
    }

  private:
    static constexpr size_t kPiece = 64U << 10;
    enum class Part : uint8_t { kNotes, kFacts, kGroups };

    /// They come in this order (rows.h).
    void enter(Part part) {
        for (; part_ != part; part_ = static_cast<Part>(static_cast<int>(part_) + 1))
            rows_.end_array().key(part_ == Part::kNotes ? "f" : "g").begin_array();
    }

    JsonWriter rows_;
    JsonWriter counts_;
    std::string text_;
    Part part_ = Part::kNotes;
    bool open_ = false;
};

std::string note_of(const diff::ImageDiff& diff) {
    if (!diff.from.empty()) return "from " + diff.from;
    if (!diff.failure) return {};
    const auto& failure = *diff.failure;
    return diff.failed_side + " side could not be read: " + (failure.file.empty() ? "" : failure.file + ": ") +
           failure.message + (failure.expected.empty() ? "" : "; expected " + failure.expected);
}

/// An element that nothing executes.
void write_element(const std::string& id, std::string_view json, const DiffReport::Write& write) {
    write("<script type=\"application/json\" id=\"" + id + "\">");
    write_safe(json, write);
    write("</script>\n");
}

class HtmlReport : public DiffReport {
  public:
    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet) override {
        title_ = html_text(before.name) + " → " + html_text(after.name);
        JsonWriter json;
        json.begin_object();
        write_side(json, "old", before);
        write_side(json, "new", after);
        json.end_object();
        sides_ = json.drain();
        return {};
    }

    /// What the list shows, a line end, and the rows, when there are any.
    std::string image(const diff::ImageDiff& diff) const override {
        PageRows rows;
        visit_rows(diff, rows);
        JsonWriter json;
        json.begin_array().text(diff::status_name(diff.status)).text(diff.path).text(note_of(diff));
        std::string line = json.drain() + "," + std::to_string(diff.relevance.score) + "," + rows.take_counts();
        const bool one_sided = diff.status == Status::kAdded || diff.status == Status::kRemoved;
        if (one_sided || diff.status == Status::kFailed) return line + ",0]\n";
        std::string text = rows.take_rows();
        return std::move(text.insert(0, line + ",1]\n"));
    }

    void place(const diff::RenderedImage& image, const Write&) override { aside_.add(image); }

    std::string summary(const diff::DiffSummary& summary) override {
        JsonWriter json;
        json.begin_object().field("unchanged", summary.count(Status::kUnchanged)).key("suppressed").begin_object();
        for (size_t i = 0; i < diff::kRules.size(); ++i) json.field(diff::kRules[i].name, summary.suppressed[i]);
        json.end_object().end_object();
        return json.drain();
    }

    void finish(const diff::DiffSummary& totals, const Write& write) override {
        std::string_view page = html_page();
        while (!page.empty()) {
            const size_t mark = std::min(page.find('@'), page.size());
            write(page.substr(0, mark));
            page.remove_prefix(mark);
            if (page.empty()) break;
            const size_t end = page.find('@', 1);
            fill(page.substr(1, end - 1), totals, write);
            page.remove_prefix(end + 1);
        }
    }

  private:
    /// What stands for a mark of the page.
    void fill(std::string_view mark, const diff::DiffSummary& totals, const Write& write) {
        if (mark == "CSP") write(content_policy());
        if (mark == "TITLE") write(title_);
        if (mark == "CSS") write(html_style());
        if (mark == "JS") write(html_script());
        if (mark == "DATA") {
            write_element("header", sides_, write);
            write_element("summary", summary(totals), write);
            write("<script type=\"application/json\" id=\"list\">[");
            const char* between = "";
            aside_.by_relevance([&](const diff::RenderedImage& image) {
                write(between);
                write_safe(std::string_view(image.text).substr(0, image.text.find('\n')), write);
                between = ",\n";
            });
            write("]</script>");
        }
        if (mark == "ROWS") write_rows(write);
    }

    /// In the order of the list.
    void write_rows(const Write& write) {
        size_t number = 0;
        aside_.by_relevance([&](const diff::RenderedImage& image) {
            const size_t end = image.text.find('\n');  // JSON writes line ends in texts as \n
            if (end + 1 == image.text.size()) return;
            write_element("r" + std::to_string(number++), std::string_view(image.text).substr(end + 1), write);
        });
    }

    std::string title_;
    std::string sides_;
    RankedSpool aside_;
};

}  // namespace

std::unique_ptr<DiffReport> make_html_report() {
    return std::make_unique<HtmlReport>();
}

}  // namespace strata::report
