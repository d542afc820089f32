// One self-contained page: style and script inside, data as JSON in script elements that nothing executes.
//
// Streaming: one element an image, written as images come; totals last. The page reads the first line of each element
// at once and the rest when somebody asks, so a report of thousands of images is quick to open (report.js).
#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "base/text.h"
#include "macho/names.h"
#include "report/diff_report.h"
#include "report/html_parts.h"
#include "report/json.h"
#include "report/rows.h"

namespace strata::report {
namespace {

using diff::Status;

/// JSON that may stand in an HTML script element: no '<' is left, so nothing in it can end the element or open a
/// comment.
/// '<' only occurs inside JSON texts.
std::string script_safe(std::string_view json) {
    std::string safe;
    safe.reserve(json.size());
    for (const char c : json) {
        if (c == '<')
            safe += "\\u003C";
        else
            safe += c;
    }
    return safe;
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
        notes_.begin_array();
        facts_.begin_array();
        groups_.begin_array();
        counts_.begin_object();
    }

    void note(std::string_view label, std::string_view text) override {
        notes_.begin_array().text(label).text(text).end_array();
    }
    void scalar(const char* fact, std::string_view before, std::string_view after) override {
        facts_.begin_array().text(fact).text(before).text(after).end_array();
    }
    void group(std::string_view title, const RowCounts& counts) override {
        if (open_) groups_.end_array();
        open_ = true;
        groups_.begin_array().text(title);
        counts_.key(title).begin_array();
        for (const size_t count : {counts.added, counts.removed, counts.changed}) counts_.number(count);
        counts_.end_array();
    }
    void row(char sign, std::string_view name, std::string_view detail) override {
        groups_.begin_array().text(sign + std::string(name)).text(detail).end_array();
    }

    std::string take_counts() {
        counts_.end_object();
        return counts_.drain();
    }
    std::string take_rows() {
        if (open_) groups_.end_array();
        notes_.end_array();
        facts_.end_array();
        groups_.end_array();
        return "{\"n\":" + notes_.drain() + ",\"f\":" + facts_.drain() + ",\"g\":" + groups_.drain() + "}";
    }

  private:
    JsonWriter notes_;
    JsonWriter facts_;
    JsonWriter groups_;
    JsonWriter counts_;
    bool open_ = false;
};

std::string note_of(const diff::ImageDiff& diff) {
    if (!diff.from.empty()) return "from " + diff.from;
    if (!diff.failure) return {};
    const auto& failure = *diff.failure;
    return diff.failed_side + " side could not be read: " + (failure.file.empty() ? "" : failure.file + ": ") +
           failure.message + (failure.expected.empty() ? "" : "; expected " + failure.expected);
}

std::string element(std::string_view attributes, std::string_view json) {
    return "<script type=\"application/json\" " + std::string(attributes) + ">" + script_safe(json) + "</script>\n";
}

class HtmlReport : public DiffReport {
  public:
    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet) override {
        const auto data = html_page().find("@DATA@");
        JsonWriter json;
        json.begin_object();
        write_side(json, "old", before);
        write_side(json, "new", after);
        json.end_object();
        const std::string title = html_text(before.name) + " → " + html_text(after.name);
        return filled(html_page().substr(0, data), title) + element("id=\"header\"", json.drain());
    }

    std::string image(const diff::ImageDiff& diff) const override {
        PageRows rows;
        visit_rows(diff, rows);
        JsonWriter json;
        json.begin_array().text(diff::status_name(diff.status)).text(diff.path).text(note_of(diff));
        std::string line = json.drain() + "," + std::to_string(diff.relevance.score) + "," + rows.take_counts() + "]";
        const bool one_sided = diff.status == Status::kAdded || diff.status == Status::kRemoved;
        if (!one_sided && diff.status != Status::kFailed) line += "\n" + rows.take_rows();
        return element("class=\"i\"", line);
    }

    std::string summary(const diff::DiffSummary& summary) override {
        JsonWriter json;
        json.begin_object().field("unchanged", summary.count(Status::kUnchanged)).key("suppressed").begin_object();
        for (size_t i = 0; i < diff::kRules.size(); ++i) json.field(diff::kRules[i].name, summary.suppressed[i]);
        json.end_object().end_object();
        const auto data = html_page().find("@DATA@") + std::string_view("@DATA@\n").size();
        return element("id=\"summary\"", json.drain()) + filled(html_page().substr(data), "");
    }

  private:
    /// The page's text with everything between two '@' put in.
    static std::string filled(std::string_view page, std::string_view title) {
        std::string text;
        while (!page.empty()) {
            const size_t mark = std::min(page.find('@'), page.size());
            text.append(page.substr(0, mark));
            page.remove_prefix(mark);
            if (page.empty()) break;
            const size_t end = page.find('@', 1);
            const std::string_view name = page.substr(1, end - 1);
            if (name == "CSP") text += content_policy();
            if (name == "TITLE") text.append(title);
            if (name == "CSS") text.append(html_style());
            if (name == "JS") text.append(html_script());
            page.remove_prefix(end + 1);
        }
        return text;
    }
};

}  // namespace

std::unique_ptr<DiffReport> make_html_report() {
    return std::make_unique<HtmlReport>();
}

}  // namespace strata::report
