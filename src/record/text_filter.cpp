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
constexpr char kForm = 3;
constexpr char kOldestForm = 1;
constexpr size_t kHeader = 1;
/// Places of a bitmap before it is made as small as its number of entries asks for: 32 KiB.
constexpr unsigned kPlaceBits = 18;
constexpr uint64_t kPlaces = uint64_t{1} << kPlaceBits;
constexpr uint64_t kBitsPerEntry = 2;
constexpr size_t kSmallest = 8;  // bytes
constexpr size_t kBeginning = 16;
constexpr uint64_t kPrefixSeed = 1;
constexpr size_t kLongPiece = 6;
constexpr uint64_t kPieceSeed = 0x9e3779b97f4a7c15U;
constexpr uint64_t kPieceMultiplier = 0xd6e8feb86659fd93U;
/// The pieces of so many bytes of a long text say enough about it.
constexpr size_t kMostAsked = 64;

/// A text with its ASCII letters in lower case.
class Lowered {
  public:
    void assign(std::string_view text) {
        size_ = text.size();
        bytes_.resize(std::max(bytes_.size(), size_ + sizeof(uint64_t)));  // a piece is read as a word
        const char* from = text.data();
        char* __restrict to = bytes_.data();
        for (size_t i = 0; i < size_; ++i)
            to[i] = static_cast<char>(from[i] | (static_cast<uint8_t>(from[i] - 'A') < 26 ? 0x20 : 0));
    }

    size_t size() const { return size_; }
    uint64_t word_at(size_t at) const {
        uint64_t word = 0;
        std::memcpy(&word, bytes_.data() + at, sizeof word);
        return word;
    }

  private:
    size_t size_ = 0;
    std::string bytes_;
};

uint32_t place_of(uint64_t hash) {
    return static_cast<uint32_t>(hash >> (64 - kPlaceBits));
}

uint32_t place_of_text(std::string_view text) {
    return place_of(XXH3_64bits(text.data(), text.size()));
}

uint32_t place_of_prefix(std::string_view text) {
    return place_of(XXH3_64bits_withSeed(text.data(), kBeginning, kPrefixSeed));
}

__extension__ using Wide = unsigned __int128;

/// Of a piece of `size` bytes, with which `word` begins. Both halves of the product, because pieces differ in few bits
/// and one half would give neighbours to those that differ in their last letter.
template <size_t size>
uint32_t place_of_piece(uint64_t word) {
    const uint64_t piece = word << (64 - 8 * size);
    const auto product = static_cast<Wide>(piece ^ kPieceSeed) * kPieceMultiplier;
    return place_of(static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64));
}

/// Calls `use` with the places of all pieces.
template <typename Use>
void for_each_piece(const Lowered& text, const Use& use) {
    size_t at = 0;
    for (; at + kLongPiece <= text.size(); ++at) {
        const uint64_t word = text.word_at(at);
        use(place_of_piece<kShortestPart>(word));
        use(place_of_piece<kLongPiece>(word));
    }
    for (; at + kShortestPart <= text.size(); ++at) use(place_of_piece<kShortestPart>(text.word_at(at)));
}

/// How many bytes both begin with.
size_t shared_beginning(std::string_view a, std::string_view b) {
    const size_t least = std::min(a.size(), b.size());
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= least; at += sizeof(uint64_t)) {
        uint64_t left = 0;
        uint64_t right = 0;
        std::memcpy(&left, a.data() + at, sizeof left);
        std::memcpy(&right, b.data() + at, sizeof right);
        if (left != right) break;
    }
    while (at < least && a[at] == b[at]) ++at;
    return at;
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
        const size_t bytes = std::clamp<size_t>(entries() * kBitsPerEntry / 8, kSmallest, kPlaces / 8);
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
        const size_t shared = shared_beginning(text, last);
        set(place_of_text(text));
        if (text.size() >= kBeginning && (first || shared < kBeginning)) set(place_of_prefix(text));
        lowered_.assign(text.substr(shared < kLongPiece ? 0 : shared - kLongPiece + 1));
        for_each_piece(lowered_, [&](uint32_t place) { set(place); });
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

    std::vector<uint64_t> words_ = std::vector<uint64_t>(kPlaces / 64);
    Lowered lowered_;
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
    return !filter.empty() && filter[0] >= kOldestForm && filter[0] < kForm;
}

TextProbe TextProbe::exact(std::string_view text) {
    TextProbe probe;
    probe.places_.push_back(place_of_text(text));
    probe.add_prefix(text);
    probe.add_parts(text);
    return probe;
}

TextProbe TextProbe::prefix(std::string_view prefix) {
    TextProbe probe;
    probe.add_prefix(prefix);
    probe.add_parts(prefix);
    return probe;
}

TextProbe TextProbe::part(std::string_view part) {
    TextProbe probe;
    probe.add_parts(part);
    return probe;
}

void TextProbe::add_prefix(std::string_view text) {
    if (text.size() >= kBeginning) places_.push_back(place_of_prefix(text));
}

void TextProbe::add_parts(std::string_view text) {
    Lowered lowered;
    lowered.assign(text.substr(0, kMostAsked));
    for_each_piece(lowered, [&](uint32_t place) { places_.push_back(place); });
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
