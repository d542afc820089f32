#include "query/chunk_search.h"

#include <algorithm>

#include "query/areas.h"
#include "query/scan.h"
#include "record/facts.h"
#include "record/layout.h"
#include "record/sorted_texts.h"

namespace strata::query {

using record::ColumnKind;

std::vector<uint32_t> ChunkSearch::search(ColumnKind kind, uint64_t id) const {
    if (record::has_sorted_texts(kind)) return search_texts(kind, id);
    const store::Lease lease = reader_.column(id);
    return kind == ColumnKind::kLayout ? search_layout(lease) : search_facts(lease);
}

std::vector<uint32_t> ChunkSearch::search_texts(ColumnKind kind, uint64_t id) const {
    // A binary search does not read the chunk: nor must its checksum.
    const store::Lease lease = pattern_.prefix().empty() ? reader_.column(id) : reader_.peek(id);
    const record::SortedTexts texts(kind, lease.message());
    std::vector<uint32_t> entries;
    for_each_match(texts.blob(), pattern_, [&](uint64_t i) { entries.push_back(static_cast<uint32_t>(i)); });
    return entries;
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
