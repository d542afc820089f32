#include "diff/functions_of.h"

#include <algorithm>
#include <tuple>

#include "record/functions.h"
#include "record/symbols.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::SymbolKind;

/// A name and where it is; sorted by address, best name first.
struct NamedAddress {
    uint64_t address;
    bool exported;
    std::string_view name;
};

bool can_name_code(SymbolKind kind) {
    return kind != SymbolKind::kImport && kind != SymbolKind::kReexport && kind != SymbolKind::kRedacted;
}

std::vector<NamedAddress> named_addresses(store::Reader& reader, const record::Head& head,
                                          std::vector<store::Lease>& leases) {
    std::vector<NamedAddress> names;
    const auto& symbols = head.column(ColumnKind::kSymbols).chunks;
    const auto& places = head.column(ColumnKind::kPlaces).chunks;
    if (symbols.size() != places.size()) record::fail_record("image head", "symbols and places differ in chunks");
    for (size_t i = 0; i < symbols.size(); ++i) {
        leases.push_back(reader.column(symbols[i].id));
        const record::SymbolsView names_view(leases.back().message());
        const store::Lease place_lease = reader.column(places[i].id);
        const record::PlacesView places_view(place_lease.message());
        if (names_view.size() != places_view.size())
            record::fail_record("places column", "is not as long as its symbols");
        for (uint64_t j = 0; j < names_view.size(); ++j) {
            if (!can_name_code(names_view.kind(j)) || names_view.name(j).empty()) continue;
            const auto place = places_view.place(j);
            const bool exported = (names_view.flags(j) & record::kSymbolExported) != 0;
            names.push_back({address_of(head, place.section, place.offset), exported, names_view.name(j)});
        }
    }
    std::sort(names.begin(), names.end(), [](const NamedAddress& a, const NamedAddress& b) {
        return std::tuple(a.address, !a.exported, a.name) < std::tuple(b.address, !b.exported, b.name);
    });
    return names;
}

}  // namespace

uint64_t address_of(const record::Head& head, uint16_t section, uint64_t offset) {
    if (section == record::kFarPlace) return offset;
    if (section == 0) return head.address + offset;
    if (section > head.section_addresses.size())
        record::fail_record("image head", "a place names a section that is not there");
    return head.section_addresses[section - 1] + offset;
}

ImageFunctions functions_of(store::Reader& reader, const record::Head& head) {
    ImageFunctions result;
    const auto names = named_addresses(reader, head, result.leases);
    for (const auto& chunk : head.column(ColumnKind::kFunctions).chunks) {
        const store::Lease lease = reader.column(chunk.id);
        const record::FunctionsView view(lease.message());
        for (uint64_t i = 0; i < view.size(); ++i) {
            const auto function = view[i];
            const uint64_t address = address_of(head, function.section, function.offset);
            const auto found = std::lower_bound(names.begin(), names.end(), address,
                                                [](const NamedAddress& n, uint64_t a) { return n.address < a; });
            const auto name = found != names.end() && found->address == address ? found->name : std::string_view{};
            result.items.push_back({name, address, function.size});
        }
    }
    return result;
}

}  // namespace strata::diff
