// The exports trie (LC_DYLD_EXPORTS_TRIE, LC_DYLD_INFO export_off). Also the grammar of the cache's dylibs trie.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "base/cursor.h"

namespace strata::macho {

/// Called with each terminal node's name and a cursor at its payload. The name is only valid during the call.
using TrieVisitor = std::function<void(std::string_view name, base::Cursor payload)>;

/// Walks a trie depth first, in the order of its bytes, without recursion. Work is bounded by the trie's size: loops,
/// shared nodes and names that grow without end are errors (Error(kInput)). An empty trie is no error.
void walk_trie(base::ByteView trie, const TrieVisitor& visit);

struct ExportEntry {
    std::string_view name;
    uint64_t flags = 0;
    uint64_t value = 0;            ///< offset from the mach header; an absolute value when the flags say so
    uint64_t library_ordinal = 0;  ///< re-exports: 1-based dependency
    std::string_view target;       ///< re-exports: name in that library; empty = the same name

    bool is_reexport() const;
    bool is_absolute() const;
    bool is_weak() const;
};

/// Decodes every export of an image; `visit` gets each once.
void walk_exports(base::ByteView trie, const std::function<void(const ExportEntry&)>& visit);

}  // namespace strata::macho
