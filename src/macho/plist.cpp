#include "macho/plist.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <tuple>

namespace strata::macho {
namespace plist {
namespace {

std::string base64(std::string_view bytes) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - at);
        uint32_t group = 0;
        for (size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < count ? static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i])) : 0U);
        for (size_t i = 0; i < 4; ++i) text += i <= count ? kDigits[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

}  // namespace

void append_json_string(std::string_view text, std::string& json) {
    static constexpr char kDigits[] = "0123456789abcdef";
    json += '"';
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte < 0x20) {
            json += "\\u00";
            json += kDigits[byte >> 4];
            json += kDigits[byte & 15];
        } else {
            json += c;
        }
    }
    json += '"';
}

std::string json_string(std::string_view text) {
    std::string json;
    append_json_string(text, json);
    return json;
}

std::string json_data(std::string_view bytes) {
    return "{\"$data\":\"" + base64(bytes) + "\"}";
}

std::string json_real(double value) {
    if (std::isnan(value)) return "{\"$real\":\"nan\"}";
    if (std::isinf(value)) return value > 0 ? "{\"$real\":\"inf\"}" : "{\"$real\":\"-inf\"}";
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    std::string json(text.data(), end);
    // 1.0 stays apart from the integer 1.
    if (json.find_first_of(".e") == std::string::npos) json += ".0";
    return json;
}

std::string json_array(const std::vector<std::string>& items) {
    std::string json = "[";
    for (const auto& item : items) {
        if (json.size() > 1) json += ',';
        json += item;
    }
    return json + ']';
}

void sort(Plist& entries) {
    std::stable_sort(entries.begin(), entries.end(), [](const PlistEntry& a, const PlistEntry& b) {
        return std::tie(a.key, a.json) < std::tie(b.key, b.json);
    });
}

void append_utf8(uint32_t code, std::string& out) {
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    const unsigned tails = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(kLead[tails] | code >> (6 * tails));
    for (unsigned i = tails; i-- > 0;) out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

std::string json_dictionary(Plist& entries) {
    sort(entries);
    std::string json = "{";
    for (const auto& entry : entries) {
        if (json.size() > 1) json += ',';
        append_json_string(entry.key, json);
        json += ':';
        json += entry.json;
    }
    return json + '}';
}

}  // namespace plist

Plist read_plist(base::ByteView bytes) {
    if (bytes.as_text().substr(0, 6) == "bplist") return read_binary_plist(bytes);
    return read_xml_plist(bytes);
}

}  // namespace strata::macho
