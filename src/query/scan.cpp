#include "query/scan.h"

#include "record/sorted_texts.h"

namespace strata::query {
namespace {

constexpr size_t kGroupBytes = 2048;

/// The first entry from `begin` on that does not begin with `prefix`, when all that do stand together.
uint64_t end_of_prefix(const record::BlobView& texts, uint64_t begin, std::string_view prefix) {
    uint64_t low = begin;
    uint64_t high = texts.size();
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (texts[middle].starts_with(prefix)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// Entries of [begin, end) whose bytes hold the pattern's literal, each once, ascending.
void scan_for_literal(const record::BlobView& texts, const Pattern& pattern, uint64_t begin, uint64_t end,
                      const Visit& visit) {
    const size_t literal_size = pattern.literal().size();
    const std::string_view bytes = texts.bytes().substr(0, texts.offset(end));
    uint64_t at = texts.offset(begin);
    uint64_t entry = begin;
    while ((at = pattern.literal_search().find(bytes, at)) != std::string_view::npos) {
        entry = texts.entry_at(at, entry);
        if (entry >= end) return;
        const uint64_t next = texts.offset(entry + 1);
        if (next <= at) record::fail_record("sorted column", "an entry ends before it begins");
        if (next - at < literal_size) {
            ++at;  // across the border of two entries: the entry may still hold it further on
            continue;
        }
        if (pattern.matches(texts[entry])) visit(entry);
        at = next;
    }
}

/// Entries of [begin, end) that match, asking for some kilobytes of them at once first: starting RE2 costs more than
/// running it over a name.
void scan_in_groups(const record::BlobView& texts, const Pattern& pattern, uint64_t begin, uint64_t end,
                    const Visit& visit) {
    while (begin < end) {
        const std::string_view first = texts[begin];
        uint64_t next = begin + 1;
        size_t size = first.size();
        for (; next < end && size < kGroupBytes; ++next) size += texts[next].size();
        if (pattern.may_match_in({first.data(), size}))  // they lie one behind the other
            for (uint64_t i = begin; i < next; ++i)
                if (pattern.matches(texts[i])) visit(i);
        begin = next;
    }
}

}  // namespace

void for_each_match(const record::BlobView& texts, const Pattern& pattern, const Visit& visit) {
    if (texts.size() == 0) return;
    if (pattern.how() == Match::kExact) {
        for (uint64_t i = texts.lower_bound(pattern.text()); i < texts.size() && texts[i] == pattern.text(); ++i)
            visit(i);
        return;
    }
    uint64_t begin = 0;
    uint64_t end = texts.size();
    if (!pattern.prefix().empty()) {
        begin = texts.lower_bound(pattern.prefix());
        end = end_of_prefix(texts, begin, pattern.prefix());
    }
    if (begin == end) return;
    const bool all_match = pattern.how() == Match::kPrefix;
    if (!all_match && pattern.literal().size() > pattern.prefix().size()) {
        scan_for_literal(texts, pattern, begin, end, visit);
        return;
    }
    if (!all_match && pattern.asks_many()) {
        scan_in_groups(texts, pattern, begin, end, visit);
        return;
    }
    for (uint64_t i = begin; i < end; ++i)
        if (all_match || pattern.matches(texts[i])) visit(i);
}

void rule_out_chunks(store::Reader& reader, record::ColumnKind kind, const ChunkFilter& filter, store::IdRange ids,
                     const std::function<void(uint64_t id)>& rule_out) {
    if (!filter.says_anything()) return;
    reader.for_each_filter(kind, ids, [&](uint64_t id, std::string_view bytes) {
        if (!filter.may_match_in(bytes)) rule_out(id);
    });
}

std::span<const uint64_t> chunks_of_range(store::Reader& reader, record::ColumnKind kind,
                                          std::span<const uint64_t> chunk_ids, const Pattern& pattern) {
    if (pattern.prefix().empty() || chunk_ids.size() < 2) return chunk_ids;
    const std::string& prefix = pattern.prefix();
    // Whether the chunk's first entry is beyond a border.
    const auto partition = [&](size_t low, const auto& is_before) {
        size_t high = chunk_ids.size();
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            const store::Lease lease = reader.peek(chunk_ids[middle]);
            const record::SortedTexts texts(kind, lease.message());
            if (texts.blob().size() != 0 && is_before(texts.blob()[0])) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    };
    // A run of equal names may be cut: the chunk before the first one that begins with the prefix may end with it.
    const size_t first = partition(0, [&](std::string_view text) { return text < prefix; });
    const size_t begin = first == 0 ? 0 : first - 1;
    const size_t end = partition(first, [&](std::string_view text) { return text.starts_with(prefix); });
    return chunk_ids.subspan(begin, end - begin);
}

}  // namespace strata::query
