#pragma once
// Symbol names, strings and install names that look like Apple's. Each is a pure function of (image seed, kind,
// ordinal) and unique within its image and kind: three words of the name are the ordinal written in base 128, the
// rest is chosen by hash.

#include "bits.h"

#include <string>

namespace dscgen {

// No name or string is longer; callers hand in buffers of this size.
constexpr std::size_t kMaxName = 512;

enum class Item : u32 { exported_function, exported_data, absolute, reexport, local_function, local_data };

// Writes the name, without NUL, and returns its length.
std::size_t symbol_name(u8* out, u64 image_seed, Item item, u32 ordinal);
// Which of its kind's patterns a data symbol's name follows; decides the section it lives in.
u32 name_kind(u64 image_seed, Item item, u32 ordinal);
// True for the exported C++ templates and inlines, which are weak definitions.
bool is_weak_definition(u64 image_seed, Item item, u32 ordinal);

enum class Pool : u32 { cstring, oslog, methname };
std::size_t string_text(u8* out, u64 image_seed, Pool pool, u32 ordinal);
// UTF-16 code units, unique by ordinal; returns their number.
std::size_t ustring_text(u16* out, u64 image_seed, u32 ordinal);

// Install name of the image with this birth number; `place` counts how often it was moved.
std::string install_name(u64 cache_seed, u32 id, u32 place, u32 platform, bool has_dyld);
// A second path under which the dylibs trie knows the image, or empty.
std::string alias_name(const std::string& path, u32 platform);

}  // namespace dscgen
