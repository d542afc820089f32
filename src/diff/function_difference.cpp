#include "diff/function_difference.h"

#include <algorithm>

#include "diff/functions_of.h"
#include "record/functions.h"

namespace strata::diff {
namespace {

using record::CodeRecord;
using record::ColumnKind;
using record::Head;

bool same_column(const Head& before, const Head& after, ColumnKind kind) {
    return before.column(kind).same_content(after.column(kind));
}

/// What differs in two functions of one size; null when nothing does, or nothing is known.
const char* changed_part(const CodeRecord& before, const CodeRecord& after) {
    if (before.code == 0 || after.code == 0) return nullptr;
    if (before.code != after.code) return "code";
    return before.references != after.references ? "references" : nullptr;
}

/// Both sides have the same functions under the same names.
class InPlace {
  public:
    InPlace(store::Reader& reader, const Head& before, const Head& after)
        : reader_(reader), before_(before), after_(after) {}

    FunctionChanges run() {
        const auto& functions = before_.column(ColumnKind::kFunctions).chunks;
        const auto& old = before_.column(ColumnKind::kCode).chunks;
        const auto& now = after_.column(ColumnKind::kCode).chunks;
        if (old.size() != now.size() || old.size() != functions.size()) return {};  // a side whose code is not known
        for (size_t i = 0; i < functions.size(); ++i)
            if (old[i].digest != now[i].digest) compare(functions[i].id, old[i].id, now[i].id);
        name();
        return std::move(result_);
    }

  private:
    void compare(uint64_t functions_id, uint64_t old_id, uint64_t now_id) {
        const store::Lease old_lease = reader_.column(old_id);
        const store::Lease now_lease = reader_.column(now_id);
        const store::Lease function_lease = reader_.column(functions_id);
        const record::CodeView old(old_lease.message());
        const record::CodeView now(now_lease.message());
        const record::FunctionsView functions(function_lease.message());
        if (old.size() != now.size() || old.size() != functions.size())
            record::fail_record("code column", "is not as long as its functions");
        for (uint64_t i = 0; i < old.size(); ++i) {
            if (old[i] == now[i]) continue;
            const char* what = changed_part(old[i], now[i]);
            if (what == nullptr) continue;
            const auto function = functions[i];
            result_.changed.push_back({"", address_of(after_, function.section, function.offset),
                                       address_of(before_, function.section, function.offset), function.size,
                                       function.size, what});
        }
    }

    void name() {
        std::vector<uint64_t> addresses;
        for (const auto& change : result_.changed) addresses.push_back(change.address);
        std::sort(addresses.begin(), addresses.end());
        if (addresses.empty()) return;
        const auto names = names_of(reader_, after_, addresses);
        for (auto& change : result_.changed) {
            const auto at = std::lower_bound(addresses.begin(), addresses.end(), change.address);
            change.name = names[static_cast<size_t>(at - addresses.begin())];
        }
    }

    store::Reader& reader_;
    const Head& before_;
    const Head& after_;
    FunctionChanges result_;
};

/// Whether two names are one but for noise. Such a pair, that no rule would have made without taking noise out, is
/// counted.
bool note_renumbered(std::string_view old_name, std::string_view new_name, const Comparison& how, ImageDiff& result) {
    const auto old_clean = normalise_symbol(old_name, how.rules);
    const auto new_clean = normalise_symbol(new_name, how.rules);
    if (old_clean.text != new_clean.text) return false;
    for (const bool added : {false, true}) {
        // A plain name that met a numbered one goes to the account of the rule that took the number.
        const auto& own = added ? new_clean : old_clean;
        const Rule rule = own.fired ? own.rule : (added ? old_clean : new_clean).rule;
        ++result.suppressed[static_cast<size_t>(rule)];
        if (how.keep_left_out)
            result.left_out.push_back({rule, added, "function", std::string(added ? new_name : old_name), ""});
    }
    return true;
}

void match_sides(store::Reader& reader, const Head& before, const Head& after, const Comparison& how,
                 ImageDiff& result) {
    const ImageFunctions old = functions_of(reader, before);
    const ImageFunctions now = functions_of(reader, after);
    const FunctionMatch match = match_functions(old.items, now.items, how.rules);
    auto& out = result.functions;
    out.removed.reserve(match.removed.size());
    out.added.reserve(match.added.size());
    for (const uint32_t i : match.removed)
        out.removed.push_back(
            {std::string(old.items[i].name), old.items[i].address, old.items[i].address, old.items[i].size, 0});
    for (const uint32_t i : match.added)
        out.added.push_back({std::string(now.items[i].name), now.items[i].address, 0, 0, now.items[i].size});
    for (const auto& [b, a] : match.pairs) {
        const FunctionItem& was = old.items[b];
        const FunctionItem& is = now.items[a];
        const auto change = [&](const char* what) {
            return FunctionChange{
                std::string(is.name.empty() ? was.name : is.name), is.address, was.address, was.size, is.size, what};
        };
        const char* what = was.size == is.size ? changed_part(was.code, is.code) : nullptr;
        if (was.size != is.size) out.resized.push_back(change(""));
        if (what != nullptr) out.changed.push_back(change(what));
        if (was.name == is.name || was.name.empty() || is.name.empty()) continue;
        if (note_renumbered(was.name, is.name, how, result)) continue;
        out.renamed.push_back(change(""));
        out.renamed.back().old_name = was.name;
    }
    out.moved = count_moved(match.pairs);
}

}  // namespace

void diff_functions(store::Reader& reader, const Head& before, const Head& after, const Comparison& how,
                    ImageDiff& result) {
    const bool same_functions = same_column(before, after, ColumnKind::kFunctions);
    if (same_functions && same_column(before, after, ColumnKind::kCode)) return;
    if (same_functions && same_column(before, after, ColumnKind::kSymbols) &&
        same_column(before, after, ColumnKind::kPlaces)) {
        result.functions = InPlace(reader, before, after).run();
    } else {
        match_sides(reader, before, after, how, result);
    }
}

}  // namespace strata::diff
