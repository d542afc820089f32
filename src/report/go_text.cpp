#include "report/go_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace strata::report {
namespace {

struct Range {
    uint32_t first;
    uint32_t last;
};

/// Letters, marks, numbers, punctuation, symbols and the space: general categories L, M, N, P, S of Unicode 15.0, the
/// version of Go 1.21 and later.
constexpr Range kPrintable[] = {
#include "report/go_printable.inc"
};

bool is_print(uint32_t rune) {
    const auto* range = std::upper_bound(std::begin(kPrintable), std::end(kPrintable), rune,
                                         [](uint32_t value, const Range& r) { return value < r.first; });
    return range != std::begin(kPrintable) && rune <= std::prev(range)->last;
}

/// Unicode's White_Space.
bool is_space(uint32_t rune) {
    return (rune >= 0x09 && rune <= 0x0d) || rune == 0x20 || rune == 0x85 || rune == 0xa0 || rune == 0x1680 ||
           (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 || rune == 0x202f || rune == 0x205f ||
           rune == 0x3000;
}

struct Rune {
    uint32_t value = 0;
    size_t size = 1;
    bool valid = false;  ///< false: one byte that begins no character
};

/// The character at the start of a text that is not empty; the shortest form only, no surrogates.
Rune first_rune(std::string_view text) {
    const auto byte = [&](size_t i) -> uint32_t { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0; };
    const uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4) return {lead, 1, false};
    uint32_t value = lead & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {lead, 1, false};
        value = value << 6 | (byte(i) & 0x3f);
    }
    static constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
    const bool valid = value >= kLeast[size] && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    return valid ? Rune{value, size, true} : Rune{lead, 1, false};
}

void append_hex(std::string& out, char mark, uint32_t value, int digits) {
    out += '\\';
    out += mark;
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
}

/// The letter of a short escape; 0 when there is none.
char short_escape(uint32_t rune) {
    static constexpr std::string_view kLetters = "abtnvfr";  // 0x07 to 0x0d
    return rune >= 0x07 && rune <= 0x0d ? kLetters[rune - 0x07] : '\0';
}

}  // namespace

std::string go_quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const Rune rune = first_rune(text);
        if (!rune.valid) {
            append_hex(out, 'x', rune.value, 2);
        } else if (rune.value == '"' || rune.value == '\\') {
            out += '\\';
            out += static_cast<char>(rune.value);
        } else if (is_print(rune.value)) {
            out.append(text.substr(0, rune.size));
        } else if (const char letter = short_escape(rune.value)) {
            out += '\\';
            out += letter;
        } else if (rune.value < 0x20 || rune.value == 0x7f) {
            append_hex(out, 'x', rune.value, 2);
        } else {
            append_hex(out, rune.value < 0x10000 ? 'u' : 'U', rune.value, rune.value < 0x10000 ? 4 : 8);
        }
        text.remove_prefix(rune.size);
    }
    return out + '"';
}

bool is_go_text(std::string_view text) {
    while (!text.empty()) {
        const Rune rune = first_rune(text);
        if (rune.valid && !is_print(rune.value) && !is_space(rune.value)) return false;
        text.remove_prefix(rune.size);
    }
    return true;
}

}  // namespace strata::report
