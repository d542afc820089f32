#include "query/literal_search.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace strata::query {
namespace {

constexpr size_t kStep = 64;
constexpr size_t kNowhere = std::string_view::npos;

/// Bytes of symbols and strings from the most frequent on; all others are rarer.
constexpr std::string_view kFrequent = "etaionrsldcmpu_fghybvSkCwTAPIDRMELNBFVOUGWxH0 1.:$Kzj2QXqY3";

/// Higher is rarer.
size_t rarity(char byte) {
    return std::min(kFrequent.find(byte), kFrequent.size());
}

/// What is looked for, and where it may begin: at places before `places`, each with all of the text's bytes behind it.
struct Sought {
    std::string_view bytes;
    std::string_view text;
    std::array<size_t, 3> rare;
    size_t places;

    bool is_at(size_t place) const { return std::memcmp(bytes.data() + place, text.data(), text.size()) == 0; }
};

/// Where the text begins, or where fewer than kStep places are left.
struct Scanned {
    size_t at;
    bool found;
};

/// Sixteen bytes, as every processor that matters has them.
using Lane = uint8_t __attribute__((vector_size(16)));
using Words = uint64_t __attribute__((vector_size(16)));

Lane load(const char* at) {
    Lane lane;
    std::memcpy(&lane, at, sizeof lane);
    return lane;
}

/// Bits before the lowest byte that is not 0.
unsigned first_byte(uint64_t word) {
    return static_cast<unsigned>(std::countr_zero(word)) & ~7U;
}

Scanned scan_anywhere(const Sought& sought, size_t at) {
    constexpr size_t kLanes = kStep / sizeof(Lane);
    std::array<Lane, 3> rare;
    for (size_t i = 0; i < rare.size(); ++i) rare[i] = Lane{} + static_cast<uint8_t>(sought.text[sought.rare[i]]);
    for (; at < sought.places && sought.places - at >= kStep; at += kStep) {
        std::array<Words, kLanes> hits;
        Words any{};
        for (size_t lane = 0; lane < kLanes; ++lane) {
            const char* here = sought.bytes.data() + at + lane * sizeof(Lane);
            hits[lane] = std::bit_cast<Words>((load(here + sought.rare[0]) == rare[0]) &
                                              (load(here + sought.rare[1]) == rare[1]) &
                                              (load(here + sought.rare[2]) == rare[2]));
            any |= hits[lane];
        }
        if ((any[0] | any[1]) == 0) continue;
        for (size_t word = 0; word < 2 * kLanes; ++word) {
            for (uint64_t left = hits[word / 2][word % 2]; left != 0; left &= ~(uint64_t{0xff} << first_byte(left))) {
                const size_t place = at + word * 8 + first_byte(left) / 8;
                if (sought.is_at(place)) return {place, true};
            }
        }
    }
    return {at, false};
}

#if defined(__x86_64__)
/// The same with 32 bytes at once, and a bit for each place.
[[gnu::target("avx2")]] Scanned scan_wide(const Sought& sought, size_t at) {
    const auto [first, second, third] = sought.rare;
    const __m256i all_first = _mm256_set1_epi8(sought.text[first]);
    const __m256i all_second = _mm256_set1_epi8(sought.text[second]);
    const __m256i all_third = _mm256_set1_epi8(sought.text[third]);
    for (; at < sought.places && sought.places - at >= kStep; at += kStep) {
        __m256i hits[2];
        for (size_t lane = 0; lane < 2; ++lane) {
            const char* here = sought.bytes.data() + at + lane * sizeof(__m256i);
            const auto lane_at = [here](size_t place) __attribute__((target("avx2"), always_inline)) {
                return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(here + place));
            };
            hits[lane] = _mm256_and_si256(_mm256_and_si256(_mm256_cmpeq_epi8(lane_at(first), all_first),
                                                           _mm256_cmpeq_epi8(lane_at(second), all_second)),
                                          _mm256_cmpeq_epi8(lane_at(third), all_third));
        }
        const __m256i any = _mm256_or_si256(hits[0], hits[1]);
        if (_mm256_testz_si256(any, any) != 0) continue;
        uint64_t left = static_cast<uint32_t>(_mm256_movemask_epi8(hits[0])) |
                        uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(hits[1]))} << 32;
        for (; left != 0; left &= left - 1) {
            const size_t place = at + static_cast<size_t>(std::countr_zero(left));
            if (sought.is_at(place)) return {place, true};
        }
    }
    return {at, false};
}
#else
Scanned scan_wide(const Sought& sought, size_t at) {
    return scan_anywhere(sought, at);
}
#endif

}  // namespace

LiteralSearch::Lanes LiteralSearch::widest() {
#if defined(__x86_64__)
    static const bool wide = __builtin_cpu_supports("avx2") != 0;
    return wide ? Lanes::kWide : Lanes::kAnywhere;
#else
    return Lanes::kAnywhere;
#endif
}

LiteralSearch::LiteralSearch(std::string text, Lanes lanes) : text_(std::move(text)), lanes_(lanes) {
    // The rarest first; of a short text, some twice.
    std::vector<size_t> places(text_.size());
    std::iota(places.begin(), places.end(), size_t{0});
    std::stable_sort(places.begin(), places.end(),
                     [&](size_t a, size_t b) { return rarity(text_[a]) > rarity(text_[b]); });
    for (size_t i = 0; i < rare_.size() && !places.empty(); ++i) rare_[i] = places[std::min(i, places.size() - 1)];
}

size_t LiteralSearch::find(std::string_view bytes, size_t from) const {
    if (from > bytes.size() || bytes.size() - from < text_.size()) return kNowhere;
    if (text_.empty()) return from;
    if (text_.size() == 1) return bytes.find(text_[0], from);
    const Sought sought{bytes, text_, rare_, bytes.size() - text_.size() + 1};
    const auto scanned = lanes_ == Lanes::kWide ? scan_wide(sought, from) : scan_anywhere(sought, from);
    if (scanned.found) return scanned.at;
    if (scanned.at >= sought.places) return kNowhere;
    const size_t rest = bytes.substr(scanned.at).find(text_);
    return rest == kNowhere ? rest : scanned.at + rest;
}

}  // namespace strata::query
