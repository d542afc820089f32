#pragma once
// Mach-O header and load commands of one image in the cache.

#include "shape.h"

namespace dscgen {

// Where this image's part of a linkedit is, as file offsets in the file that holds it.
struct LinkeditPlace {
    u64 segment_address = 0;
    u64 segment_size = 0;
    u64 segment_offset = 0;
    u64 symbols = 0;  // of this image's first nlist
    u64 pool = 0;
    u64 pool_size = 0;
    u64 trie = 0;
    u64 starts = 0;
    u64 indirect = 0;
};

// Fills `out` with header and commands. Their size depends on the image only, never on addresses. Returns the offset
// of the image's own path in them.
u32 write_macho(std::vector<u8>& out, const Content& content, const ImageShape& shape, const LinkeditPlace& linkedit,
                const std::string& path);

// 1-based section number of nlist entries.
u32 section_number(const Content& content, const ImageShape& shape, Section section);

struct SectionName {
    const char* segment;
    const char* section;
};
SectionName section_name(const Spec& spec, Section section);
std::string extra_section_name(u32 index);
inline constexpr u32 kExtraSectionFlags = 0;
u32 section_flags(const Spec& spec, Section section);

void image_uuid(u8 out[16], const ImageRecord& image);
u64 source_version(const ImageRecord& image);
std::string uuid_text(const u8 uuid[16]);
std::string source_version_text(u64 version);

}  // namespace dscgen
