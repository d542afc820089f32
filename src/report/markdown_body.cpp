#include "base/text.h"
#include "report/ipsw_body.h"
#include "report/markdown.h"
#include "report/markdown_text.h"
#include "report/rows.h"

namespace strata::report {
namespace {

// Longer lists are collapsed.
constexpr size_t kLongList = 30;

class BodyWriter : public RowVisitor {
  public:
    void note(std::string_view label, std::string_view text) override {
        text_ +=
            (text_.empty() ? "" : "\n") + std::string("_") + markdown_text(label) + "_ " + markdown_text(text) + "\n";
    }

    void scalar(const char* fact, std::string_view before, std::string_view after) override {
        if (!has_table_) text_ += std::string(text_.empty() ? "" : "\n") + "| fact | old | new |\n|---|---|---|\n";
        has_table_ = true;
        text_ += std::string("| ") + fact + " | " + cell(before) + " | " + cell(after) + " |\n";
    }

    void group(std::string_view title, const RowCounts& counts) override {
        end_group();
        collapsed_ = counts.total() >= kLongList;
        const std::string head = std::string(title) + " (" + counts_text(counts) + ")";
        if (!text_.empty()) text_ += '\n';
        text_ += collapsed_ ? "<details><summary><b>" + head + "</b></summary>\n\n" : "**" + head + "**\n\n";
        text_ += "```diff\n";
        open_ = true;
    }

    void row(char sign, std::string_view name, std::string_view detail) override {
        text_ += sign;
        text_ += ' ';
        text_ += markdown_line(name);
        if (!detail.empty()) text_ += "  " + markdown_line(detail);
        text_ += '\n';
    }

    std::string take() {
        end_group();
        return std::move(text_);
    }

  private:
    static std::string cell(std::string_view value) { return value.empty() ? "" : markdown_code(value); }

    static std::string counts_text(const RowCounts& counts) {
        std::string text;
        const auto add = [&](const char* sign, size_t count) {
            if (count != 0) text += (text.empty() ? "" : " ") + std::string(sign) + std::to_string(count);
        };
        add("+", counts.added);
        add("−", counts.removed);
        add("~", counts.changed);
        return text;
    }

    void end_group() {
        if (!open_) return;
        text_ += collapsed_ ? "```\n\n</details>\n" : "```\n";
        open_ = false;
    }

    std::string text_;
    bool has_table_ = false;
    bool open_ = false;
    bool collapsed_ = false;
};

}  // namespace

MarkdownBody own_markdown_body() {
    return {[](const diff::ImageDiff& diff) {
                BodyWriter writer;
                visit_rows(diff, writer);
                return writer.take();
            },
            false};
}

MarkdownBody ipsw_markdown_body(store::Reader& reader) {
    return {[&reader](const diff::ImageDiff& diff) -> std::string {
                if (diff.before == nullptr || diff.after == nullptr) return {};
                const IpswSide before = read_ipsw_side(reader, *diff.before);
                const IpswSide after = read_ipsw_side(reader, *diff.after);
                return ipsw_equivalent(before, after) ? "" : ipsw_body(before, after, IpswForm::kMarkdown);
            },
            true};
}

}  // namespace strata::report
