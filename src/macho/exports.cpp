#include "macho/exports.h"

#include <algorithm>
#include <string>
#include <vector>

#include "macho/format.h"

namespace strata::macho {
namespace {

constexpr uint64_t kMaxNameLength = 64U << 10;
constexpr size_t kMaxDepth = 4096;
// Real tries produce at most some twenty bytes of names a byte (long C++ names over shared prefixes).
constexpr uint64_t kMaxNameBytesPerTrieByte = 128;

/// One node on the path from the root: where its children stand, how many are left, how long the name is here.
struct Level {
    uint64_t node;
    uint64_t next_child;
    unsigned children_left;
    size_t name_length;
};

class TrieWalker {
  public:
    TrieWalker(base::ByteView trie, const TrieVisitor& visit) : trie_(trie), visit_(visit) {}

    void walk() {
        enter(0);
        while (!path_.empty()) {
            Level& level = path_.back();
            if (level.children_left == 0) {
                path_.pop_back();
                continue;
            }
            --level.children_left;
            name_.resize(level.name_length);
            base::Cursor cursor(trie_, level.next_child);
            name_ += cursor.text(kMaxNameLength, "trie edge");
            const uint64_t child = cursor.uleb("trie node offset");
            level.next_child = cursor.position();
            enter(child);
        }
    }

  private:
    void enter(uint64_t node) {
        check(node);
        base::Cursor cursor(trie_, node);
        const uint64_t terminal_size = cursor.uleb("trie terminal size");
        const uint64_t payload = cursor.position();
        if (terminal_size != 0) visit_(name_, base::Cursor(trie_.sub(payload, terminal_size, "trie payload")));
        base::Cursor children(trie_.from(payload + terminal_size, "trie children"));
        const unsigned count = children.u8("trie child count");
        path_.push_back({node, payload + terminal_size + 1, count, name_.size()});
    }

    void check(uint64_t node) {
        if (node >= trie_.size())
            throw trie_.error(0, "trie node offset " + base::hex(node), "below " + base::hex(trie_.size()));
        if (++visited_ > trie_.size())
            throw trie_.error(node, "trie visits more nodes than it has bytes", "a tree without shared nodes");
        if (path_.size() >= kMaxDepth || name_.size() > kMaxNameLength)
            throw trie_.error(node, "trie is too deep", "at most 4096 levels and 64 KiB of name");
        if (std::any_of(path_.begin(), path_.end(), [&](const Level& level) { return level.node == node; }))
            throw trie_.error(node, "trie loop", "a node that is not its own ancestor");
        // The path counts too: the look for loops goes over all of it, and edges need not have labels.
        name_bytes_ += name_.size() + path_.size();
        if (name_bytes_ > kMaxNameBytesPerTrieByte * trie_.size() + kMaxNameLength)
            throw trie_.error(node, "trie produces too many bytes of names", "names in proportion to the trie");
    }

    base::ByteView trie_;
    const TrieVisitor& visit_;
    std::vector<Level> path_;
    std::string name_;
    uint64_t visited_ = 0;
    uint64_t name_bytes_ = 0;
};

}  // namespace

void walk_trie(base::ByteView trie, const TrieVisitor& visit) {
    if (!trie.empty()) TrieWalker(trie, visit).walk();
}

bool ExportEntry::is_reexport() const {
    return (flags & kExportReexport) != 0;
}
bool ExportEntry::is_absolute() const {
    return (flags & kExportKindMask) == kExportAbsolute;
}
bool ExportEntry::is_weak() const {
    return (flags & kExportWeakDefinition) != 0;
}

void walk_exports(base::ByteView trie, const std::function<void(const ExportEntry&)>& visit) {
    walk_trie(trie, [&](std::string_view name, base::Cursor payload) {
        ExportEntry entry;
        entry.name = name;
        entry.flags = payload.uleb("export flags");
        if ((entry.flags >> 6) != 0)
            throw trie.error(0, "unknown export flags " + base::hex(entry.flags) + " of " + std::string(name),
                             "flags below 0x40");
        if (entry.is_reexport()) {
            entry.library_ordinal = payload.uleb("re-export ordinal");
            entry.target = payload.at_end() ? std::string_view{} : payload.text(kMaxNameLength, "re-export name");
        } else {
            entry.value = payload.uleb("export offset");
        }
        visit(entry);
    });
}

}  // namespace strata::macho
