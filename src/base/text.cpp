#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace strata::base {
namespace {

/// Length of the valid UTF-8 sequence at `at` (RFC 3629: no surrogates, nothing overlong), 0 when there is none.
size_t utf8_length(std::string_view bytes, size_t at) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    const uint8_t lead = byte(at);
    if (lead < 0x80) return 1;
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || bytes.size() - at < length) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((byte(at + i) & 0xc0) != 0x80) return 0;
    const uint8_t second = byte(at + 1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
        return 0;
    return length;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool is_escape(std::string_view text, size_t at) {
    return text.size() - at >= 4 && text[at] == '\\' && text[at + 1] == 'x' && hex_digit(text[at + 2]) >= 0 &&
           hex_digit(text[at + 3]) >= 0;
}

void append_escape(std::string& out, char byte) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    const auto value = static_cast<uint8_t>(byte);
    out += "\\x";
    out += kDigits[value >> 4];
    out += kDigits[value & 15];
}

/// Printable ASCII without backslashes: nearly every name there is. No early way out, so that the loop is made of
/// vectors.
bool is_plain(std::string_view bytes) {
    unsigned odd = 0;
    for (const char c : bytes)
        odd |= static_cast<unsigned>(static_cast<uint8_t>(c - 0x20) >= 0x5f) | static_cast<unsigned>(c == '\\');
    return odd == 0;
}

/// The code point of a valid sequence.
uint32_t code_point(std::string_view sequence) {
    const auto lead = static_cast<uint8_t>(sequence[0]);
    if (sequence.size() == 1) return lead;
    uint32_t value = lead & (0x7fU >> sequence.size());
    for (const char c : sequence.substr(1)) value = value << 6 | (static_cast<uint8_t>(c) & 0x3f);
    return value;
}

/// What terminals obey (C0, DEL, C1), what ends a line for some programs, and what turns the direction of writing
/// (Unicode's Bidi_Control), so that a name would look like another.
bool is_control(uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

std::string escape(std::string_view bytes, bool controls) {
    if (is_plain(bytes)) return std::string(bytes);
    std::string out;
    out.reserve(bytes.size());
    for (size_t at = 0; at < bytes.size();) {
        const size_t length = utf8_length(bytes, at);
        if (length == 0 || (controls && is_control(code_point(bytes.substr(at, length)))) ||
            (bytes[at] == '\\' && is_escape(bytes, at))) {
            for (size_t i = 0; i < std::max<size_t>(length, 1); ++i) append_escape(out, bytes[at + i]);
            at += std::max<size_t>(length, 1);
        } else {
            out.append(bytes, at, length);
            at += length;
        }
    }
    return out;
}

}  // namespace

std::string printable(std::string_view bytes) {
    return escape(bytes, false);
}
std::string terminal_safe(std::string_view bytes) {
    return escape(bytes, true);
}

std::string unprintable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        if (is_escape(text, at)) {
            out += static_cast<char>(hex_digit(text[at + 2]) * 16 + hex_digit(text[at + 3]));
            at += 4;
        } else {
            out += text[at++];
        }
    }
    return out;
}

std::string uuid_text(std::string_view uuid) {
    if (uuid.size() != 16 || std::all_of(uuid.begin(), uuid.end(), [](char c) { return c == 0; })) return {};
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string text;
    for (size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kDigits[static_cast<uint8_t>(uuid[i]) >> 4];
        text += kDigits[static_cast<uint8_t>(uuid[i]) & 15];
    }
    return text;
}

std::string source_version_text(uint64_t packed) {
    std::string text = std::to_string(packed >> 40);
    for (int shift = 30; shift >= 0; shift -= 10) text += '.' + std::to_string((packed >> shift) & 0x3ff);
    return text;
}

std::string version_text(uint32_t packed) {
    return std::to_string(packed >> 16) + '.' + std::to_string((packed >> 8) & 0xff) + '.' +
           std::to_string(packed & 0xff);
}

std::string size_text(uint64_t bytes) {
    static constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
    return text.data();
}

}  // namespace strata::base
