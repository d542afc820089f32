#include "record/symbols.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>
#include <tuple>

#include "base/merge_sort.h"

namespace strata::record {
namespace {

/// What is sorted: eight bytes of the name decide most comparisons without touching the name.
struct SortKey {
    uint64_t prefix;
    uint32_t index;
};

constexpr size_t kPrefix = sizeof(uint64_t);
// Names of C++ and Swift begin alike; beyond so many bytes whole names are compared.
constexpr size_t kMaxDepth = 128;
constexpr size_t kShortRun = 8;

/// The eight bytes at `depth`, as a number that sorts like them.
uint64_t prefix_of(std::string_view name, size_t depth) {
    uint64_t prefix = 0;
    if (name.size() > depth) std::memcpy(&prefix, name.data() + depth, std::min(name.size() - depth, kPrefix));
    return __builtin_bswap64(prefix);
}

auto order(const SymbolRecord& symbol, std::span<const std::string_view> dylibs) {
    const auto dylib = symbol.dylib == kNoDylib ? std::string_view{} : dylibs[symbol.dylib];
    return std::tuple(symbol.kind, dylib, symbol.target, symbol.place);
}

/// Sorts keys of symbols.
class KeySorter {
  public:
    KeySorter(const std::vector<SymbolRecord>& symbols, std::span<const std::string_view> dylibs)
        : symbols_(symbols), dylibs_(dylibs) {}

    /// Sorts keys whose names are alike up to `depth`: by the next eight bytes, and then each run that is alike in
    /// those.
    void sort(std::span<SortKey> keys, size_t depth) {
        for (;; depth += kPrefix) {
            if (keys.size() <= kShortRun || depth >= kMaxDepth) return sort_whole(keys, depth);
            if (!read_prefixes(keys, depth)) break;
        }
        base::merge_sort(keys, scratch_, [](const SortKey& a, const SortKey& b) { return a.prefix < b.prefix; });
        for (size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
            while (end < keys.size() && keys[end].prefix == keys[begin].prefix) ++end;
            if (end - begin > 1) sort(keys.subspan(begin, end - begin), depth + kPrefix);
        }
    }

  private:
    /// Whether all are alike.
    bool read_prefixes(std::span<SortKey> keys, size_t depth) const {
        bool alike = true;
        for (auto& key : keys) {
            key.prefix = prefix_of(symbols_[key.index].name, depth);
            alike = alike && key.prefix == keys.front().prefix;
        }
        return alike;
    }

    void sort_whole(std::span<SortKey> keys, size_t depth) {
        const auto less = [&](const SortKey& a, const SortKey& b) {
            const auto& left = symbols_[a.index];
            const auto& right = symbols_[b.index];
            if (const int names = compare_from(depth, left.name, right.name); names != 0) return names < 0;
            return order(left, dylibs_) < order(right, dylibs_);
        };
        if (keys.size() <= kShortRun) return base::insertion_sort(keys, less);
        base::merge_sort(keys, scratch_, less);
    }

    /// What is alike need not be looked at again. A name that ends before `depth` is alike with zeros behind it.
    static int compare_from(size_t depth, std::string_view a, std::string_view b) {
        const size_t skip = a.size() >= depth && b.size() >= depth ? depth : 0;
        return a.substr(skip).compare(b.substr(skip));
    }

