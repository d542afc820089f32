#include "report/ipsw_body.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>

#include "base/text.h"
#include "report/go_text.h"
#include "report/line_diff.h"
#include "report/markdown_text.h"

namespace strata::report {
namespace {

using Function = IpswSide::Function;
using Functions = std::vector<Function>;

std::string hex_of(uint64_t value) {
    char text[19];
    std::snprintf(text, sizeof text, "%#llx", static_cast<unsigned long long>(value));
    return value == 0 ? "0x0" : text;
}

std::string sizes(const Function& before, const Function& after) {
    return " : " + std::to_string(before.size) + " -> " + std::to_string(after.size) + "\n";
}

/// A name on its line: one with control characters in it is escaped, so that it cannot pretend to be several lines.
/// (The only place where a body is not what ipsw prints.)
std::string one_line(std::string_view name) {
    const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
        return static_cast<uint8_t>(c) < 0x20 || static_cast<uint8_t>(c) == 0x7f;
    });
    return plain ? std::string(name) : base::terminal_safe(name);
}

/// Whether the pairs after `at` settle down: three in a row of equal size among the next six.
bool recovers(const Functions& before, const Functions& after, size_t at) {
    constexpr size_t kAhead = 6;
    constexpr size_t kEnough = 3;
    if (at + kAhead >= before.size()) return false;
    size_t equal = 0;
    for (size_t i = at + 1; i <= at + kAhead; ++i) {
        equal = before[i].size == after[i].size ? equal + 1 : 0;
        if (equal == kEnough) return true;
    }
    return false;
}

/// Lists of the same length: pair by pair.
std::string paired_functions(const Functions& before, const Functions& after) {
    constexpr size_t kMostMismatches = 5;
    std::string text;
    size_t mismatches = 0;
    for (size_t i = 0; i < before.size(); ++i) {
        if (before[i].name == after[i].name || before[i].size == after[i].size) {
            if (before[i].size != after[i].size) text += "~ " + one_line(before[i].name) + sizes(before[i], after[i]);
            mismatches = 0;
            continue;
        }
        text += "~ " + one_line(before[i].name) + " -> " + one_line(after[i].name) + sizes(before[i], after[i]);
        if (++mismatches >= kMostMismatches && !recovers(before, after, i)) return {};
    }
    return text;
}

/// Lists of different lengths: a step on one side where the next size fits.
std::string stepped_functions(const Functions& before, const Functions& after) {
    constexpr size_t kMostNoise = 6;
    std::string text;
    size_t b = 0;
    size_t a = 0;
    size_t noise = 0;
    while (b < before.size() && a < after.size()) {
        if (before[b].name == after[a].name || before[b].size == after[a].size) {
            if (before[b].size != after[a].size) text += "~ " + one_line(before[b].name) + sizes(before[b], after[a]);
            ++b, ++a, noise = 0;
            continue;
        }
        if (a + 1 < after.size() && before[b].size == after[a + 1].size)
            text += "+ " + one_line(after[a++].name) + "\n";
        else if (b + 1 < before.size() && before[b + 1].size == after[a].size)
            text += "- " + one_line(before[b++].name) + "\n";
        // Where neither fits, ipsw stays where it is: it burns to its limit.
        if (++noise >= kMostNoise) return {};
    }
    return text;
}

std::vector<std::string> content_changes(const IpswSide& before, const IpswSide& after) {
    std::map<std::string_view, const IpswSide::Section*> by_name;
    for (const auto& section : after.sections) by_name[section.name] = &section;
    std::vector<std::string> changes;
    for (const auto& section : before.sections) {
        const auto other = by_name.find(section.name);
        if (other != by_name.end() && other->second->size == section.size && *other->second != section)
            changes.push_back(section.name);
    }
    return changes;
}

/// "+ x" for what is new, then "- x" for what is gone. True when there was any.
template <typename Show>
bool add_sets(std::string& text, const char* title, const std::vector<std::string_view>& before,
              const std::vector<std::string_view>& after, const Show& show) {
    std::vector<std::string_view> added;
    std::vector<std::string_view> removed;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(added));
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(removed));
    if (added.empty() && removed.empty()) return false;
    text += title;
    for (const auto value : added) text.append("+ ").append(show(value)) += '\n';
    for (const auto value : removed) text.append("- ").append(show(value)) += '\n';
    return true;
}

bool has_changed_lines(std::string_view text) {
    const auto lines = lines_of(text);
    return std::any_of(lines.begin(), lines.end(),
                       [](std::string_view line) { return line.starts_with('+') || line.starts_with('-'); });
}

}  // namespace

bool ipsw_equivalent(const IpswSide& before, const IpswSide& after) {
    const auto as_set = [](std::vector<std::string> list) {
        list.erase(std::unique(list.begin(), list.end()), list.end());
        return list;
    };
    return as_set(before.imports) == as_set(after.imports) && before.sections == after.sections &&
           before.symbols == after.symbols && before.strings == after.strings &&
           std::equal(before.functions.begin(), before.functions.end(), after.functions.begin(), after.functions.end(),
                      [](const Function& b, const Function& a) { return b.size == a.size; });
}

std::string ipsw_header(const IpswSide& side) {
    std::string text;
    if (!side.version.empty()) text += side.version + "\n";
    for (const auto& section : side.sections)
        text += "  " + one_line(section.name) + ": " + hex_of(section.size) + "\n";
    for (const auto& import : side.imports) text += "  - " + one_line(import) + "\n";
    text += "  Functions: " + std::to_string(side.functions.size()) + "\n";
    text += "  Symbols:   " + std::to_string(side.symbols.size()) + "\n";
    text += "  CStrings:  " + std::to_string(side.strings.size()) + "\n";
    return text;
}

std::string ipsw_functions(const Functions& before, const Functions& after) {
    return before.size() == after.size() ? paired_functions(before, after) : stepped_functions(before, after);
}

std::string ipsw_body(const IpswSide& before, const IpswSide& after, IpswForm form) {
    // ipsw hands one more line end to git than the text has: it shows as an empty line of context.
    std::string text = unified_hunks(ipsw_header(before) + "\n", ipsw_header(after) + "\n");
    bool has_rows = has_changed_lines(text);
    const auto contents = content_changes(before, after);
    if (form == IpswForm::kText && !contents.empty()) {
        text += "Sections with same size but changed content:\n";
        for (const auto& name : contents) text += "- " + one_line(name) + "\n";
    }
    has_rows |= add_sets(text, "Symbols:\n", before.symbols, after.symbols, one_line);
    const std::string functions = ipsw_functions(before.functions, after.functions);
    has_rows |= has_changed_lines(functions);
    if (!functions.empty()) text += "Functions:\n" + functions;
    has_rows |= add_sets(text, "CStrings:\n", before.strings, after.strings, go_quoted);
    if (form == IpswForm::kText) return text;
    std::string markdown;
    if (!contents.empty()) markdown += "### Sections with Same Size but Changed Content\n\n";
    for (const auto& name : contents) markdown += "- " + markdown_code(name) + "\n";
    if (text.empty()) return markdown;
    if (!markdown.empty()) markdown += '\n';
    // In place: a body may have tens of megabytes.
    text.insert(0, markdown + (has_rows ? "```diff\n" : "```text\n"));
    return std::move(text += "```\n");
}

}  // namespace strata::report
