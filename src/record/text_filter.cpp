#include "record/text_filter.h"

#define XXH_INLINE_ALL  // four short hashes a text: calls would cost more than hashing
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "record/sorted_texts.h"

namespace strata::record {
namespace {

/// First byte of a filter: the form described in docs/store-format.md. What begins otherwise is no filter.
constexpr char kForm = 2;
constexpr char kOlderForm = 1;  // of texts and their beginnings only
constexpr size_t kHeader = 1;
/// Places of a bitmap before it is made as small as its number of entries asks for: 32 KiB.
constexpr unsigned kPlaceBits = 18;
constexpr uint64_t kPlaces = uint64_t{1} << kPlaceBits;
/// Of the bitmap, for 16 entries: 2.5 bits each.
constexpr uint64_t kBytesPer16 = 5;
constexpr size_t kSmallest = 8;  // bytes
constexpr std::array<size_t, 3> kPrefixes{8, 16, 24};
constexpr uint64_t kPrefixSeed = 1;
constexpr size_t kBorderSide = 4;  // bytes before, and behind
constexpr uint32_t kMultiplier32 = 0x9e3779b1U;
constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15U;
/// The pieces of so many bytes of a long text say enough about it.
constexpr size_t kMostAsked = 64;

/// ASCII letters in lower case.
void lower(std::string_view text, std::string& lowered) {
    lowered.assign(text);
    for (char& c : lowered) c = static_cast<char>(c | (static_cast<uint8_t>(c - 'A') < 26 ? 0x20 : 0));
}

using TwoPlaces = std::array<uint32_t, 2>;

TwoPlaces places_of(uint64_t hash) {
    return {static_cast<uint32_t>(hash >> (64 - kPlaceBits)), static_cast<uint32_t>(hash) >> (32 - kPlaceBits)};
}

TwoPlaces places_of_text(std::string_view text) {
    return places_of(XXH3_64bits(text.data(), text.size()));
}

uint32_t place_of_prefix(std::string_view prefix) {
    return places_of(XXH3_64bits_withSeed(prefix.data(), prefix.size(), kPrefixSeed))[0];
}

/// Calls `use` with the places of the pieces of four bytes that begin at `begin` or behind.
template <typename Use>
void for_each_piece(std::string_view lowered, size_t begin, const Use& use) {
    for (size_t at = begin; at + kShortestPart <= lowered.size(); ++at) {
        uint32_t bytes = 0;
        std::memcpy(&bytes, lowered.data() + at, sizeof bytes);
        use((bytes * kMultiplier32) >> (32 - kPlaceBits));
    }
}

enum Letter : uint8_t { kNone, kLower, kUpper };

constexpr std::array<Letter, 256> kLetters = [] {
    std::array<Letter, 256> letters{};
    for (unsigned c = 'a'; c <= 'z'; ++c) letters[c] = kLower;
    for (unsigned c = 'A'; c <= 'Z'; ++c) letters[c] = kUpper;
    return letters;
}();

/// Whether a word ends and another one begins: "fooBar", "foo_bar", "3foo". By the letter before, then by that after.
constexpr bool kIsBorder[3][3] = {{false, true, true}, {false, false, true}, {false, false, false}};

/// Calls `use` with the two places of each border of words that is at `begin` or behind: of the eight bytes around it.
/// `text` and `lowered` are the same text.
template <typename Use>
void for_each_border(std::string_view text, std::string_view lowered, size_t begin, const Use& use) {
    constexpr size_t kBatch = 64;
    std::array<uint32_t, kBatch> borders;  // collected without a branch: where words end is not to be predicted
    size_t at = std::max(begin, kBorderSide);
    while (at + kBorderSide <= text.size()) {
        size_t count = 0;
        const size_t end = std::min(at + kBatch, text.size() - kBorderSide + 1);
        Letter before = kLetters[static_cast<uint8_t>(text[at - 1])];
        for (; at < end; ++at) {
            const Letter after = kLetters[static_cast<uint8_t>(text[at])];
            borders[count] = static_cast<uint32_t>(at);
            count += kIsBorder[before][after];
            before = after;
        }
        for (size_t i = 0; i < count; ++i) {
            uint64_t bytes = 0;
            std::memcpy(&bytes, lowered.data() + borders[i] - kBorderSide, sizeof bytes);
            const uint64_t hash = bytes * kMultiplier;
            use(places_of((hash ^ hash >> 32) * kMultiplier));
        }
    }
}

bool is_filter(std::string_view bytes) {
    return bytes.size() >= kHeader + kSmallest && bytes.size() <= kHeader + kPlaces / 8 && bytes[0] == kForm;
}

/// Collects what is in a chunk. Memory: 32 KiB.
class Bitmap {
  public:
    void add(const BlobView& texts) {
        std::string_view last;
        for (uint64_t i = 0; i < texts.size(); ++i) {
            const std::string_view text = texts[i];
            if (i != 0 && text == last) continue;
            add(text, last, i == 0);
            last = text;
        }
    }

