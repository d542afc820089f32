#include "diff/layout_diff.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "extract/signature_facts.h"
#include "macho/names.h"

namespace strata::diff {
namespace {

using record::Layout;

std::string protection_text(uint32_t prot) {
    std::string text = "---";
    if ((prot & 1) != 0) text[0] = 'r';
    if ((prot & 2) != 0) text[1] = 'w';
    if ((prot & 4) != 0) text[2] = 'x';
    return text;
}

void scalar(std::vector<ScalarChange>& changes, const char* fact, const std::string& before, const std::string& after) {
    if (before != after) changes.push_back({fact, before, after});
}

void diff_scalars(const Layout& before, const Layout& after, std::vector<ScalarChange>& out) {
    scalar(out, "arch", macho::arch_name(before.cpu_type, before.cpu_subtype),
           macho::arch_name(after.cpu_type, after.cpu_subtype));
    scalar(out, "file_type", macho::file_type_name(before.file_type), macho::file_type_name(after.file_type));
    scalar(out, "flags", base::hex(before.flags), base::hex(after.flags));
    scalar(out, "platform", macho::platform_name(before.platform), macho::platform_name(after.platform));
    scalar(out, "install_name", std::string(before.install_name), std::string(after.install_name));
}

/// Items by key; a repeated key gets an occurrence number, so that nothing hides behind its namesake.
template <typename Item, typename KeyOf>
auto index_items(const std::vector<Item>& items, const KeyOf& key_of) {
    std::map<std::tuple<std::string, std::string, size_t>, const Item*> index;
    for (const auto& item : items) {
        const auto [first, second] = key_of(item);
        size_t occurrence = 0;
        while (!index.emplace(std::tuple(std::string(first), std::string(second), occurrence), &item).second)
            ++occurrence;
    }
    return index;
}

/// Calls removed(old), added(new) or both(old, new) for each key, in key order.
template <typename Index, typename Removed, typename Added, typename Both>
void match(const Index& before, const Index& after, const Removed& removed, const Added& added, const Both& both) {
    auto b = before.begin();
    auto a = after.begin();
    while (b != before.end() || a != after.end()) {
        if (a == after.end() || (b != before.end() && b->first < a->first)) {
            removed(*(b++)->second);
        } else if (b == before.end() || a->first < b->first) {
            added(*(a++)->second);
        } else {
            both(*(b++)->second, *(a++)->second);
        }
    }
}

void diff_sections(const Layout& before, const Layout& after, Changes<SectionChange>& out) {
    using Section = Layout::Section;
    const auto key = [](const Section& section) { return std::pair(section.segment, section.name); };
    const auto change = [](const Section& section) {
        return SectionChange{std::string(section.segment), std::string(section.name), 0, 0, {}};
    };
    match(
        index_items(before.sections, key), index_items(after.sections, key),
        [&](const Section& old) {
            out.removed.push_back(change(old));
            out.removed.back().before = old.size;
        },
        [&](const Section& added) {
            out.added.push_back(change(added));
            out.added.back().after = added.size;
        },
        [&](const Section& old, const Section& now) {
            SectionChange both = change(now);
            both.before = old.size;
            both.after = now.size;
            if (old.size != now.size) out.resized.push_back(both);
            scalar(both.details, "flags", base::hex(old.flags), base::hex(now.flags));
            scalar(both.details, "align", std::to_string(old.align), std::to_string(now.align));
            if (old.size == now.size && old.literal_digest != now.literal_digest)
                both.details.push_back({"content", "", ""});
            if (!both.details.empty()) out.changed.push_back(both);
        });
}

void diff_dependencies(const Layout& before, const Layout& after, Changes<DependencyChange>& out) {
    using Dependency = Layout::Dependency;
    const auto kind = [](const Dependency& d) {
        return std::string(macho::dependency_kind_name(static_cast<macho::DependencyKind>(d.kind)));
    };
    const auto key = [&](const Dependency& d) { return std::pair(std::string(d.name), kind(d)); };
    match(
        index_items(before.dependencies, key), index_items(after.dependencies, key),
        [&](const Dependency& old) {
            out.removed.push_back({std::string(old.name), kind(old), {}});
        },
        [&](const Dependency& added) {
            out.added.push_back({std::string(added.name), kind(added), {}});
        },
        [](const Dependency&, const Dependency&) {});
}

/// Commands that other facts speak for already.
bool has_own_fact(uint32_t command) {
    switch (command) {
        case macho::kLcSegment:
        case macho::kLcSegment64:
        case macho::kLcLoadDylib:
        case macho::kLcLoadWeakDylib:
        case macho::kLcReexportDylib:
        case macho::kLcLoadUpwardDylib:
        case macho::kLcLazyLoadDylib:
            return true;
        default:
            return false;
    }
}

/// Every load command as (name, text): those with a text worth comparing have it, the others only their name.
std::vector<std::pair<std::string, std::string>> command_items(const Layout& layout) {
    std::vector<std::pair<std::string, std::string>> items;
    auto detail = layout.details.begin();
    for (const uint32_t command : layout.load_commands) {
        const bool has_text = detail != layout.details.end() && detail->command == command;
        if (!has_own_fact(command))
            items.emplace_back(macho::load_command_name(command), has_text ? detail->text : std::string_view{});
        if (has_text) ++detail;
    }
    return items;
}

void diff_commands(const Layout& before, const Layout& after, Changes<LoadCommandChange>& out) {
    using Item = std::pair<std::string, std::string>;
    const auto key = [](const Item& item) { return item; };
    const auto before_items = command_items(before);
    const auto after_items = command_items(after);
    match(
        index_items(before_items, key), index_items(after_items, key),
        [&](const Item& old) {
            out.removed.push_back({old.first, old.second, {}});
        },
        [&](const Item& added) {
            out.added.push_back({added.first, added.second, {}});
        },
        [](const Item&, const Item&) {});
}

void diff_segments(const Layout& before, const Layout& after, Changes<LoadCommandChange>& out) {
    using Segment = Layout::Segment;
    constexpr const char* kCommand = "LC_SEGMENT";
    const auto key = [](const Segment& segment) { return std::pair(segment.name, std::string_view{}); };
    match(
        index_items(before.segments, key), index_items(after.segments, key),
        [&](const Segment& old) {
            out.removed.push_back({kCommand, std::string(old.name), {}});
        },
        [&](const Segment& added) {
            out.added.push_back({kCommand, std::string(added.name), {}});
        },
        [&](const Segment& old, const Segment& now) {
            LoadCommandChange change{kCommand, std::string(now.name), {}};
            scalar(change.details, "max_prot", protection_text(old.max_prot), protection_text(now.max_prot));
            scalar(change.details, "init_prot", protection_text(old.init_prot), protection_text(now.init_prot));
            scalar(change.details, "flags", base::hex(old.flags), base::hex(now.flags));
            if (!change.details.empty()) out.changed.push_back(change);
        });
}

}  // namespace

void diff_layouts(const Layout& before, const Layout& after, ImageDiff& result) {
    diff_scalars(before, after, result.scalars);
    diff_sections(before, after, result.sections);
    diff_dependencies(before, after, result.dependencies);
    diff_commands(before, after, result.load_commands);
    diff_segments(before, after, result.load_commands);
}

bool has_section_changes(const Changes<SectionChange>& changes) {
    return !changes.added.empty() || !changes.removed.empty() || !changes.changed.empty() ||
           !std::all_of(changes.resized.begin(), changes.resized.end(), [](const SectionChange& change) {
               return extract::holds_property_list(change.segment, change.section);
           });
}

void diff_dependency_versions(const Layout& before, const std::vector<uint32_t>& before_versions, const Layout& after,
                              const std::vector<uint32_t>& after_versions, ImageDiff& result) {
    struct Versions {
        std::string current;
        std::string compatibility;
    };
    const auto versions = [](const std::vector<uint32_t>& packed, size_t i) {
        return i * 2 + 1 < packed.size()
                   ? Versions{base::version_text(packed[i * 2]), base::version_text(packed[i * 2 + 1])}
                   : Versions{};
    };
    std::map<std::string_view, Versions> old;
    for (size_t i = 0; i < before.dependencies.size(); ++i)
        old.emplace(before.dependencies[i].name, versions(before_versions, i));
    for (size_t i = 0; i < after.dependencies.size(); ++i) {
        const auto& dependency = after.dependencies[i];
        const auto found = old.find(dependency.name);
        if (found == old.end()) continue;
        const Versions now = versions(after_versions, i);
        DependencyChange change{
            std::string(dependency.name),
            std::string(macho::dependency_kind_name(static_cast<macho::DependencyKind>(dependency.kind))),
            {}};
        scalar(change.details, "current_version", found->second.current, now.current);
        scalar(change.details, "compatibility_version", found->second.compatibility, now.compatibility);
        if (!change.details.empty()) result.dependencies.changed.push_back(change);
    }
}

}  // namespace strata::diff
