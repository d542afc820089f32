#include "diff/functions_of.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>

#include "record/code.h"
#include "record/functions.h"
#include "record/symbols.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::SymbolKind;

/// A name and where it is; sorted by address, best name first.
struct NamedAddress {
    uint64_t address = 0;
    bool exported = false;
    std::string_view name;
};

bool can_name_code(SymbolKind kind) {
    return kind != SymbolKind::kImport && kind != SymbolKind::kReexport && kind != SymbolKind::kRedacted;
}

/// Calls `visit` with everything that can name code, chunk by chunk; a lease ends when `keep` does not take it.
template <typename Keep, typename Visit>
void walk_names(store::Reader& reader, const record::Head& head, const Keep& keep, const Visit& visit) {
    const auto& symbols = head.column(ColumnKind::kSymbols).chunks;
    const auto& places = head.column(ColumnKind::kPlaces).chunks;
    if (symbols.size() != places.size()) record::fail_record("image head", "symbols and places differ in chunks");
    for (size_t i = 0; i < symbols.size(); ++i) {
        store::Lease lease = reader.column(symbols[i].id);
        const record::SymbolsView names_view(lease.message());
        const store::Lease place_lease = reader.column(places[i].id);
        const record::PlacesView places_view(place_lease.message());
        if (names_view.size() != places_view.size())
            record::fail_record("places column", "is not as long as its symbols");
        for (uint64_t j = 0; j < names_view.size(); ++j) {
            if (!can_name_code(names_view.kind(j))) continue;
            const auto place = places_view.place(j);
            const bool exported = (names_view.flags(j) & record::kSymbolExported) != 0;
            visit(NamedAddress{address_of(head, place.section, place.offset), exported, names_view.name(j)});
        }
        keep(std::move(lease));
    }
}

bool is_better(const NamedAddress& a, const NamedAddress& b) {
    return std::tuple(a.address, !a.exported, a.name) < std::tuple(b.address, !b.exported, b.name);
}

/// Digit by digit, since an image has hundreds of thousands and nearly all of their addresses differ: comparing them
/// was a tenth of a diff.
void sort_by_address(std::vector<NamedAddress>& names) {
    constexpr int kBits = 11;
    constexpr size_t kDigits = size_t{1} << kBits;
    uint64_t differing = 0;
    for (const auto& name : names) differing |= name.address ^ names.front().address;
    std::vector<NamedAddress> scratch(names.size());
    for (int shift = 0; shift < 64; shift += kBits) {
        if (((differing >> shift) & (kDigits - 1)) == 0) continue;
        const auto digit = [shift](const NamedAddress& name) { return (name.address >> shift) & (kDigits - 1); };
        std::array<uint32_t, kDigits + 1> begins{};
        for (const auto& name : names) ++begins[digit(name) + 1];
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        for (const auto& name : names) scratch[begins[digit(name)]++] = name;
        names.swap(scratch);
    }
}

void sort_best_first(std::vector<NamedAddress>& names) {
    sort_by_address(names);
    for (auto begin = names.begin(); begin != names.end();) {
        const auto end = std::find_if(begin, names.end(), [&](const auto& n) { return n.address != begin->address; });
        if (end - begin > 1) std::sort(begin, end, is_better);
        begin = end;
    }
}

std::vector<NamedAddress> named_addresses(store::Reader& reader, const record::Head& head,
                                          std::vector<store::Lease>& leases) {
    std::vector<NamedAddress> names;
    constexpr uint64_t kMostSymbols = 1U << 20;  // of real images; a damaged head may say anything
    names.reserve(std::min(head.column(ColumnKind::kSymbols).count, kMostSymbols));
    walk_names(
        reader, head, [&](store::Lease lease) { leases.push_back(std::move(lease)); },
        [&](const NamedAddress& name) {
            if (!name.name.empty()) names.push_back(name);
        });
    sort_best_first(names);
    return names;
}

/// Reads the functions column, and the code column beside it; `visit(function, code)`.
template <typename Visit>
void walk_functions(store::Reader& reader, const record::Head& head, const Visit& visit) {
    const auto& functions = head.column(ColumnKind::kFunctions).chunks;
    const auto& codes = head.column(ColumnKind::kCode).chunks;
    if (!codes.empty() && codes.size() != functions.size())
        record::fail_record("image head", "functions and code differ in chunks");
    for (size_t i = 0; i < functions.size(); ++i) {
        const store::Lease lease = reader.column(functions[i].id);
        const record::FunctionsView view(lease.message());
        if (codes.empty()) {
            for (uint64_t j = 0; j < view.size(); ++j) visit(view[j], record::CodeRecord{});
            continue;
        }
        const store::Lease code_lease = reader.column(codes[i].id);
        const record::CodeView code(code_lease.message());
        if (code.size() != view.size()) record::fail_record("code column", "is not as long as its functions");
        for (uint64_t j = 0; j < view.size(); ++j) visit(view[j], code[j]);
    }
}

}  // namespace

uint64_t address_of(const record::Head& head, uint16_t section, uint64_t offset) {
    if (section == record::kFarPlace) return offset;
    if (section == 0) return head.address + offset;
    if (section > head.section_addresses.size())
        record::fail_record("image head", "a place names a section that is not there");
    return head.section_addresses[section - 1] + offset;
}

std::vector<std::string> names_of(store::Reader& reader, const record::Head& head,
                                  const std::vector<uint64_t>& addresses) {
    std::vector<std::string> names(addresses.size());
    std::vector<bool> exported(addresses.size());
    walk_names(
        reader, head, [](store::Lease) {},
        [&](const NamedAddress& name) {
            const auto found = std::lower_bound(addresses.begin(), addresses.end(), name.address);
            if (found == addresses.end() || *found != name.address) return;
            const auto i = static_cast<size_t>(found - addresses.begin());
            const bool better = names[i].empty() || (name.exported && !exported[i]) ||
                                (name.exported == exported[i] && name.name < names[i]);
            if (name.name.empty() || !better) return;
            names[i] = name.name;
            exported[i] = name.exported;
        });
    return names;
}

ImageFunctions functions_of(store::Reader& reader, const record::Head& head) {
    ImageFunctions result;
    const auto names = named_addresses(reader, head, result.leases);
    result.items.reserve(head.column(ColumnKind::kFunctions).count);
    size_t at = 0;
    walk_functions(reader, head, [&](const record::FunctionRecord& function, const record::CodeRecord& code) {
        const uint64_t address = address_of(head, function.section, function.offset);
        const auto before = [](const NamedAddress& n, uint64_t a) { return n.address < a; };
        // Functions come in the order of addresses, but not where sections do not.
        if (at != 0 && names[at - 1].address >= address)
            at = static_cast<size_t>(std::lower_bound(names.begin(), names.end(), address, before) - names.begin());
        while (at < names.size() && before(names[at], address)) ++at;
        const auto name = at < names.size() && names[at].address == address ? names[at].name : std::string_view{};
        result.items.push_back({name, address, function.size, code});
    });
    return result;
}

}  // namespace strata::diff
