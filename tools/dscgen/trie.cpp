#include "trie.h"

#include <algorithm>

namespace dscgen {

void TrieBuilder::clear() {
    names_.clear();
    payloads_.clear();
    entries_.clear();
    nodes_.clear();
    size_ = 0;
}

void TrieBuilder::add(std::string_view text, const u8* payload, std::size_t size) {
    entries_.push_back({static_cast<u32>(names_.size()), static_cast<u32>(payloads_.size()),
                        static_cast<u16>(text.size()), static_cast<u16>(size)});
    names_.insert(names_.end(), text.begin(), text.end());
    payloads_.insert(payloads_.end(), payload, payload + size);
}

// Children of a node: runs of entries with the same next byte; a run's edge is its longest common prefix.
void TrieBuilder::split(std::size_t index) {
    const Node node = nodes_[index];
    u32 at = node.first + (is_terminal(node) ? 1 : 0);
    const u32 first_child = static_cast<u32>(nodes_.size());
    while (at < node.last) {
        const std::string_view head = name(entries_[at]);
        u32 end = at + 1;
        while (end < node.last && name(entries_[end])[node.depth] == head[node.depth]) ++end;
        const std::string_view tail = name(entries_[end - 1]);
        u32 depth = node.depth + 1;
        while (depth < head.size() && depth < tail.size() && head[depth] == tail[depth]) ++depth;
        nodes_.push_back({at, end, depth});
        at = end;
    }
    nodes_[index].first_child = first_child;
    nodes_[index].child_count = static_cast<u32>(nodes_.size()) - first_child;
}

u32 TrieBuilder::node_size(const Node& n) const {
    u32 size = 2;
    if (is_terminal(n)) {
        const u32 payload = entries_[n.first].payload_size;
        size = uleb_size(payload) + payload + 1;
    }
    for (u32 c = n.first_child; c < n.first_child + n.child_count; ++c)
        size += nodes_[c].depth - n.depth + 1 + uleb_size(nodes_[c].offset);
    return size;
}

u32 TrieBuilder::finish() {
    size_ = 0;
    if (entries_.empty()) return 0;
    const auto less = [this](const Entry& a, const Entry& b) { return name(a) < name(b); };
    std::sort(entries_.begin(), entries_.end(), less);
    nodes_.clear();
    nodes_.push_back({0, static_cast<u32>(entries_.size()), 0});
    for (std::size_t i = 0; i < nodes_.size(); ++i) split(i);
    // Offsets only grow from round to round, because longer ones push others further.
    for (bool changed = true; changed;) {
        changed = false;
        u32 at = 0;
        for (Node& n : nodes_) {
            changed = changed || n.offset != at;
            n.offset = at;
            at += node_size(n);
        }
        size_ = at;
    }
    return size_;
}

const std::vector<u8>& TrieBuilder::encode() {
    bytes_.resize(size_);
    u8* p = bytes_.data();
    for (const Node& n : nodes_) {
        const Entry& e = entries_[n.first];
        if (is_terminal(n)) {
            p = put_uleb(p, e.payload_size);
            std::memcpy(p, payloads_.data() + e.payload, e.payload_size);
            p += e.payload_size;
        } else {
            *p++ = 0;
        }
        *p++ = static_cast<u8>(n.child_count);
        for (u32 c = n.first_child; c < n.first_child + n.child_count; ++c) {
            const Node& child = nodes_[c];
            const std::string_view label = name(entries_[child.first]).substr(n.depth, child.depth - n.depth);
            std::memcpy(p, label.data(), label.size());
            p += label.size();
            *p++ = 0;
            p = put_uleb(p, child.offset);
        }
    }
    return bytes_;
}

}  // namespace dscgen
