#pragma once
// Prefix tries of Mach-O exports and of cached dylib paths. Breadth-first node order, offsets settled by iteration.

#include "bits.h"

#include <string_view>
#include <vector>

namespace dscgen {

class TrieBuilder {
  public:
    void clear();
    // Names must be distinct and not empty. The payload is copied.
    void add(std::string_view name, const u8* payload, std::size_t size);
    // Builds the nodes and returns the size in bytes; 0 when nothing was added.
    u32 finish();
    // After finish(): the trie's bytes.
    const std::vector<u8>& encode();

  private:
    struct Entry {
        u32 name;
        u32 payload;
        u16 length;
        u16 payload_size;
    };
    struct Node {
        u32 first;  // entries [first, last) below this node
        u32 last;
        u32 depth;  // bytes of name consumed
        u32 first_child = 0;
        u32 child_count = 0;
        u32 offset = 0;
    };
    std::string_view name(const Entry& e) const {
        return {reinterpret_cast<const char*>(names_.data()) + e.name, e.length};
    }
    bool is_terminal(const Node& n) const { return n.last > n.first && entries_[n.first].length == n.depth; }
    u32 node_size(const Node& n) const;
    void split(std::size_t node);

    std::vector<u8> names_;
    std::vector<u8> payloads_;
    std::vector<Entry> entries_;
    std::vector<Node> nodes_;
    std::vector<u8> bytes_;
    u32 size_ = 0;
};

}  // namespace dscgen
