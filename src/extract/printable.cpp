#include "extract/printable.h"

#include <array>
#include <cstdint>
#include <string>

namespace strata::extract {
namespace {

constexpr bool is_printable(uint32_t unit) {
    return (unit >= 0x20 && unit < 0x7f) || unit == '\t' || unit == '\n' || unit == '\r';
}

/// By byte: most bytes that are looked at are none.
constexpr auto kPrintable = [] {
    std::array<bool, 256> table{};
    for (uint32_t byte = 0; byte < table.size(); ++byte) table[byte] = is_printable(byte);
    return table;
}();

/// Bytes of the UTF-8 sequence at `at`; 0 when it is none. Overlong forms and surrogates are none (RFC 3629).
size_t utf8_length(std::string_view bytes, size_t at) {
    const auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : uint8_t{0}; };
    const uint8_t first = byte(at);
    const size_t length = first >= 0xc2 && first < 0xe0   ? 2
                          : (first & 0xf0) == 0xe0        ? 3
                          : first >= 0xf0 && first < 0xf5 ? 4
                                                          : 0;
    for (size_t i = 1; i < length; ++i)
        if ((byte(at + i) & 0xc0) != 0x80) return 0;
    const uint8_t second = byte(at + 1);
    const bool wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
    return wrong ? 0 : length;
}

}  // namespace

void walk_printable(std::string_view bytes, const std::function<void(std::string_view)>& visit) {
    size_t start = 0;
    const auto finish = [&](size_t end) {
        if (end - start >= kShortestFound && end - start <= kLongestFound) visit(bytes.substr(start, end - start));
    };
    size_t at = 0;
    while (at < bytes.size()) {
        const auto byte = static_cast<uint8_t>(bytes[at]);
        if (kPrintable[byte]) {
            ++at;
            continue;
        }
        if (const size_t length = byte >= 0x80 ? utf8_length(bytes, at) : 0; length != 0) {
            at += length;
            continue;
        }
        if (byte == 0) finish(at);
        start = ++at;
    }
    finish(at);
}

void walk_printable_wide(std::string_view bytes, const std::function<void(std::string_view)>& visit) {
    std::string text;
    size_t units = 0;
    const auto finish = [&](bool ended) {
        if (ended && units >= kShortestFound && text.size() <= kLongestFound) visit(text);
        text.clear();
        units = 0;
    };
    for (size_t at = 0; at + 1 < bytes.size(); at += 2) {
        const uint32_t unit = static_cast<uint8_t>(bytes[at]) | uint32_t{static_cast<uint8_t>(bytes[at + 1])} << 8;
        const bool latin = unit >= 0xa0 && unit < 0x250;
        if (!latin && (unit > 0xff || !kPrintable[unit])) {
            if (units != 0) finish(unit == 0);
            continue;
        }
        ++units;
        if (text.size() > kLongestFound) continue;
        if (latin) {
            text += static_cast<char>(0xc0 | unit >> 6);
            text += static_cast<char>(0x80 | (unit & 0x3f));
        } else {
            text += static_cast<char>(unit);
        }
    }
}

}  // namespace strata::extract