    const std::vector<SymbolRecord>& symbols_;
    std::span<const std::string_view> dylibs_;
    std::vector<SortKey> scratch_;
};

std::vector<SortKey> sorted_keys(const std::vector<SymbolRecord>& symbols, std::span<const std::string_view> dylibs) {
    std::vector<SortKey> keys(symbols.size());
    for (uint32_t i = 0; i < keys.size(); ++i) keys[i] = {0, i};
    KeySorter(symbols, dylibs).sort(keys, 0);
    // The same symbol may be listed twice, say in the image's own table and among the unmapped locals.
    const auto same = [&](const SortKey& a, const SortKey& b) {
        const auto& left = symbols[a.index];
        const auto& right = symbols[b.index];
        return left.name == right.name && order(left, dylibs) == order(right, dylibs);
    };
    keys.erase(std::unique(keys.begin(), keys.end(), same), keys.end());
    return keys;
}

/// Dylibs used by a chunk, sorted, and each one's index there.
struct UsedDylibs {
    std::vector<std::string_view> names;
    std::vector<uint16_t> index;  // by the caller's index
};

UsedDylibs used_dylibs(const std::vector<SymbolRecord>& symbols, std::span<const SortKey> keys,
                       std::span<const std::string_view> dylibs) {
    UsedDylibs used;
    std::vector<bool> seen(dylibs.size());
    for (const auto& key : keys)
        if (const uint16_t dylib = symbols[key.index].dylib; dylib != kNoDylib) seen[dylib] = true;
    for (size_t i = 0; i < dylibs.size(); ++i)
        if (seen[i]) used.names.push_back(dylibs[i]);
    base::merge_sort(used.names, std::less<>());
    used.names.erase(std::unique(used.names.begin(), used.names.end()), used.names.end());
    for (const auto name : dylibs)
        used.index.push_back(
            static_cast<uint16_t>(std::lower_bound(used.names.begin(), used.names.end(), name) - used.names.begin()));
    return used;
}

Chunk encode_names(const std::vector<SymbolRecord>& symbols, std::span<const SortKey> keys,
                   std::span<const std::string_view> dylibs) {
    uint64_t bytes = 0;
    uint32_t targets = 0;
    for (const auto& key : keys) {
        bytes += symbols[key.index].name.size();
        if (!symbols[key.index].target.empty()) ++targets;
    }
    const auto count = static_cast<uint32_t>(keys.size());
    const UsedDylibs used = used_dylibs(symbols, keys, dylibs);
    auto builder = sized_builder(bytes + count * 8ULL + used.names.size() * 128 + targets * 128ULL + 256);
    auto root = builder.initRoot<schema::Symbols>();
    auto names = root.initNames(static_cast<uint32_t>(bytes));
    auto offsets = root.initOffsets(count + 1);
    auto kinds = root.initKinds(count);
    auto dylib_list = root.initDylibs(count);
    auto target_list = root.initTargets(targets);
    uint32_t at = 0;
    uint32_t target = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const auto& symbol = symbols[keys[i].index];
        offsets.set(i, at);
        std::copy(symbol.name.begin(), symbol.name.end(), names.begin() + at);
        at += static_cast<uint32_t>(symbol.name.size());
        kinds.set(i, symbol.kind);
        dylib_list.set(i, symbol.dylib == kNoDylib ? kNoDylib : used.index[symbol.dylib]);
        if (symbol.target.empty()) continue;
        target_list[target].setIndex(i);
        target_list[target++].setName(text_of(symbol.target));
    }
    offsets.set(count, at);
    auto dylib_names = root.initDylibNames(static_cast<uint32_t>(used.names.size()));
    for (uint32_t i = 0; i < used.names.size(); ++i) dylib_names.set(i, text_of(used.names[i]));
    return make_chunk(ColumnKind::kSymbols, count, builder);
}

bool is_far(const Place& place) {
    return place.section == kFarPlace || (place.section != kNoPlace && place.offset > UINT32_MAX);
}

Chunk encode_places(const std::vector<SymbolRecord>& symbols, std::span<const SortKey> keys) {
    const auto count = static_cast<uint32_t>(keys.size());
    const auto far_count = static_cast<uint32_t>(
        std::count_if(keys.begin(), keys.end(), [&](const SortKey& key) { return is_far(symbols[key.index].place); }));
    auto builder = sized_builder(count * 6ULL + far_count * 8ULL + 64);
    auto root = builder.initRoot<schema::Places>();
    auto sections = root.initSections(count);
    auto offsets = root.initOffsets(count);
    auto far = root.initFar(far_count);
    uint32_t next_far = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const Place& place = symbols[keys[i].index].place;
        if (is_far(place)) {
            sections.set(i, kFarPlace);
            far.set(next_far++, place.offset);
        } else {
            sections.set(i, place.section);
            offsets.set(i, place.section == kNoPlace ? 0 : static_cast<uint32_t>(place.offset));
        }
    }
    return make_chunk(ColumnKind::kPlaces, count, builder);
}

}  // namespace

