// Makes code signatures and DER, blob by blob, after Apple's cs_blobs.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/containers.h"

namespace strata::test {

inline std::string blob(uint32_t magic, std::string_view contents) {
    return be32(magic) + be32(contents.size() + 8) + std::string(contents);
}

struct MadeDirectory {
    uint32_t version = 0x20500;
    uint32_t flags = 0x10002;
    uint8_t hash_type = 2;
    uint8_t platform = 0;
    uint8_t page_shift = 12;
    std::string identifier = "com.example.tool";
    std::string team = "TEAM123456";
    uint64_t exec_flags = 1;
    uint32_t runtime = 0x000d0100;

    std::string bytes() const {
        const uint64_t size = version >= 0x20500 ? 96 : version >= 0x20400 ? 88 : version >= 0x20200 ? 52 : 44;
        const uint64_t identifier_at = size;
        const uint64_t team_at = version >= 0x20200 && !team.empty() ? identifier_at + identifier.size() + 1 : 0;
        std::string texts = identifier + '\0';
        if (team_at != 0) texts += team + '\0';
        std::string out = be32(version) + be32(flags) + be32(size + texts.size()) + be32(identifier_at) + be32(0) +
                          be32(0) + be32(0x4000);
        out += std::string{static_cast<char>(32), static_cast<char>(hash_type), static_cast<char>(platform),
                           static_cast<char>(page_shift)};
        out += be32(0) + be32(0) + be32(team_at) + be32(0) + be64(0) + be64(0) + be64(0) + be64(exec_flags) +
               be32(runtime) + be32(0);
        out.resize(size - 8);
        return blob(0xfade0c02, out + texts);
    }
};

/// A superblob of (slot, blob) pairs.
inline std::string super_blob(const std::vector<std::pair<uint32_t, std::string>>& slots) {
    std::string index;
    std::string blobs;
    const uint64_t start = 12 + 8 * slots.size();
    for (const auto& [slot, bytes] : slots) {
        index += be32(slot) + be32(start + blobs.size());
        blobs += bytes;
    }
    return blob(0xfade0cc0, be32(slots.size()) + index + blobs);
}

/// One DER element, with the shortest length.
inline std::string der(unsigned tag, std::string_view contents) {
    std::string out(1, static_cast<char>(tag));
    if (contents.size() < 0x80) {
        out += static_cast<char>(contents.size());
    } else {
        std::string length = be32(contents.size());
        length.erase(0, length.find_first_not_of('\0'));
        out += static_cast<char>(0x80 | length.size());
        out += length;
    }
    return out + std::string(contents);
}
inline std::string der_pair(std::string_view key, std::string_view value) {
    return der(0x30, der(0x0c, key) + std::string(value));
}
/// [APPLICATION 16] { 1, [16] { pairs } }
inline std::string der_plist(std::string_view pairs) {
    return der(0x70, der(0x02, "\x01") + der(0xb0, pairs));
}

inline std::string xml_plist(std::string_view dictionary) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
           "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>" +
           std::string(dictionary) + "</dict>\n</plist>\n";
}

}  // namespace strata::test
