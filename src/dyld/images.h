// The list of images of a cache, and their other names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dyld/cache_header.h"
#include "macho/address_space.h"

namespace strata::dyld {

/// One image as the cache lists it. The path views the main file. 56 bytes; the whole list is held while a cache is
/// open.
struct ImageEntry {
    uint64_t address = 0;     ///< unslid, of its mach header
    Uuid uuid{};              ///< as the text table says; null in the oldest era
    std::string_view path;    ///< empty when it cannot be read: see path_error
    uint64_t path_field = 0;  ///< file offset of the table field that names the path
    uint32_t path_offset = 0;
};

/// Another install name of an image.
struct Alias {
    uint32_t image = 0;  ///< index into the list
    std::string name;
};

struct ImageList {
    std::vector<ImageEntry> images;  ///< in the cache's own order, addresses unique
    std::vector<Alias> aliases;      ///< sorted by image, then name; each once
    std::vector<std::string> warnings;
};

/// Reads the image tables of the main file and, for aliases, the dylibs trie (through `space`: it may be in any file).
/// A damaged trie costs the aliases and gives a warning. Throws Error(kInput) when there is no image at all.
ImageList read_images(base::ByteView main_file, const CacheHeader& header, const macho::AddressSpace& space);

}  // namespace strata::dyld