std::string_view symbol_kind_name(SymbolKind kind) {
    switch (kind) {
        case SymbolKind::kExport:
            return "export";
        case SymbolKind::kReexport:
            return "reexport";
        case SymbolKind::kWeak:
            return "weak";
        case SymbolKind::kLocal:
            return "local";
        case SymbolKind::kImport:
            return "import";
        case SymbolKind::kAbsolute:
            return "absolute";
        case SymbolKind::kRedacted:
            return "redacted";
    }
    return "unknown";
}

void encode_symbols(std::vector<SymbolRecord>& symbols, std::span<const std::string_view> dylibs,
                    const ChunkSink& sink) {
    const auto keys = sorted_keys(symbols, dylibs);
    ChunkCutter cutter;
    const auto emit = [&](size_t begin, size_t end) {
        const std::span<const SortKey> part(keys.data() + begin, end - begin);
        sink(encode_names(symbols, part, dylibs));
        sink(encode_places(symbols, part));
    };
    size_t begin = 0;
    for (size_t i = 0; i < keys.size(); ++i) {
        const auto name = symbols[keys[i].index].name;
        const auto following = i + 1 < keys.size() ? symbols[keys[i + 1].index].name : std::string_view{};
        if (!cutter.ends_after(name, following, name.size() + 8)) continue;
        emit(begin, i + 1);
        begin = i + 1;
    }
    if (begin < keys.size()) emit(begin, keys.size());
}

SymbolsView::SymbolsView(std::string_view message) : message_(message, "symbols column") {
    guarded("symbols column", [&] {
        root_ = message_.root<schema::Symbols>();
        kinds_ = raw_list<uint8_t>(root_.getKinds());
        dylibs_ = raw_list<uint16_t>(root_.getDylibs());
        if (dylibs_.size() != kinds_.size()) fail_record("symbols column", "lists differ in length");
        names_ = BlobView(root_.getNames(), root_.getOffsets(), kinds_.size(), "symbols column");
        for (const auto name : root_.getDylibNames()) dylib_names_.push_back(view_of(name));
        targets_ = root_.getTargets().size();
    });
}

SymbolKind SymbolsView::kind(uint64_t i) const {
    const uint8_t kind = kinds_[i] & kSymbolKindMask;
    if (kind > static_cast<uint8_t>(SymbolKind::kRedacted)) fail_record("symbols column", "unknown symbol kind");
    return static_cast<SymbolKind>(kind);
}

std::string_view SymbolsView::dylib(uint64_t i) const {
    const uint16_t index = dylibs_[i];
    if (index == kNoDylib) return {};
    if (index >= dylib_names_.size()) fail_record("symbols column", "dylib index out of range");
    return dylib_names_[index];
}

std::string_view SymbolsView::target(uint64_t i) const {
    if (targets_ == 0) return {};
    return guarded("symbols column", [&]() -> std::string_view {
        const auto targets = root_.getTargets();
        uint32_t low = 0;
        uint32_t high = targets.size();
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            if (targets[middle].getIndex() < i) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == targets.size() || targets[low].getIndex() != i) return {};
        return view_of(targets[low].getName());
    });
}

PlacesView::PlacesView(std::string_view message) : message_(message, "places column") {
    guarded("places column", [&] {
        const auto root = message_.root<schema::Places>();
        sections_ = raw_list<uint16_t>(root.getSections());
        offsets_ = raw_list<uint32_t>(root.getOffsets());
        far_ = raw_list<uint64_t>(root.getFar());
    });
    if (offsets_.size() != sections_.size()) fail_record("places column", "lists differ in length");
    if (far_.empty()) return;
    for (uint32_t i = 0; i < sections_.size(); ++i)
        if (sections_[i] == kFarPlace) far_index_.push_back(i);
    if (far_index_.size() != far_.size()) fail_record("places column", "far places differ in number");
}

Place PlacesView::place(uint64_t i) const {
    if (sections_[i] != kFarPlace) return {sections_[i], offsets_[i]};
    const auto found = std::lower_bound(far_index_.begin(), far_index_.end(), i);
    if (found == far_index_.end() || *found != i) fail_record("places column", "a far place is missing");
    return {kFarPlace, far_[static_cast<size_t>(found - far_index_.begin())]};
}

}  // namespace strata::record
