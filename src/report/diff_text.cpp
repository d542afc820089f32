#include "base/text.h"
#include "report/diff_report.h"
#include "report/facts_text.h"
#include "report/ranked_spool.h"

namespace strata::report {
namespace {

using base::terminal_safe;
using diff::ImageDiff;
using diff::Status;

/// ANSI colours, or nothing.
class Palette {
  public:
    explicit Palette(bool on) : on_(on) {}
    std::string bold(const std::string& text) const { return paint("1", text); }
    std::string plus(const std::string& text) const { return paint("32", text); }
    std::string minus(const std::string& text) const { return paint("31", text); }
    std::string change(const std::string& text) const { return paint("33", text); }

  private:
    std::string paint(const char* code, const std::string& text) const {
        return on_ ? "\033[" + std::string(code) + "m" + text + "\033[0m" : text;
    }
    bool on_;
};

std::string firmware_line(const record::Firmware& firmware) {
    std::string line = terminal_safe(firmware.name);
    line += "  (" + std::to_string(firmware.images) + " images";
    if (firmware.failed != 0) line += ", " + std::to_string(firmware.failed) + " failed";
    if (!firmware.complete) line += ", indexing not finished";
    return line + ")";
}

std::string quoted(std::string_view text) {
    return "\"" + terminal_safe(text) + "\"";
}

std::string details_text(const std::vector<diff::ScalarChange>& details) {
    std::string text;
    for (const auto& detail : details) {
        text += std::string(text.empty() ? "" : ", ") + detail.fact;
        if (!detail.before.empty() || !detail.after.empty())
            text += " " + terminal_safe(detail.before) + " -> " + terminal_safe(detail.after);
    }
    return text;
}

/// The lines below one image.
class Body {
  public:
    explicit Body(const Palette& palette) : palette_(palette) {}

    void heading(const char* title) { text_ += "  " + std::string(title) + ":\n"; }
    void plus(const std::string& line) { text_ += palette_.plus("    + " + line) + "\n"; }
    void minus(const std::string& line) { text_ += palette_.minus("    - " + line) + "\n"; }
    void change(const std::string& line) { text_ += palette_.change("    ~ " + line) + "\n"; }
    void note(const std::string& line) { text_ += "  " + line + "\n"; }
    void scalar(const diff::ScalarChange& change) {
        text_ += "  " + std::string(change.fact) + ": " +
                 terminal_safe(change.before.empty() ? "(none)" : change.before) + " -> " +
                 terminal_safe(change.after.empty() ? "(none)" : change.after) + "\n";
    }
    std::string take() { return std::move(text_); }

