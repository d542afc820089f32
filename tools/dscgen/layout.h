#pragma once
// Files, mappings and addresses of a whole cache.

#include "macho.h"

#include <string>
#include <vector>

namespace dscgen {

// One image in its place in the cache.
struct Image {
    ImageRecord record;
    std::string path;
    std::string alias;
    ImageShape shape;
};

// A run of images' segments inside a mapping.
struct Span {
    Segment segment;
    u32 first;
    u32 last;
    u64 address;
    u64 size;
};

enum class MappingKind : u32 { header, text, data, read_only, linkedit };

struct Mapping {
    MappingKind kind;
    u64 address = 0;
    u64 size = 0;
    u64 file_offset = 0;
    u32 max_prot = 0;
    u32 init_prot = 0;
    u64 flags = 0;
    std::vector<Span> spans;  // of text and data
    bool has_slide = false;
    u64 slide_offset = 0;  // in the file
    u64 slide_size = 0;    // reserved
    u32 group = ~0U;       // index of the linkedit group that lives here
};

// The merged symbol tables of images [first, last).
struct LinkeditGroup {
    u32 first = 0;
    u32 last = 0;
    u32 file = 0;
    u32 mapping = 0;
    u64 tables = 0;  // offset of everything below in the mapping: slide info comes first
    // Offsets from `tables`.
    u64 paths_trie = 0;
    u64 paths_trie_size = 0;
    u64 tries = 0;
    u64 symbols = 0;
    u64 starts = 0;
    u64 indirect = 0;
    u64 pool = 0;
    u64 pool_size = 0;
    u64 end = 0;
    u32 symbol_count = 0;
    u32 indirect_count = 0;
};

struct LocalsTable {
    u64 offset = 0;  // in the file; 0: none
    u64 size = 0;
    u64 symbols = 0;  // offsets from the table's start
    u64 strings = 0;
    u64 strings_size = 0;
    u32 count = 0;
};

struct File {
    std::string suffix;  // "" for the main file
    std::array<u8, 16> uuid{};
    std::vector<Mapping> mappings;
    u64 header_size = 0;  // bytes of the first mapping before the first image
    bool image_tables = false;
    bool symbols_file = false;
    LocalsTable locals;
    u64 signature_offset = 0;
    u64 size = 0;
};

struct CacheLayout {
    std::vector<Image> images;
    std::vector<File> files;  // main, then sub-caches in order, then .symbols
    std::vector<LinkeditGroup> groups;
    u64 base = 0;
    u64 end = 0;  // first address after the last mapping
    bool share_imports = true;
    u32 sub_count = 0;
    std::vector<u32> index_by_id;  // ~0 for images that are gone

    const Image& by_id(u32 id) const { return images[index_by_id[id]]; }
    const File* symbols_file() const { return files.back().symbols_file ? &files.back() : nullptr; }
};

// Header and tables at the start of a file, in bytes before padding.
struct HeaderPlan {
    u64 mappings;
    u64 slide_mappings;
    u64 images;
    u64 image_count;  // with appended alias records
    u64 images_text;
    u64 subs;
    u64 tpro;
    u64 paths;
    u64 alias_paths;
    u64 end;
};
HeaderPlan plan_header(const Spec& spec, const CacheLayout& layout, const File& file);

struct Plan;
// Measures the images and lays them out, without writing anything. `generation` shifts every start: two generations of
// one cache never lie at the same addresses. Throws std::invalid_argument for what no cache of this era can hold.
CacheLayout build_layout(const Scale& scale, const Plan& plan, u64 generation);

// Its steps: which files and mappings there are, where they and the images lie, and whether all distances can be
// encoded.
void plan_files(const Spec& spec, CacheLayout& layout);
void lay_out(const Scale& scale, CacheLayout& layout, u64 generation);
void check_reach(const Spec& spec, const CacheLayout& layout);

u32 slide_page_size(const Spec& spec);
u64 page_size(const Spec& spec);
u64 cache_base(const Spec& spec);
// One string pool for all images, in which an imported name is the exporter's string.
bool shares_pool(const Spec& spec);
// What segment __LINKEDIT of the group's images says, and their tables.
LinkeditPlace linkedit_place(const Spec& spec, const CacheLayout& layout, const ImageShape& shape);

}  // namespace dscgen
