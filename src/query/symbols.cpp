#include "query/symbols.h"

#include <algorithm>

#include "diff/functions_of.h"
#include "query/scan.h"
#include "record/sorted_texts.h"

namespace strata::query {
namespace {

using record::ColumnKind;

class SymbolWalk {
  public:
    SymbolWalk(store::Reader& reader, const record::Head& head, const SymbolFilter& filter, const OnSymbol& on_symbol)
        : reader_(reader), head_(head), filter_(filter), on_symbol_(on_symbol) {}

    void walk() {
        const auto& symbols = head_.column(ColumnKind::kSymbols).chunks;
        const auto& places = head_.column(ColumnKind::kPlaces).chunks;
        if (symbols.size() != places.size()) record::fail_record("image head", "symbols and places differ in chunks");
        std::vector<uint64_t> ids;
        for (const auto& chunk : symbols) ids.push_back(chunk.id);
        std::span<const uint64_t> range = ids;
        if (filter_.pattern != nullptr) range = chunks_of_range(reader_, ColumnKind::kSymbols, ids, *filter_.pattern);
        for (const uint64_t& id : range) walk_chunk(id, places[static_cast<size_t>(&id - ids.data())].id);
    }

  private:
    void walk_chunk(uint64_t symbols_id, uint64_t places_id) {
        const store::Lease symbol_lease = reader_.column(symbols_id);
        const store::Lease place_lease = reader_.column(places_id);
        const record::SymbolsView symbols(symbol_lease.message());
        const record::PlacesView places(place_lease.message());
        if (symbols.size() != places.size()) record::fail_record("places column", "is not as long as its symbols");
        const auto use = [&](uint64_t i) { emit(symbols, places, i); };
        if (filter_.pattern == nullptr) {
            for (uint64_t i = 0; i < symbols.size(); ++i) use(i);
        } else {
            const record::SortedTexts names(ColumnKind::kSymbols, symbol_lease.message());
            for_each_match(names.blob(), *filter_.pattern, use);
        }
    }

    void emit(const record::SymbolsView& symbols, const record::PlacesView& places, uint64_t i) {
        const auto kind = symbols.kind(i);
        const auto& kinds = filter_.kinds;
        if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return;
        Symbol symbol{symbols.name(i), kind, symbols.flags(i), {}, symbols.dylib(i), symbols.target(i)};
        const auto place = places.place(i);
        if (place.section != record::kNoPlace) symbol.address = diff::address_of(head_, place.section, place.offset);
        on_symbol_(symbol);
    }

    store::Reader& reader_;
    const record::Head& head_;
    const SymbolFilter& filter_;
    const OnSymbol& on_symbol_;
};

}  // namespace

void for_each_symbol(store::Reader& reader, const record::Head& head, const SymbolFilter& filter,
                     const OnSymbol& on_symbol) {
    SymbolWalk(reader, head, filter, on_symbol).walk();
}

}  // namespace strata::query
