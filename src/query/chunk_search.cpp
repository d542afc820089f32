#include "query/chunk_search.h"

#include <algorithm>

#include "query/areas.h"
#include "query/scan.h"
#include "record/facts.h"
#include "record/layout.h"
#include "record/sorted_texts.h"
#include "record/strings.h"
#include "record/symbols.h"

namespace strata::query {

using record::ColumnKind;

namespace {

constexpr size_t kFewEntries = 64;

void copy_symbols(std::string_view message, SearchedChunk& found) {
    const record::SymbolsView symbols(message);
    found.size = symbols.size();
    for (const uint32_t i : found.entries)
        found.texts.push_back({i, std::string(symbols.name(i)), record::symbol_kind_name(symbols.kind(i)),
                               std::string(symbols.dylib(i)), std::string(symbols.target(i))});
}

void copy_strings(std::string_view message, SearchedChunk& found) {
    const record::StringsView strings(message);
    found.size = strings.size();
    for (const uint32_t i : found.entries)
        found.texts.push_back({i, std::string(strings.value(i)), {}, std::string(strings.section(i)), {}});
}

}  // namespace

uint64_t SearchedChunk::cost() const {
    uint64_t bytes = entries.size() * sizeof(uint32_t) + texts.size() * sizeof(FoundText);
    for (const auto& text : texts) bytes += text.text.size() + text.from.size() + text.value.size();
    return bytes;
}

SearchedChunk ChunkSearch::search(ColumnKind kind, uint64_t id) const {
    if (record::has_sorted_texts(kind)) return search_texts(kind, id);
    const store::Lease lease = reader_.column(id);
    return {kind == ColumnKind::kLayout ? search_layout(lease) : search_facts(lease), {}, 0};
}

SearchedChunk ChunkSearch::search_texts(ColumnKind kind, uint64_t id) const {
    // A binary search does not read the chunk: nor must its checksum.
    const bool whole = pattern_.prefix().empty();
    const store::Lease lease = whole ? reader_.column(id) : reader_.peek(id);
    const record::SortedTexts texts(kind, lease.message());
    SearchedChunk found;
    for_each_match(texts.blob(), pattern_, [&](uint64_t i) { found.entries.push_back(static_cast<uint32_t>(i)); });
    if (whole && !found.entries.empty() && found.entries.size() <= kFewEntries)
        kind == ColumnKind::kSymbols ? copy_symbols(lease.message(), found) : copy_strings(lease.message(), found);
    return found;
}

std::vector<uint32_t> ChunkSearch::search_layout(const store::Lease& lease) const {
    const auto layout = record::decode_layout(lease.message());
    const bool found = std::any_of(layout.dependencies.begin(), layout.dependencies.end(),
                                   [&](const auto& d) { return pattern_.matches(d.name); }) ||
                       std::any_of(layout.sections.begin(), layout.sections.end(),
                                   [&](const auto& s) { return matches_section(pattern_, s); });
    return found ? std::vector<uint32_t>{0} : std::vector<uint32_t>{};
}

std::vector<uint32_t> ChunkSearch::search_facts(const store::Lease& lease) const {
    const record::FactsView facts(lease.message());
    const auto holds = [&](std::string_view bytes) {
        return pattern_.literal_search().find(bytes) != std::string_view::npos;
    };
    std::vector<uint32_t> entries;
    if (!holds(facts.keys().bytes()) && !holds(facts.values().bytes())) return entries;
    for (uint64_t i = 0; i < facts.size(); ++i)
        if (matches_fact(pattern_, facts[i])) entries.push_back(static_cast<uint32_t>(i));
    return entries;
}

}  // namespace strata::query
