#include "query/similar.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "query/crew.h"
#include "query/heads.h"
#include "record/sorted_texts.h"
#include "record/symbols.h"

namespace strata::query {
namespace {

using record::ColumnKind;

__extension__ using Wide = unsigned __int128;

/// Multiplies and folds 8 bytes at a time; the kind keeps a name apart from a string of the same bytes.
uint64_t hash_of(std::string_view text, ColumnKind kind) {
    constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    const auto mix = [](uint64_t a, uint64_t b) {
        const auto product = static_cast<Wide>(a) * b;
        return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
    };
    uint64_t hash = mix(text.size() + 1, kMultiplier) + static_cast<uint64_t>(kind);
    while (text.size() >= sizeof(uint64_t)) {
        uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof word);
        hash = mix(hash ^ word, kMultiplier ^ (word >> 32 | 1));
        text.remove_prefix(sizeof word);
    }
    uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    hash = mix(hash ^ rest, 0xd6e8feb86659fd93);
    hash ^= hash >> 29;
    return hash == 0 ? 1 : hash;
}

/// Calls `use` with the hash of each distinct text of a chunk that counts.
template <typename Use>
void for_each_hash(store::Reader& reader, ColumnKind kind, uint64_t id, const Use& use) {
    const store::Lease lease = reader.column(id);
    const record::SortedTexts texts(kind, lease.message());
    std::optional<record::SymbolsView> symbols;
    if (kind == ColumnKind::kSymbols) symbols.emplace(lease.message());
    std::string_view last;
    bool first = true;
    for (uint64_t i = 0; i < texts.blob().size(); ++i) {
        if (symbols &&
            (symbols->kind(i) == record::SymbolKind::kImport || symbols->kind(i) == record::SymbolKind::kRedacted))
            continue;
        const auto text = texts.blob()[i];
        if (!first && text == last) continue;
        first = false;
        last = text;
        use(hash_of(text, kind));
    }
}

/// A set of hashes, open addressing, half full at most.
class HashSet {
  public:
    explicit HashSet(uint64_t most) : slots_(std::bit_ceil(most * 2 + 2)), mask_(slots_.size() - 1) {}

    void insert(uint64_t hash) {
        const uint64_t at = find(hash);
        if (slots_[at] == hash) return;
        slots_[at] = hash;
        ++size_;
    }
    bool contains(uint64_t hash) const { return slots_[find(hash)] == hash; }
    uint64_t size() const { return size_; }

  private:
    uint64_t find(uint64_t hash) const {
        uint64_t at = hash & mask_;
        while (slots_[at] != 0 && slots_[at] != hash) at = (at + 1) & mask_;
        return at;
    }

    std::vector<uint64_t> slots_;
    uint64_t mask_;
    uint64_t size_ = 0;
};

constexpr ColumnKind kKinds[] = {ColumnKind::kSymbols, ColumnKind::kStrings};

HashSet set_of(store::Reader& reader, const record::Head& head) {
    // What the head says of itself is not believed: the chunks are counted.
    uint64_t most = 0;
    for (const auto kind : kKinds)
        for (const auto& chunk : head.column(kind).chunks)
            most += record::SortedTexts(kind, reader.column(chunk.id).message()).blob().size();
    HashSet set(most);
    for (const auto kind : kKinds)
        for (const auto& chunk : head.column(kind).chunks)
            for_each_hash(reader, kind, chunk.id, [&](uint64_t hash) { set.insert(hash); });
    return set;
}

/// Larger similarity first; compared as fractions, so that no rounding decides.
bool is_nearer(const SimilarImage& a, const SimilarImage& b, uint64_t given) {
    const auto left = static_cast<Wide>(a.shared) * (given + b.entries - b.shared);
    const auto right = static_cast<Wide>(b.shared) * (given + a.entries - a.shared);
    return left != right ? left > right : a.path < b.path;
}

}  // namespace

std::vector<SimilarImage> similar_images(store::Reader& reader, const record::Head& head, const record::Firmware& among,
                                         std::string_view except, const SimilarOptions& options) {
    const HashSet given = set_of(reader, head);
    Crew crew(options.jobs);
    std::vector<SimilarImage> best;
    HeadBatches batches(reader, among.id, {kKinds[0], kKinds[1]});
    std::vector<ImageColumns> batch;
    while (batches.next(batch)) {
        std::vector<SimilarImage> counts(batch.size());
        crew.for_each(batch.size(), [&](uint64_t i) {
            if (options.stop != nullptr && options.stop->requested())
                throw base::Error(base::ErrorKind::kInterrupted, "interrupted");
            if (batch[i].path == except) return;
            for (size_t kind = 0; kind < 2; ++kind)
                for (const uint64_t id : batch[i].chunks(kind))
                    for_each_hash(reader, kKinds[kind], id, [&](uint64_t hash) {
                        ++counts[i].entries;
                        if (given.contains(hash)) ++counts[i].shared;
                    });
        });
        for (size_t i = 0; i < batch.size(); ++i) {
            if (counts[i].shared == 0) continue;
            counts[i].path = std::move(batch[i].path);
            const uint64_t both = given.size() + counts[i].entries - counts[i].shared;
            counts[i].similarity = static_cast<double>(counts[i].shared) / static_cast<double>(both);
            best.push_back(std::move(counts[i]));
        }
        std::sort(best.begin(), best.end(),
                  [&](const auto& a, const auto& b) { return is_nearer(a, b, given.size()); });
        if (best.size() > options.top) best.resize(options.top);
    }
    return best;
}

}  // namespace strata::query