  private:
    const Palette& palette_;
    std::string text_;
};

void add_sections(Body& body, const diff::Changes<diff::SectionChange>& sections) {
    if (sections.empty()) return;
    const auto name = [](const diff::SectionChange& s) {
        const std::string segment = s.segment.empty() ? "" : terminal_safe(s.segment) + ",";  // ELF and PE have none
        return segment + terminal_safe(s.section);
    };
    body.heading("sections");
    for (const auto& s : sections.added) body.plus(name(s) + "  " + base::hex(s.after));
    for (const auto& s : sections.removed) body.minus(name(s) + "  " + base::hex(s.before));
    for (const auto& s : sections.resized)
        body.change(name(s) + "  " + base::hex(s.before) + " -> " + base::hex(s.after));
    for (const auto& s : sections.changed) body.change(name(s) + "  " + details_text(s.details) + " changed");
}

void add_dependencies(Body& body, const diff::Changes<diff::DependencyChange>& dependencies) {
    if (dependencies.empty()) return;
    const auto line = [](const diff::DependencyChange& d) {
        return terminal_safe(d.name) + (d.kind == "load" ? "" : "  (" + d.kind + ")");
    };
    body.heading("dependencies");
    for (const auto& d : dependencies.added) body.plus(line(d));
    for (const auto& d : dependencies.removed) body.minus(line(d));
    for (const auto& d : dependencies.changed) body.change(line(d) + "  " + details_text(d.details));
}

void add_load_commands(Body& body, const diff::Changes<diff::LoadCommandChange>& commands) {
    if (commands.empty()) return;
    const auto line = [](const diff::LoadCommandChange& c) {
        return c.command + (c.text.empty() ? "" : " " + terminal_safe(c.text));
    };
    body.heading("load commands");
    for (const auto& c : commands.added) body.plus(line(c));
    for (const auto& c : commands.removed) body.minus(line(c));
    for (const auto& c : commands.changed) body.change(line(c) + "  " + details_text(c.details));
}

std::string symbol_kind(const diff::SymbolFact& s) {
    std::string text(record::symbol_kind_name(s.kind));
    if (!s.dylib.empty()) text += " from " + terminal_safe(s.dylib);
    if (!s.target.empty()) text += " as " + terminal_safe(s.target);
    return text;
}

/// What a change is told with: flags only when they are what changed.
std::string symbol_side(const diff::SymbolFact& s, const diff::SymbolFact& other) {
    std::string text = symbol_kind(s);
    const auto flag = [&](uint8_t bit, const char* name) {
        if (((s.flags ^ other.flags) & bit) != 0) text += std::string((s.flags & bit) != 0 ? ", " : ", not ") + name;
    };
    flag(record::kSymbolExported, "exported");
    flag(record::kSymbolWeak, "weak");
    flag(record::kSymbolPrivate, "private");
    return text;
}

void add_symbols(Body& body, const diff::SymbolDifference& symbols) {
    if (symbols.empty()) return;
    const auto line = [](const diff::SymbolFact& s) { return terminal_safe(s.name) + "  (" + symbol_kind(s) + ")"; };
    body.heading("symbols");
    for (const auto& s : symbols.added) body.plus(line(s));
    for (const auto& s : symbols.removed) body.minus(line(s));
    for (const auto& [before, after] : symbols.changed)
        body.change(terminal_safe(after.name) + "  (" + symbol_side(before, after) + " -> " +
                    symbol_side(after, before) + ")");
}

void add_functions(Body& body, const diff::FunctionChanges& functions) {
    if (functions.empty() && functions.moved == 0) return;
    const auto name = [](const diff::FunctionChange& f) {
        return f.name.empty() ? "sub_" + base::hex(f.address).substr(2) : terminal_safe(f.name);
    };
    body.heading("functions");
    for (const auto& f : functions.added) body.plus(name(f) + "  " + std::to_string(f.after) + " bytes");
    for (const auto& f : functions.removed) body.minus(name(f) + "  " + std::to_string(f.before) + " bytes");
    for (const auto& f : functions.resized)
        body.change(name(f) + "  " + std::to_string(f.before) + " -> " + std::to_string(f.after) + " bytes");
    for (const auto& f : functions.changed)
        body.change(name(f) + "  " + f.what + " changed, " + std::to_string(f.after) + " bytes as before");
    for (const auto& f : functions.renamed)
        body.change(terminal_safe(f.old_name) + " -> " + terminal_safe(f.name) + "  renamed");
    if (functions.moved != 0) body.change(std::to_string(functions.moved) + " in another order");
}

void add_strings(Body& body, const diff::SetDifference<diff::StringFact>& strings) {
    if (strings.empty()) return;
    const auto line = [](const diff::StringFact& s) {
        return quoted(s.value) + "  (" + terminal_safe(s.section) + ")";
    };
    body.heading("strings");
    for (const auto& s : strings.added) body.plus(line(s));
    for (const auto& s : strings.removed) body.minus(line(s));
}

void add_shared_pool(Body& body, const std::vector<diff::PooledSection>& sections) {
    if (sections.empty()) return;
    body.heading("shared pool");
    for (const auto& s : sections) {
        std::string line = terminal_safe(s.full_name()) + "  " + base::hex(s.size) + " bytes";
        if (s.strings != 0) line += " with " + std::to_string(s.strings) + " strings";
        body.change(line + (s.to_pool ? " moved to the shared pool" : " moved back from the shared pool"));
    }
}

/// Counts of every rule that took something out, and what it was when that is known.
void add_left_out(Body& body, const ImageDiff& diff) {
    for (const auto& info : diff::kRules) {
        const auto count = diff.suppressed[static_cast<size_t>(info.rule)];
        if (count != 0) body.note("left out as noise: " + std::to_string(count) + " by " + info.name);
    }
    for (const auto& fact : diff.left_out) {
        std::string line = terminal_safe(fact.text) + "  (" + fact.sort;
        if (!fact.detail.empty()) line += ", " + terminal_safe(fact.detail);
        line += std::string("; ") + diff::rule_info(fact.rule).name + ")";
        fact.added ? body.plus(line) : body.minus(line);
    }
}

void add_relevance(Body& body, const diff::Relevance& relevance) {
    if (relevance.score == 0) return;
    std::string reasons;
    for (const auto& reason : relevance.reasons) reasons += (reasons.empty() ? "" : ", ") + reason;
    body.note("relevance " + std::to_string(relevance.score) + ": " + reasons);
}

void add_facts(Body& body, const diff::FactGroup& group) {
    body.heading(record::column_name(group.kind));
    walk_fact_lines(group, [&](FactSign sign, const std::string& line) {
        if (sign == FactSign::kAdded) body.plus(line);
        if (sign == FactSign::kRemoved) body.minus(line);
        if (sign == FactSign::kChanged) body.change(line);
        if (sign == FactSign::kSame) body.note("    " + line);
    });
}

class TextReport : public DiffReport {
  public:
    explicit TextReport(bool colour) : palette_(colour) {}

