#include "diff/image_diff.h"

#include <algorithm>

#include "base/text.h"
#include "diff/build_facts.h"
#include "diff/function_difference.h"
#include "diff/layout_diff.h"
#include "macho/names.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::Head;

std::string source_version(const Head& head) {
    return head.source_version ? base::source_version_text(*head.source_version) : "";
}
std::string version(const Head& head, uint32_t packed) {
    return head.has_build_version ? base::version_text(packed) : "";
}

/// Facts that a build changes by itself.
void diff_build_facts(const Head& before, const Head& after, std::vector<ScalarChange>& out) {
    const auto add = [&](const char* fact, std::string old, std::string now) {
        if (old != now) out.push_back({fact, std::move(old), std::move(now)});
    };
    add("uuid", base::uuid_text(before.uuid), base::uuid_text(after.uuid));
    add("source_version", source_version(before), source_version(after));
    add("min_os", version(before, before.min_os), version(after, after.min_os));
    add("sdk", version(before, before.sdk), version(after, after.sdk));
}

/// Both layouts, decoded from their leases.
struct LayoutPair {
    store::Lease before_lease;
    store::Lease after_lease;
    record::Layout before;
    record::Layout after;
};

LayoutPair read_layouts(store::Reader& reader, const Head& before, const Head& after) {
    const auto lease = [&](const Head& head) {
        const auto& chunks = head.column(ColumnKind::kLayout).chunks;
        if (chunks.size() != 1) record::fail_record("image head", "has no layout column");
        return reader.column(chunks.front().id);
    };
    LayoutPair pair{lease(before), lease(after), {}, {}};
    pair.before = record::decode_layout(pair.before_lease.message());
    pair.after = record::decode_layout(pair.after_lease.message());
    return pair;
}

bool same_column(const Head& before, const Head& after, ColumnKind kind) {
    return before.column(kind).same_content(after.column(kind));
}

void add_suppressed(const Suppressed& from, Suppressed& to) {
    for (size_t i = 0; i < from.size(); ++i) to[i] += from[i];
}

/// What the cache builder moved is neither removed nor new.
void leave_out_pooled(const Comparison& how, ImageDiff& result) {
    constexpr auto kRule = Rule::kSharedPool;
    const auto pooled = [&](std::string_view section, bool added) {
        const auto found = std::find_if(result.shared_pool.begin(), result.shared_pool.end(),
                                        [&](const auto& p) { return p.to_pool != added && p.full_name() == section; });
        return found == result.shared_pool.end() ? nullptr : &*found;
    };
    leave_out(result.strings, kRule, [&](const StringFact& fact, bool added) {
        auto* section = pooled(fact.section, added);
        if (section != nullptr) ++section->strings;
        return section != nullptr;
    });
    std::erase_if(result.sections.resized, [&](const SectionChange& change) {
        const auto name = change.segment + "," + change.section;
        if (pooled(name, change.before == 0) == nullptr) return false;
        ++result.suppressed[static_cast<size_t>(kRule)];
        if (how.keep_left_out) result.left_out.push_back({kRule, change.before == 0, "section", name, ""});
        return true;
    });
}

void diff_facts(store::Reader& reader, const Head& before, const Head& after, const Comparison& how,
                ImageDiff& result) {
    for (const auto kind : record::kFactsColumns) {
        auto group = fact_difference(reader, kind, before.column(kind), after.column(kind), how.rules);
        add_suppressed(group.suppressed, result.suppressed);
        if (how.keep_left_out)
            for (const auto& [fact, rule, added] : group.left_out)
                result.left_out.push_back({rule, added, record::column_name(kind),
                                           std::string(fact.owner) + "  " + std::string(fact.name),
                                           std::string(fact.value)});
        if (!group.empty()) result.facts.push_back(std::move(group));
    }
}

/// Left-out symbols and strings as texts.
void keep_left_out(ImageDiff& result) {
    for (const auto& [fact, rule, added] : result.symbols.left_out)
        result.left_out.push_back(
            {rule, added, "symbol", std::string(fact.name), std::string(record::symbol_kind_name(fact.kind))});
    for (const auto& [fact, rule, added] : result.strings.left_out)
        result.left_out.push_back({rule, added, "string", std::string(fact.value), std::string(fact.section)});
}

ImageDiff failed(std::string path, const Head& before, const Head& after) {
    ImageDiff result;
    result.path = std::move(path);
    result.status = Status::kFailed;
    result.failure = after.failure ? after.failure : before.failure;
    result.failed_side = before.failure && after.failure ? "both" : after.failure ? "new" : "old";
    return result;
}

}  // namespace

std::string_view status_name(Status status) {
    switch (status) {
        case Status::kAdded:
            return "added";
        case Status::kRemoved:
            return "removed";
        case Status::kUpdated:
            return "updated";
        case Status::kRebuilt:
            return "rebuilt";
        case Status::kUnchanged:
            return "unchanged";
        case Status::kFailed:
            return "failed";
        case Status::kMoved:
            return "moved";
    }
    return "unknown";
}

bool is_unchanged(const Head& before, const Head& after) {
    return !before.failure && !after.failure && before.uuid == after.uuid &&
           before.source_version == after.source_version && before.min_os == after.min_os && before.sdk == after.sdk &&
           before.has_build_version == after.has_build_version &&
           before.dependency_versions == after.dependency_versions &&
           std::all_of(record::kColumnKinds.begin(), record::kColumnKinds.end(),
                       [&](ColumnKind kind) { return same_column(before, after, kind); });
}

ImageDiff diff_image(store::Reader& reader, std::string path, const Head& before, const Head& after,
                     const Comparison& how) {
    if (before.failure || after.failure) return failed(std::move(path), before, after);
    ImageDiff result;
    result.path = std::move(path);
    if (is_unchanged(before, after)) return result;
    diff_build_facts(before, after, result.scalars);
    bool updated = false;
    result.symbols =
        symbol_difference(reader, before.column(ColumnKind::kSymbols), after.column(ColumnKind::kSymbols), how.rules);
    result.strings =
        string_difference(reader, before.column(ColumnKind::kStrings), after.column(ColumnKind::kStrings), how.rules);
    if (!same_column(before, after, ColumnKind::kLayout) || before.dependency_versions != after.dependency_versions) {
        const LayoutPair layouts = read_layouts(reader, before, after);
        const size_t build_facts = result.scalars.size();
        diff_layouts(layouts.before, layouts.after, result);
        if (how.rules.has(Rule::kSharedPool)) {
            result.shared_pool = find_pooled_sections(layouts.before, layouts.after);
            leave_out_pooled(how, result);
        }
        updated = result.scalars.size() != build_facts || has_section_changes(result.sections) ||
                  !result.dependencies.empty() || !result.load_commands.empty();
        diff_dependency_versions(layouts.before, before.dependency_versions, layouts.after, after.dependency_versions,
                                 result);
    }
    diff_functions(reader, before, after, how, result);
    diff_facts(reader, before, after, how, result);
    add_suppressed(result.symbols.suppressed, result.suppressed);
    add_suppressed(result.strings.suppressed, result.suppressed);
    if (how.keep_left_out) keep_left_out(result);
    updated = updated || !result.symbols.empty() || !result.strings.empty() || !result.functions.empty() ||
              !std::all_of(result.facts.begin(), result.facts.end(), has_only_build_facts);
    result.status = updated ? Status::kUpdated : Status::kRebuilt;
    if (updated) result.relevance = relevance_of(result);
    return result;
}

}  // namespace strata::diff
