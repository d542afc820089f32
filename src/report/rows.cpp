#include "report/rows.h"

#include "base/count_text.h"
#include "base/error.h"

namespace strata::report {
namespace {

using diff::ScalarChange;

std::string details_text(const std::vector<ScalarChange>& details) {
    std::string text;
    for (const auto& detail : details) {
        text += std::string(text.empty() ? "" : ", ") + detail.fact;
        // What a digest says: that the content differs, not what it is.
        if (detail.before.empty() && detail.after.empty())
            text += " changed";
        else
            text += " " + detail.before + " -> " + detail.after;
    }
    return text;
}

template <typename Lists>
RowCounts counts_of(const Lists& lists) {
    RowCounts counts{lists.added.size(), lists.removed.size(), 0};
    if constexpr (requires { lists.changed; }) counts.changed += lists.changed.size();
    if constexpr (requires { lists.resized; }) counts.changed += lists.resized.size();
    if constexpr (requires { lists.renamed; }) counts.changed += lists.renamed.size();
    if constexpr (requires { lists.moved; }) counts.changed += lists.moved != 0 ? 1 : 0;
    return counts;
}

/// Visits the lists of one sort; `name` and `detail` make the texts of a row.
template <typename Lists, typename Name, typename Detail>
void visit_lists(RowVisitor& visitor, std::string_view title, const Lists& lists, const Name& name,
                 const Detail& detail) {
    const auto visit = [&](char sign, const auto& list) {
        for (const auto& item : list) visitor.row(sign, name(item), detail(sign, item));
    };
    const RowCounts counts = counts_of(lists);
    if (counts.total() == 0) return;
    visitor.group(title, counts);
    if constexpr (requires { visitor.facts(lists); })
        if (visitor.facts(lists)) return;
    visit('+', lists.added);
    visit('-', lists.removed);
    if constexpr (requires { lists.resized; }) visit('~', lists.resized);
    if constexpr (requires { lists.changed; }) visit('~', lists.changed);
    if constexpr (requires { lists.renamed; })
        for (const auto& item : lists.renamed) visitor.row('~', item.old_name + " -> " + item.name, "renamed");
    if constexpr (requires { lists.moved; })
        if (lists.moved != 0)
            visitor.row('~', std::to_string(lists.moved) + " " + std::string(title), "in another order");
}

std::string section_detail(char sign, const diff::SectionChange& section) {
    if (sign == '+') return base::hex(section.after);
    if (sign == '-') return base::hex(section.before);
    if (!section.details.empty()) return details_text(section.details);
    return base::hex(section.before) + " -> " + base::hex(section.after);
}

std::string dependency_detail(char, const diff::DependencyChange& dependency) {
    const std::string kind = dependency.kind == "load" ? "" : "(" + dependency.kind + ")";
    const std::string versions = details_text(dependency.details);
    return kind + (kind.empty() || versions.empty() ? "" : "  ") + versions;
}

std::string symbol_kind(const diff::SymbolFact& symbol) {
    std::string text(record::symbol_kind_name(symbol.kind));
    if (!symbol.dylib.empty()) text.append(" from ").append(symbol.dylib);
    if (!symbol.target.empty()) text.append(" as ").append(symbol.target);
    return text;
}

/// What a change is told with: flags only when they are what changed.
std::string symbol_side(const diff::SymbolFact& symbol, const diff::SymbolFact& other) {
    std::string text = symbol_kind(symbol);
    const auto flag = [&](uint8_t bit, const char* name) {
        if (((symbol.flags ^ other.flags) & bit) != 0)
            text += std::string((symbol.flags & bit) != 0 ? ", " : ", not ") + name;
    };
    flag(record::kSymbolExported, "exported");
    flag(record::kSymbolWeak, "weak");
    flag(record::kSymbolPrivate, "private");
    return text;
}

template <typename Symbol>
std::string symbol_name(const Symbol& symbol) {
    if constexpr (requires { symbol.after; })
        return std::string(symbol.after.name);
    else
        return std::string(symbol.name);
}

template <typename Symbol>
std::string symbol_detail(const Symbol& symbol) {
    if constexpr (requires { symbol.after; })
        return "(" + symbol_side(symbol.before, symbol.after) + " -> " + symbol_side(symbol.after, symbol.before) + ")";
    else
        return "(" + symbol_kind(symbol) + ")";
}

std::string function_name(const diff::FunctionChange& function) {
    return function.name.empty() ? "sub_" + base::hex(function.address).substr(2) : function.name;
}

template <typename Function>
std::string function_detail(char sign, const Function& function) {
    if constexpr (requires { function.what; })
        if (std::string_view(function.what) != "")
            return std::string(function.what) + " changed, " + base::count_text(function.after, "byte") + " as before";
    if (sign == '+') return base::count_text(function.after, "byte");
    if (sign == '-') return base::count_text(function.before, "byte");
    return std::to_string(function.before) + " -> " + base::count_text(function.after, "byte");
}

template <typename Fact>
std::string fact_name(const Fact& fact) {
    std::string text(fact.owner);
    if (!text.empty() && !fact.name.empty()) text += "  ";
    return text.append(fact.name);
}

template <typename Fact>
std::string fact_detail(const Fact& fact) {
    if constexpr (requires { fact.value; })
        return std::string(fact.value);
    else
        return "\"" + std::string(fact.before) + "\" -> \"" + std::string(fact.after) + "\"";
}

void visit_notes(const diff::ImageDiff& diff, RowVisitor& visitor) {
    if (!diff.from.empty()) visitor.note("moved from", diff.from);
    if (diff.relevance.score != 0) {
        std::string text = std::to_string(diff.relevance.score);
        for (size_t i = 0; i < diff.relevance.reasons.size(); ++i)
            text += (i == 0 ? ": " : ", ") + diff.relevance.reasons[i];
        visitor.note("relevance", text);
    }
    for (const auto& info : diff::kRules) {
        const auto count = diff.suppressed[static_cast<size_t>(info.rule)];
        if (count != 0) visitor.note("left out as noise:", std::to_string(count) + " by " + info.name);
    }
}

void visit_shared_pool(const std::vector<diff::PooledSection>& sections, RowVisitor& visitor) {
    if (sections.empty()) return;
    visitor.group("shared pool", {0, 0, sections.size()});
    for (const auto& section : sections) {
        std::string detail = base::hex(section.size) + " bytes";
        if (section.strings != 0) detail += " with " + base::count_text(section.strings, "string");
        detail += section.to_pool ? " moved to the shared pool" : " moved back from the shared pool";
        visitor.row('~', section.full_name(), detail);
    }
}

/// What noise rules took out, when that was asked for.
void visit_left_out(const std::vector<diff::LeftOutText>& facts, RowVisitor& visitor) {
    if (facts.empty()) return;
    RowCounts counts;
    for (const auto& fact : facts) ++(fact.added ? counts.added : counts.removed);
    visitor.group(kLeftOutGroup, counts);
    for (const auto& fact : facts) {
        std::string detail = std::string("(") + fact.sort;
        if (!fact.detail.empty()) detail += ", " + fact.detail;
        visitor.row(fact.added ? '+' : '-', fact.text, detail + "; " + diff::rule_info(fact.rule).name + ")");
    }
}

}  // namespace

void visit_rows(const diff::ImageDiff& diff, RowVisitor& visitor) {
    visit_notes(diff, visitor);
    for (const auto& scalar : diff.scalars) visitor.scalar(scalar.fact, scalar.before, scalar.after);
    const auto section = [](const diff::SectionChange& s) { return s.segment + "," + s.section; };
    visit_lists(visitor, "sections", diff.sections, section, section_detail);
    visit_shared_pool(diff.shared_pool, visitor);
    visit_lists(
        visitor, "dependencies", diff.dependencies, [](const auto& d) { return d.name; }, dependency_detail);
    visit_lists(
        visitor, "load commands", diff.load_commands,
        [](const auto& c) { return c.text.empty() ? c.command : c.command + " " + c.text; },
        [](char, const auto& c) { return details_text(c.details); });
    visit_lists(
        visitor, "symbols", diff.symbols, [](const auto& s) { return symbol_name(s); },
        [](char, const auto& s) { return symbol_detail(s); });
    visit_lists(visitor, "functions", diff.functions, function_name,
                [](char sign, const auto& f) { return function_detail(sign, f); });
    visit_lists(
        visitor, "strings", diff.strings, [](const auto& s) { return "\"" + std::string(s.value) + "\""; },
        [](char, const auto& s) { return "(" + std::string(s.section) + ")"; });
    for (const auto& group : diff.facts)
        visit_lists(
            visitor, record::column_name(group.kind), group, [](const auto& f) { return fact_name(f); },
            [](char, const auto& f) { return fact_detail(f); });
    visit_left_out(diff.left_out, visitor);
}

}  // namespace strata::report
