// The dyld_cache_header of one cache file, every era (Apple's dyld_cache_format.h, dyld-360 to the latest).
//
// There is no version number: mappingOffset is the size of the builder's own header, so a field is present exactly when
// it ends at or before mappingOffset. Newer, larger headers are read as far as they are known.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace strata::dyld {

using Uuid = std::array<uint8_t, 16>;

inline bool is_null(const Uuid& uuid) {
    return uuid == Uuid{};
}

/// One region of a cache file (dyld_cache_mapping_info or dyld_cache_mapping_and_slide_info). Sizes in bytes.
struct Mapping {
    uint64_t address = 0;
    uint64_t size = 0;
    uint64_t file_offset = 0;
    uint32_t max_prot = 0;
    uint32_t init_prot = 0;
    uint64_t slide_offset = 0;  ///< file offset of its slide info, in the same file
    uint64_t slide_size = 0;    ///< 0 = no slide info
};

/// One entry of the sub-cache array. `suffix` is complete (".01", ".3", ".05.dyldlinkedit").
struct SubCacheEntry {
    Uuid uuid{};
    uint64_t vm_offset = 0;
    std::string suffix;
};

/// A file range named by the header.
struct FileRange {
    uint64_t offset = 0;
    uint64_t size = 0;
};

/// Value type, decoded and checked; holds no view of the file.
struct CacheHeader {
    uint32_t size = 0;  ///< mappingOffset
    std::string magic;  ///< 15 characters
    std::string arch;   ///< what follows "dyld_v1", known or not
    Uuid uuid{};
    uint64_t cache_type = 0;  ///< 0 development, 1 production, 2 universal
    uint32_t platform = 0;    ///< PLATFORM_*; 0 when the era does not say
    uint32_t os_version = 0;  ///< xxxx.yy.zz nibbles; 0 when the era does not say
    Uuid symbols_uuid{};      ///< of the .symbols file; null = none
    FileRange images;         ///< size counts entries
    FileRange images_text;    ///< size counts entries
    FileRange local_symbols;
    FileRange code_signature;
    uint64_t dylibs_trie_address = 0;
    uint64_t dylibs_trie_size = 0;
    uint64_t accelerate_info_address = 0;  ///< iOS 10 era: holds the dylibs trie
    std::vector<Mapping> mappings;
    std::vector<SubCacheEntry> sub_caches;

    /// Base of VM offsets: where the header is mapped.
    uint64_t base_address() const { return mappings.front().address; }
    /// Whether local-symbol entries are the 16-byte form.
    bool has_wide_local_entries() const { return size >= 0x190; }
    /// Images lie in other files or here: a main file, as opposed to a sub-cache or .symbols file opened by itself.
    bool lists_images() const { return images.size != 0 || images_text.size != 0; }
};

/// Whether `file` starts like a cache ("dyld_v1"). Never throws.
bool looks_like_cache(base::ByteView file);

/// Decodes and checks one file's header and the tables it names (mappings, sub-caches). Throws Error(kInput).
CacheHeader read_cache_header(base::ByteView file);

}  // namespace strata::dyld
