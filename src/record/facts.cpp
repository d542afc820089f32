#include "record/facts.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace strata::record {
namespace {

/// The NUL sorts below every byte an owner can hold, so this is the order by owner, then name, then value.
std::string key_of(const FactRecord& fact) {
    std::string key = fact.owner.substr(0, fact.owner.find('\0'));
    key += '\0';
    return key += fact.name;
}

struct Keyed {
    std::string key;
    std::string value;
    auto operator<=>(const Keyed&) const = default;
};

/// Writes texts one after another, with `offsets` around them.
template <typename TextOf>
void fill(capnp::Data::Builder blob, capnp::List<uint32_t>::Builder offsets, std::span<const Keyed> facts,
          const TextOf& text_of_fact) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < facts.size(); ++i) {
        const std::string& text = text_of_fact(facts[i]);
        offsets.set(i, at);
        if (!text.empty()) std::memcpy(blob.begin() + at, text.data(), text.size());
        at += static_cast<uint32_t>(text.size());
    }
    offsets.set(static_cast<uint32_t>(facts.size()), at);
}

Chunk encode_part(ColumnKind kind, std::span<const Keyed> facts) {
    uint64_t key_bytes = 0;
    uint64_t value_bytes = 0;
    for (const auto& fact : facts) {
        key_bytes += fact.key.size();
        value_bytes += fact.value.size();
    }
    const auto count = static_cast<uint32_t>(facts.size());
    auto builder = sized_builder(key_bytes + value_bytes + count * 8ULL + 128);
    auto root = builder.initRoot<schema::Facts>();
    fill(root.initKeys(static_cast<uint32_t>(key_bytes)), root.initKeyOffsets(count + 1), facts,
         [](const Keyed& fact) -> const std::string& { return fact.key; });
    fill(root.initValues(static_cast<uint32_t>(value_bytes)), root.initValueOffsets(count + 1), facts,
         [](const Keyed& fact) -> const std::string& { return fact.value; });
    return make_chunk(kind, count, builder);
}

}  // namespace

void encode_facts(ColumnKind kind, std::vector<FactRecord>& facts, const ChunkSink& sink) {
    std::vector<Keyed> keyed;
    keyed.reserve(facts.size());
    for (auto& fact : facts) keyed.push_back({key_of(fact), std::move(fact.value)});
    facts.clear();
    std::sort(keyed.begin(), keyed.end());
    keyed.erase(std::unique(keyed.begin(), keyed.end()), keyed.end());
    ChunkCutter cutter;
    size_t begin = 0;
    for (size_t i = 0; i < keyed.size(); ++i) {
        const auto following = i + 1 < keyed.size() ? std::string_view(keyed[i + 1].key) : std::string_view{};
        if (!cutter.ends_after(keyed[i].key, following, keyed[i].key.size() + keyed[i].value.size() + 8)) continue;
        sink(encode_part(kind, {keyed.data() + begin, i + 1 - begin}));
        begin = i + 1;
    }
    if (begin < keyed.size()) sink(encode_part(kind, {keyed.data() + begin, keyed.size() - begin}));
}

FactsView::FactsView(std::string_view message) : message_(message, "facts column") {
    guarded("facts column", [&] {
        const auto root = message_.root<schema::Facts>();
        const auto offsets = root.getKeyOffsets();
        const uint64_t entries = offsets.size() == 0 ? 0 : offsets.size() - 1;
        keys_ = BlobView(root.getKeys(), offsets, entries, "facts column");
        values_ = BlobView(root.getValues(), root.getValueOffsets(), entries, "facts column");
    });
}

FactView FactsView::operator[](uint64_t i) const {
    const auto text = key(i);
    const auto end = text.find('\0');
    if (end == std::string_view::npos) fail_record("facts column", "a key has no owner");
    return {text.substr(0, end), text.substr(end + 1), value(i)};
}

}  // namespace strata::record
