#include "diff/image_diff.h"

#include <algorithm>

#include "base/text.h"
#include "diff/functions_of.h"
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

/// Functions that differ in noise only are matched (function_match.h): only real differences are left.
void diff_functions(store::Reader& reader, const Head& before, const Head& after, Changes<FunctionChange>& out) {
    const ImageFunctions old = functions_of(reader, before);
    const ImageFunctions now = functions_of(reader, after);
    const FunctionMatch match = match_functions(old.items, now.items);
    for (const uint32_t i : match.removed)
        out.removed.push_back(
            {std::string(old.items[i].name), old.items[i].address, old.items[i].address, old.items[i].size, 0});
    for (const uint32_t i : match.added)
        out.added.push_back({std::string(now.items[i].name), now.items[i].address, 0, 0, now.items[i].size});
    for (const auto& [b, a] : match.pairs) {
        if (old.items[b].size == now.items[a].size) continue;
        const auto name = now.items[a].name.empty() ? old.items[b].name : now.items[a].name;
        out.resized.push_back(
            {std::string(name), now.items[a].address, old.items[b].address, old.items[b].size, now.items[a].size});
    }
}

void add_suppressed(const Suppressed& from, Suppressed& to) {
    for (size_t i = 0; i < from.size(); ++i) to[i] += from[i];
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

ImageDiff diff_image(store::Reader& reader, std::string path, const Head& before, const Head& after) {
    if (before.failure || after.failure) return failed(std::move(path), before, after);
    ImageDiff result;
    result.path = std::move(path);
    if (is_unchanged(before, after)) return result;
    diff_build_facts(before, after, result.scalars);
    bool updated = false;
    if (!same_column(before, after, ColumnKind::kLayout) || before.dependency_versions != after.dependency_versions) {
        const LayoutPair layouts = read_layouts(reader, before, after);
        updated = diff_layouts(layouts.before, layouts.after, result);
        diff_dependency_versions(layouts.before, before.dependency_versions, layouts.after, after.dependency_versions,
                                 result);
    }
    result.symbols = symbol_difference(reader, before.column(ColumnKind::kSymbols), after.column(ColumnKind::kSymbols));
    result.strings = string_difference(reader, before.column(ColumnKind::kStrings), after.column(ColumnKind::kStrings));
    if (!same_column(before, after, ColumnKind::kFunctions)) diff_functions(reader, before, after, result.functions);
    for (const auto kind : record::kFactsColumns) {
        auto group = fact_difference(reader, kind, before.column(kind), after.column(kind));
        if (!group.empty()) result.facts.push_back(std::move(group));
    }
    add_suppressed(result.symbols.suppressed, result.suppressed);
    add_suppressed(result.strings.suppressed, result.suppressed);
    updated = updated || !result.symbols.empty() || !result.strings.empty() || !result.functions.empty() ||
              !result.facts.empty();
    result.status = updated ? Status::kUpdated : Status::kRebuilt;
    return result;
}

}  // namespace strata::diff
