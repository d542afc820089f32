#include "record/name_filter.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "record/sorted_texts.h"

namespace strata::record {
namespace {

/// First byte of a filter: the form described in docs/store-format.md. What begins otherwise is no filter.
constexpr char kForm = 1;
constexpr size_t kHeader = 1;
constexpr uint64_t kBlock = 64;  // bytes
constexpr uint64_t kBitsPerEntry = 10;
constexpr int kProbes = 6;
constexpr std::array<size_t, 3> kPrefixes{8, 16, 24};

uint64_t hash_of(std::string_view text) {
    return XXH3_64bits(text.data(), text.size());
}

/// Calls `visit(byte, mask)` with the bits of an entry; ends early when it says false.
template <typename Visit>
bool for_each_bit(uint64_t hash, uint64_t blocks, const Visit& visit) {
    const uint64_t block = ((hash >> 32) * blocks) >> 32;
    auto bits = static_cast<uint32_t>(hash);
    for (int i = 0; i < kProbes; ++i, bits *= 0x9e3779b9U) {
        const uint32_t bit = bits >> 23;  // 0 to 511: of the block
        if (!visit(block * kBlock + bit / 8, static_cast<uint8_t>(1U << (bit % 8)))) return false;
    }
    return true;
}

/// All entries, each once where texts are sorted.
std::vector<uint64_t> entries_of(const BlobView& texts) {
    std::vector<uint64_t> hashes;
    std::string_view last;
    for (uint64_t i = 0; i < texts.size(); ++i) {
        const std::string_view text = texts[i];
        if (i != 0 && text == last) continue;
        hashes.push_back(hash_of(text));
        for (const size_t size : kPrefixes)
            if (text.size() > size && (i == 0 || last.substr(0, size) != text.substr(0, size)))
                hashes.push_back(hash_of(text.substr(0, size)));
        last = text;
    }
    return hashes;
}

}  // namespace

std::string name_filter_of(ColumnKind kind, std::string_view message) {
    if (kind != ColumnKind::kSymbols && kind != ColumnKind::kStrings) return {};
    std::vector<uint64_t> hashes;
    try {
        hashes = entries_of(SortedTexts(kind, message).blob());
    } catch (const base::Error&) {
        return {};
    }
    const uint64_t blocks = hashes.size() * kBitsPerEntry / (kBlock * 8) + 1;
    std::string filter(kHeader + blocks * kBlock, '\0');
    filter[0] = kForm;
    for (const uint64_t hash : hashes)
        for_each_bit(hash, blocks, [&](uint64_t byte, uint8_t mask) {
            filter[kHeader + byte] = static_cast<char>(static_cast<uint8_t>(filter[kHeader + byte]) | mask);
            return true;
        });
    return filter;
}

NameProbe NameProbe::exact(std::string_view text) {
    return NameProbe(hash_of(text));
}

std::optional<NameProbe> NameProbe::prefix(std::string_view prefix) {
    const auto longer = std::upper_bound(kPrefixes.begin(), kPrefixes.end(), prefix.size());
    if (longer == kPrefixes.begin()) return std::nullopt;
    return NameProbe(hash_of(prefix.substr(0, *(longer - 1))));
}

bool NameProbe::may_be_in(std::string_view filter) const {
    if (filter.size() < kHeader + kBlock || filter[0] != kForm || (filter.size() - kHeader) % kBlock != 0) return true;
    return for_each_bit(hash_, (filter.size() - kHeader) / kBlock, [&](uint64_t byte, uint8_t mask) {
        return (static_cast<uint8_t>(filter[kHeader + byte]) & mask) != 0;
    });
}

}  // namespace strata::record