    std::string filter() const {
        const size_t bytes = std::clamp<size_t>(entries() * kBytesPer16 / 16, kSmallest, kPlaces / 8);
        std::string filter(kHeader + bytes, '\0');
        filter[0] = kForm;
        for (size_t i = 0; i < words_.size(); ++i)
            for (uint64_t left = words_[i]; left != 0; left &= left - 1) {
                const uint64_t place = i * 64 + static_cast<unsigned>(std::countr_zero(left));
                const uint64_t bit = (place * (bytes * 8)) >> kPlaceBits;
                filter[kHeader + bit / 8] =
                    static_cast<char>(static_cast<uint8_t>(filter[kHeader + bit / 8]) | 1U << (bit % 8));
            }
        return filter;
    }

  private:
    /// What `text` shares with the one before it in sorted order is in the bitmap already.
    void add(std::string_view text, std::string_view last, bool first) {
        const size_t least = std::min(text.size(), last.size());
        const auto shared = static_cast<size_t>(
            std::mismatch(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(least), last.begin()).first -
            text.begin());
        set(places_of_text(text));
        for (const size_t size : kPrefixes)
            if (text.size() >= size && (first || shared < size)) set(place_of_prefix(text.substr(0, size)));
        lower(text, lowered_);
        for_each_piece(lowered_, shared < kShortestPart ? 0 : shared - kShortestPart + 1,
                       [&](uint32_t place) { set(place); });
        for_each_border(text, lowered_, shared < kBorderSide ? 0 : shared - kBorderSide + 1,
                        [&](const TwoPlaces& places) { set(places); });
    }

    void set(uint32_t place) { words_[place / 64] |= uint64_t{1} << (place % 64); }

    /// Counted at the end and not when set, which would make each wait for the one before.
    uint64_t entries() const {
        uint64_t count = 0;
        for (uint64_t word : words_) {  // std::popcount() is a call where a processor need not have the instruction
            word -= word >> 1 & 0x5555555555555555U;
            word = (word & 0x3333333333333333U) + (word >> 2 & 0x3333333333333333U);
            count += ((word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fU) * 0x0101010101010101U >> 56;
        }
        return count;
    }

    void set(const TwoPlaces& places) {
        for (const uint32_t place : places) set(place);
    }

    std::vector<uint64_t> words_ = std::vector<uint64_t>(kPlaces / 64);
    std::string lowered_;
};

}  // namespace

std::string text_filter_of(ColumnKind kind, std::string_view message) {
    if (!has_sorted_texts(kind)) return {};
    Bitmap bitmap;
    try {
        bitmap.add(SortedTexts(kind, message).blob());
    } catch (const base::Error&) {
        return {};
    }
    return bitmap.filter();
}

bool is_older_text_filter(std::string_view filter) {
    return !filter.empty() && filter[0] == kOlderForm;
}

TextProbe TextProbe::exact(std::string_view text) {
    TextProbe probe;
    for (const uint32_t place : places_of_text(text)) probe.places_.push_back(place);
    probe.add_prefixes(text);
    probe.add_parts(text);
    return probe;
}

TextProbe TextProbe::prefix(std::string_view prefix) {
    TextProbe probe;
    probe.add_prefixes(prefix);
    probe.add_parts(prefix);
    return probe;
}

TextProbe TextProbe::part(std::string_view part) {
    TextProbe probe;
    probe.add_parts(part);
    return probe;
}

TextProbe TextProbe::part_in_any_case(std::string_view part) {
    std::string lowered;
    lower(part, lowered);
    return TextProbe::part(lowered);  // what is a border by its case alone is none then
}

/// The longest first: it is the rarest.
void TextProbe::add_prefixes(std::string_view text) {
    for (auto size = kPrefixes.rbegin(); size != kPrefixes.rend(); ++size)
        if (text.size() >= *size) places_.push_back(place_of_prefix(text.substr(0, *size)));
}

void TextProbe::add_parts(std::string_view text) {
    text = text.substr(0, kMostAsked);
    std::string lowered;
    lower(text, lowered);
    for_each_border(text, lowered, 0,
                    [&](const TwoPlaces& places) { places_.insert(places_.end(), places.begin(), places.end()); });
    for_each_piece(lowered, 0, [&](uint32_t place) { places_.push_back(place); });
}

bool TextProbe::may_be_in(std::string_view filter) const {
    if (!is_filter(filter)) return true;
    const uint64_t bits = (filter.size() - kHeader) * 8;
    return std::all_of(places_.begin(), places_.end(), [&](uint32_t place) {
        const uint64_t bit = (place * bits) >> kPlaceBits;
        return ((static_cast<uint8_t>(filter[kHeader + bit / 8]) >> (bit % 8)) & 1U) != 0;
    });
}

}  // namespace strata::record
