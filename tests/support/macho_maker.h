// Makes small Mach-O images in memory, field by field, so that each field can be given a wrong value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/buffer.h"

namespace strata::test {

struct MadeSection {
    std::string segment;
    std::string name;
    uint64_t address = 0;
    uint64_t size = 0;
    uint32_t flags = 0;
};

/// Collects load commands; bytes() puts the header before them. Remembers where each command is.
class MachoMaker {
  public:
    explicit MachoMaker(bool is_64 = true) : is_64_(is_64) {}

    uint32_t cpu_type = 0x0100000c;
    uint32_t cpu_subtype = 2;
    uint32_t file_type = 6;
    uint32_t flags = 0x80000085;

    uint64_t header_size() const { return is_64_ ? 32 : 28; }
    std::string word(uint64_t value) const { return is_64_ ? le64(value) : le32(value); }

    /// Appends a command of this body, padded to a multiple of 8; returns its offset from the header.
    uint64_t add(uint32_t command, std::string body) {
        body.resize((body.size() + 7) / 8 * 8, '\0');
        const uint64_t at = header_size() + commands_.size();
        places_[command].push_back(at);
        commands_ += le32(command) + le32(body.size() + 8) + body;
        ++count_;
        return at;
    }

    uint64_t add_segment(std::string_view name, uint64_t address, uint64_t size, uint64_t file_offset,
                         uint64_t file_size, const std::vector<MadeSection>& sections = {}) {
        std::string body = fixed(name) + word(address) + word(size) + word(file_offset) + word(file_size) + le32(5) +
                           le32(3) + le32(sections.size()) + le32(0);
        for (const auto& section : sections) {
            body += fixed(section.name) + fixed(section.segment) + word(section.address) + word(section.size);
            body += le32(0) + le32(2) + le32(0) + le32(0) + le32(section.flags) + le32(0) + le32(0);
            if (is_64_) body += le32(0);
        }
        return add(is_64_ ? 0x19 : 0x1, body);
    }

    uint64_t add_dylib(uint32_t command, std::string_view name, uint32_t current = 0x10203,
                       uint32_t compatibility = 0x10000) {
        return add(command, le32(24) + le32(2) + le32(current) + le32(compatibility) + std::string(name) + '\0');
    }
    uint64_t add_text(uint32_t command, std::string_view text) {
        return add(command, le32(12) + std::string(text) + '\0');
    }
    uint64_t add_data(uint32_t command, uint64_t offset, uint64_t size) {
        return add(command, le32(offset) + le32(size));
    }

    /// Offset from the header of the nth command of this type.
    uint64_t place_of(uint32_t command, size_t nth = 0) const { return places_.at(command).at(nth); }

    std::string bytes() const {
        std::string header = le32(is_64_ ? 0xfeedfacf : 0xfeedface) + le32(cpu_type) + le32(cpu_subtype) +
                             le32(file_type) + le32(count_) + le32(commands_.size()) + le32(flags);
        if (is_64_) header += le32(0);
        return header + commands_;
    }

    std::string nlist(uint32_t strx, uint8_t type, uint8_t section, uint16_t desc, uint64_t value) const {
        return le32(strx) + static_cast<char>(type) + static_cast<char>(section) + le16(desc) + word(value);
    }

  private:
    bool is_64_;
    std::string commands_;
    uint32_t count_ = 0;
    std::map<uint32_t, std::vector<uint64_t>> places_;
};

/// One node of an exports trie; children are given by their edges.
struct TrieNode {
    struct Edge;
    std::string payload;
    std::vector<Edge> children;
};
struct TrieNode::Edge {
    std::string label;
    TrieNode node;
};

/// Lays a trie out with node offsets of a fixed width, children after their parents.
inline std::string make_trie(const TrieNode& root) {
    const auto wide = [](uint64_t value) {  // four bytes, whatever the value
        std::string bytes;
        for (int i = 0; i < 4; ++i) bytes += static_cast<char>((value >> (7 * i) & 0x7f) | (i < 3 ? 0x80U : 0U));
        return bytes;
    };
    std::string out;
    std::vector<std::pair<const TrieNode*, uint64_t>> open{{&root, UINT64_MAX}};
    for (size_t i = 0; i < open.size(); ++i) {
        const auto [node, field] = open[i];
        if (field != UINT64_MAX) put(out, field, wide(out.size()));
        out += uleb(node->payload.size()) + node->payload + static_cast<char>(node->children.size());
        for (const auto& [edge, child] : node->children) {
            out += edge + '\0';
            open.emplace_back(&child, out.size());
            out += wide(0);
        }
    }
    return out;
}

}  // namespace strata::test