    std::string header(const record::Firmware& before, const record::Firmware& after, diff::RuleSet) override {
        return palette_.minus("--- " + firmware_line(before)) + "\n" + palette_.plus("+++ " + firmware_line(after)) +
               "\n";
    }

    std::string image(const ImageDiff& diff) const override {
        Body body(palette_);
        if (!diff.from.empty()) body.note("from " + terminal_safe(diff.from));
        add_relevance(body, diff.relevance);
        for (const auto& scalar : diff.scalars) body.scalar(scalar);
        add_sections(body, diff.sections);
        add_shared_pool(body, diff.shared_pool);
        add_dependencies(body, diff.dependencies);
        add_load_commands(body, diff.load_commands);
        add_symbols(body, diff.symbols);
        add_functions(body, diff.functions);
        add_strings(body, diff.strings);
        for (const auto& group : diff.facts) add_facts(body, group);
        add_left_out(body, diff);
        return "\n" + title(diff) + "\n" + body.take();
    }

    std::string summary(const diff::DiffSummary& summary) override {
        std::string text = "\n";
        uint64_t differ = 0;
        for (const auto status : diff::kStatuses) {
            text += std::to_string(summary.count(status)) + " " + std::string(diff::status_name(status)) +
                    (status == diff::kStatuses.back() ? "\n" : ", ");
            if (status != Status::kUnchanged) differ += summary.count(status);
        }
        if (summary.skipped != 0) text += std::to_string(summary.skipped) + " images were not looked at\n";
        if (summary.shown != differ)
            text += "showing " + std::to_string(summary.shown) + " of " + std::to_string(differ) + " that differ\n";
        for (size_t i = 0; i < diff::kRules.size(); ++i)
            if (summary.suppressed[i] != 0)
                text += "left out as noise: " + std::to_string(summary.suppressed[i]) + " by " + diff::kRules[i].name +
                        " (" + diff::kRules[i].why + ")\n";
        return text;
    }

    /// The summary first, then the most relevant images: both are known last.
    void place(const diff::RenderedImage& image, const Write&) override { aside_.add(image); }
    void finish(const diff::DiffSummary& totals, const Write& write) override {
        write(summary(totals));
        aside_.by_relevance([&](const diff::RenderedImage& image) { write(image.text); });
    }
    ChainMarks chain_marks() const override { return {"", "\n", ""}; }

  private:
    std::string title(const ImageDiff& diff) const {
        const std::string path = terminal_safe(diff.path);
        switch (diff.status) {
            case Status::kAdded:
                return palette_.plus("added     " + path);
            case Status::kRemoved:
                return palette_.minus("removed   " + path);
            case Status::kFailed:
                return palette_.minus("failed    " + path) + "\n  " + diff.failed_side +
                       " side could not be read: " + terminal_safe(failure_text(*diff.failure));
            case Status::kMoved:
                return palette_.bold("moved     " + path);
            default:
                return palette_.bold(std::string(diff::status_name(diff.status)) + "   " + path);
        }
    }

    static std::string failure_text(const record::Failure& failure) {
        std::string text = failure.file;
        if (failure.offset) text += " at offset " + base::hex(*failure.offset);
        text += (text.empty() ? "" : ": ") + failure.message;
        return failure.expected.empty() ? text : text + "; expected " + failure.expected;
    }

    Palette palette_;
    RankedSpool aside_;
};

}  // namespace

std::unique_ptr<DiffReport> make_text_report(bool colour) {
    return std::make_unique<TextReport>(colour);
}

}  // namespace strata::report
