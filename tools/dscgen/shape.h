#pragma once
// Sizes and places of one image's parts: what the run keeps of every image (about 900 bytes), while contents are
// produced again whenever they are written.

#include "content.h"
#include "trie.h"

#include <array>

namespace dscgen {

struct ImageShape {
    // Measured.
    std::array<u32, kSectionCount> size{};
    std::array<u32, kSectionCount> offset{};  // in its segment
    std::array<u32, kSegmentCount> segment_size{};
    u32 first_extra = 0;  // offset in __TEXT of the first section that `next` added
    u32 extra_count = 0;
    u32 commands_size = 0;
    u32 path_at = 0;     // offset of the install name from the mach header
    u32 own_locals = 0;  // nlist entries of the image: locals, exports, imports
    u32 exports = 0;
    u32 imports = 0;
    u32 unmapped_locals = 0;
    u32 all_locals = 0;
    u32 trie_size = 0;  // padded upper bound
    u32 starts_size = 0;
    u32 functions = 0;
    u32 sections = 0;
    u32 strings = 0;  // distinct (value, section) pairs, CFStrings included
    u32 objc_facts = 0;
    std::array<u32, kSectionCount> pooled{};  // bytes of emptied sections in the pool of Objective-C strings
    u32 pooled_at = 0;                        // where they are in libobjc's __objc_opt_ro, one behind the other
    u32 trie_names = 0;                       // exports, absolutes and re-exports
    u32 reexports = 0;
    u32 trie_only = 0;  // absolutes that have no nlist entry
    u32 pool_size = 0;
    u32 locals_pool_size = 0;
    std::array<u32, kPopular> popular_text{};    // offset in __text of the popular exports
    std::array<u32, kPopular> popular_string{};  // offset of their names in the image's part of the pool

    // Placed by the layout.
    std::array<u64, kSegmentCount> segment_address{};
    std::array<u32, kSegmentCount> segment_file_offset{};
    u32 linkedit = 0;  // index of its linkedit group
    u32 trie_at = 0;   // offsets from the group's tables
    u32 starts_at = 0;
    u32 pool_at = 0;
    u32 first_nlist = 0;
    u32 first_indirect = 0;
    u32 first_local = 0;  // in the table of unmapped locals
    u64 locals_pool_at = 0;

    bool has(Section s) const { return size[s] != 0 || pooled[s] != 0; }
    u64 section_address(const Profile& p, Section s) const { return segment_address[segment_of(p, s)] + offset[s]; }
};

// `share_imports`: an imported name is the exporter's string in the shared pool; else each image has its own copy.
// `pool`: bytes that all images have in the pool of Objective-C strings, for the image that it lies in.
ImageShape measure(const Content& content, const std::string& path, bool share_imports, TrieBuilder& trie,
                   u32 pool = 0);

// All names of the exports trie with their payloads. `address_of(symbol)` gives the offset from the mach header.
void fill_trie(TrieBuilder& trie, const Content& content, const ImageShape& shape);

// The sections that a builder empties when it moves Objective-C strings to the pool, in the order they lie there.
inline constexpr std::array kPooledSections = {kMethName, kObjcNames, kObjcTypes};

// Sizes of the pieces of __unwind_info for so many functions.
u32 unwind_size(u32 functions);

constexpr u32 kRedactedString = 1;  // offset of "<redacted>" in every pool
constexpr u32 kPoolPrefix = 12;     // "\0<redacted>\0"

// Entries of DYSYMTAB's indirect table: one for each stub, one for each got slot.
inline u32 indirect_count(const ImageShape& s) {
    return 2 * s.imports;
}

}  // namespace dscgen
