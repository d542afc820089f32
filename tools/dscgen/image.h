#pragma once
// One image as the generator sees it: counts drawn from a skewed distribution, plus the few mutations that `next`
// applied. All items are numbered; an item's content depends on its number and the image's seed alone, so adding or
// removing one never disturbs another. Items whose number is 15 modulo 16 are never referred to by other items and
// are the only ones `next` removes.

#include "names.h"
#include "objc_counts.h"
#include "spec.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dscgen {

// Numbers of items that `next` adds; base items stay below.
constexpr u32 kAddedBase = 1U << 20;
// Exports of an image that other images may import: its first exported functions.
constexpr u32 kPopular = 32;
// The first images (libSystem, libobjc, CoreFoundation, Foundation, dyld) are always there.
constexpr u32 kCoreImages = 8;

constexpr bool is_removable(u32 number) {
    return (number & 15) == 15;
}
// The item that a reference meant for `number` uses.
constexpr u32 referable(u32 number) {
    return is_removable(number) ? number - 1 : number;
}

struct Mutations {
    std::vector<u32> functions_added;                    // kAddedBase + n, odd n are exported
    std::vector<u32> functions_removed;                  // base numbers
    std::vector<std::pair<u32, u32>> functions_grown;    // base number, bytes more
    std::vector<std::pair<u32, u32>> functions_patched;  // base number, salt
    std::vector<std::pair<u32, u32>> calls_shifted;      // base number, how far along the list of functions
    std::vector<std::pair<u32, u32>> strings_shifted;    // the same for the strings it refers to
    std::vector<std::pair<u32, u32>> table_edits;        // slot of table __const, salt
    std::vector<u32> strings_added;                      // __cstring
    std::vector<u32> strings_removed;
    std::vector<u32> data_added;  // exported data symbols
    std::vector<u32> data_removed;
    std::vector<u32> imports_added;       // kAddedBase + n, resolved like base imports beyond the last
    std::vector<u32> dependencies_added;  // birth numbers of images, loaded but not imported from
    std::vector<u32> sections_added;      // sizes of extra __TEXT sections, in order
    ObjcMutations objc;
};

// What an image is made from; a few dozen bytes for images that never changed.
struct ImageRecord {
    u32 id = 0;        // birth number, never used again
    u32 place = 0;     // how often it was moved
    u32 revision = 0;  // how often it was changed
    u64 seed = 0;
    std::shared_ptr<const Mutations> mutations;  // null when never changed
};

// Numbers of items before mutations.
struct Counts {
    u32 exported_functions = 0;
    u32 exported_data = 0;
    u32 absolutes = 0;
    u32 reexports = 0;  // only in the trie
    u32 imports = 0;
    u32 local_functions = 0;
    u32 local_data = 0;
    u32 functions = 0;  // exported + local + nameless
    u32 cstrings = 0;
    u32 oslogs = 0;
    u32 methnames = 0;
    u32 ustrings = 0;
    u32 cfstrings = 0;
    u32 const_slots = 0;
    u32 data_slots = 0;
    u64 text_padding = 0;  // bytes of __TEXT,__const beyond the minimum
    u32 mean_words = 0;    // mean function size, in units of 4 bytes
    ObjcCounts objc;
};

// Scale factors fixed by the Spec, computed once.
class Scale {
  public:
    explicit Scale(const Spec& spec);
    Counts counts(const ImageRecord& image) const;
    const Spec& spec() const { return spec_; }
    bool has_dyld() const { return spec_.era >= 0x200; }

  private:
    u64 share(const ImageRecord& image) const;

    Spec spec_;
    u64 total_weight_ = 1;
    u64 padding_per_weight_ = 0;  // 16.16 fixed point bytes for a weight unit
    u32 mean_words_ = 12;
};

ImageRecord new_image(const Spec& spec, u32 id);

// How a function is known.
enum class Naming { exported, local, nameless };
struct FunctionName {
    Naming naming;
    u32 ordinal;  // among the exported or the local functions
};
// Exported, local and nameless functions are spread evenly over the address order.
FunctionName function_name(const Counts& c, u32 number);
// The base function that is exported function `ordinal`.
u32 function_of_export(const Counts& c, u32 ordinal);

// A dependency: index in load-command order + 1 is the two-level ordinal.
enum class LoadKind { load, weak, reexport, upward };
struct Dependency {
    u32 id;  // birth number
    LoadKind kind;
};
std::vector<Dependency> dependencies(const Spec& spec, const ImageRecord& image);

struct Import {
    u32 dependency;  // index in dependencies()
    u32 popular;     // which popular export of it
    bool weak;
};

// Number of popular exports of an image.
inline u32 popular_count(const Counts& c) {
    return std::min(kPopular, c.exported_functions);
}

// Can `next` remove or move it? Providers are depended upon and stay where they are.
inline bool is_provider(u32 id) {
    return id < kCoreImages || id % 4 == 0;
}

inline bool contains(const std::vector<u32>& sorted, u32 value) {
    return std::binary_search(sorted.begin(), sorted.end(), value);
}

}  // namespace dscgen
