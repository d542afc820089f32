#include "query/literal_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace strata::query {
namespace {

constexpr size_t kLane = 16;
constexpr size_t kStep = 64;
using Lane = uint8_t __attribute__((vector_size(kLane)));
using Words = uint64_t __attribute__((vector_size(kLane)));

/// Bytes of symbols and strings from the most frequent on; all others are rarer.
constexpr std::string_view kFrequent = "etaionrsldcmpu_fghybvSkCwTAPIDRMELNBFVOUGWxH0 1.:$Kzj2QXqY3";

/// Higher is rarer.
size_t rarity(char byte) {
    return std::min(kFrequent.find(byte), kFrequent.size());
}

Lane load(const char* at) {
    Lane lane;
    std::memcpy(&lane, at, sizeof lane);
    return lane;
}

bool any(Lane lane) {
    const auto words = std::bit_cast<Words>(lane);
    return (words[0] | words[1]) != 0;
}

/// 0xff where both bytes are.
struct Probe {
    Lane first;
    Lane second;
    size_t first_at;
    size_t second_at;

    Lane at(const char* bytes) const {
        const auto equal = (load(bytes + first_at) == first) & (load(bytes + second_at) == second);
        return std::bit_cast<Lane>(equal);
    }
};

/// Bits before the lowest byte that is not 0.
unsigned first_byte(uint64_t word) {
    return static_cast<unsigned>(std::countr_zero(word)) & ~7U;
}

Lane all_of(char byte) {
    return Lane{} + static_cast<uint8_t>(byte);
}

}  // namespace

LiteralSearch::LiteralSearch(std::string text) : text_(std::move(text)) {
    for (size_t i = 0; i < text_.size(); ++i)
        if (rarity(text_[i]) > rarity(text_[first_])) first_ = i;
    second_ = first_ == 0 && text_.size() > 1 ? 1 : 0;
    for (size_t i = 0; i < text_.size(); ++i)
        if (i != first_ && rarity(text_[i]) > rarity(text_[second_])) second_ = i;
}

size_t LiteralSearch::find(std::string_view bytes, size_t from) const {
    if (from > bytes.size() || bytes.size() - from < text_.size()) return std::string_view::npos;
    if (text_.empty()) return from;
    if (text_.size() == 1) return bytes.find(text_[0], from);
    const Probe probe{all_of(text_[first_]), all_of(text_[second_]), first_, second_};
    // Places where the text may begin; a step looks as far as the text's last byte from each of its places.
    const size_t places = bytes.size() - text_.size() + 1;
    const auto is_at = [&](size_t at) { return std::memcmp(bytes.data() + at, text_.data(), text_.size()) == 0; };
    size_t at = from;
    for (; at < places && places - at >= kStep; at += kStep) {
        const char* here = bytes.data() + at;
        const std::array lanes{probe.at(here), probe.at(here + kLane), probe.at(here + 2 * kLane),
                               probe.at(here + 3 * kLane)};
        if (!any((lanes[0] | lanes[1]) | (lanes[2] | lanes[3]))) continue;
        for (size_t lane = 0; lane < lanes.size(); ++lane) {
            const auto words = std::bit_cast<Words>(lanes[lane]);
            for (size_t word = 0; word < 2; ++word) {
                for (uint64_t left = words[word]; left != 0; left &= ~(uint64_t{0xff} << first_byte(left))) {
                    const size_t place = at + lane * kLane + word * 8 + first_byte(left) / 8;
                    if (is_at(place)) return place;
                }
            }
        }
    }
    if (at >= places) return std::string_view::npos;
    const size_t rest = bytes.substr(at).find(text_);
    return rest == std::string_view::npos ? rest : at + rest;
}

}  // namespace strata::query
