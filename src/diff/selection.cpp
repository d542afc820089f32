#include "diff/selection.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/error.h"
#include "record/facts.h"

namespace strata::diff {
namespace {

constexpr std::string_view kHeader = "header";
constexpr std::string_view kSections = "sections";
constexpr std::string_view kDependencies = "dependencies";
constexpr std::string_view kLoadCommands = "load-commands";
constexpr std::string_view kSymbols = "symbols";
constexpr std::string_view kFunctions = "functions";
constexpr std::string_view kStrings = "strings";

bool matches(const std::string& pattern, const std::string& text) {
    return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(pattern, text); });
}

template <typename Part>
void clear(Part& part) {
    part = Part();
}

}  // namespace

bool PathFilter::selects(std::string_view path) const {
    if (empty()) return true;
    const std::string text(path);
    return (only.empty() || matches_any(only, text)) && !matches_any(skip, text);
}

std::vector<std::string_view> PartFilter::part_names() {
    std::vector<std::string_view> names{kHeader,  kSections,  kDependencies, kLoadCommands,
                                        kSymbols, kFunctions, kStrings};
    for (const auto kind : record::kFactsColumns) names.emplace_back(record::column_name(kind));
    return names;
}

PartFilter::PartFilter(std::string_view list) : all_(false) {
    const auto known = part_names();
    while (!list.empty()) {
        const size_t end = std::min(list.find(','), list.size());
        const auto item = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (std::find(known.begin(), known.end(), item) != known.end()) {
            parts_.emplace_back(item);
        } else if (item.find('.') != item.npos) {
            sections_.emplace_back(item);
        } else {
            std::string names;
            for (const auto name : known) names += (names.empty() ? "" : ", ") + std::string(name);
            throw base::Error::usage("\"" + std::string(item) + "\" is no part of a difference: give " + names +
                                     ", or SEGMENT.SECTION");
        }
    }
}

bool PartFilter::shows(std::string_view part) const {
    return all_ || std::find(parts_.begin(), parts_.end(), part) != parts_.end();
}

bool PartFilter::shows_section(std::string_view segment, std::string_view section) const {
    return matches_any(sections_, std::string(segment) + "." + std::string(section));
}

bool PartFilter::apply(ImageDiff& diff) const {
    if (all_) return true;
    const auto other_section = [&](const SectionChange& s) { return !shows_section(s.segment, s.section); };
    const auto other_string = [&](const StringFact& s) {
        const size_t comma = s.section.find(',');
        return comma == s.section.npos || !shows_section(s.section.substr(0, comma), s.section.substr(comma + 1));
    };
    if (!shows(kHeader)) diff.scalars.clear();
    if (!shows(kSections)) {
        for (auto* list :
             {&diff.sections.added, &diff.sections.removed, &diff.sections.resized, &diff.sections.changed})
            std::erase_if(*list, other_section);
        std::erase_if(diff.shared_pool,
                      [&](const PooledSection& pooled) { return !shows_section(pooled.segment, pooled.section); });
    }
    if (!shows(kDependencies)) clear(diff.dependencies);
    if (!shows(kLoadCommands)) clear(diff.load_commands);
    if (!shows(kSymbols)) clear(diff.symbols);
    if (!shows(kFunctions)) clear(diff.functions);
    if (!shows(kStrings)) {
        std::erase_if(diff.strings.added, other_string);
        std::erase_if(diff.strings.removed, other_string);
    }
    std::erase_if(diff.facts, [&](const FactGroup& group) { return !shows(record::column_name(group.kind)); });
    if (diff.status != Status::kUpdated && diff.status != Status::kRebuilt) return true;
    return !diff.scalars.empty() || !diff.sections.empty() || !diff.shared_pool.empty() || !diff.dependencies.empty() ||
           !diff.load_commands.empty() || !diff.symbols.empty() || !diff.functions.empty() || !diff.strings.empty() ||
           !diff.facts.empty();
}

}  // namespace strata::diff
