// The smallest caches that a reader accepts, built byte by byte: a few kilobytes each, so that a fuzzer's every flip
// hits something, and with every table under the test's control, so that hostile ones can be made that no cache builder
// makes. Layout follows dyld_cache_format.h and mach-o/loader.h; nothing is shared with the readers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata::testing {

/// Little-endian bytes under construction.
class Bytes {
  public:
    uint64_t size() const { return text_.size(); }
    const std::string& text() const { return text_; }

    /// Appends and returns where.
    uint64_t add(std::string_view bytes);
    uint64_t add(uint64_t value, unsigned width);
    uint64_t uleb(uint64_t value);
    void set(uint64_t at, uint64_t value, unsigned width);
    void align(uint64_t unit);

  private:
    std::string text_;
};

/// One of the three regions of the cache's file, in file order; each is a mapping.
enum class Region : uint8_t { kText, kData, kLinkedit };

/// Bytes inside a region, relative to where the caller's bytes of that region begin.
struct Piece {
    uint64_t offset = 0;
    uint64_t size = 0;
};

struct MiniSection {
    std::string segment;
    std::string name;
    Region region = Region::kText;
    Piece piece;
    uint32_t flags = 0;
};

/// An image: header and load commands are written by MiniCache, what they point to is placed with MiniCache::place.
struct MiniImage {
    std::string path;
    std::vector<MiniSection> sections;  ///< __TEXT and __DATA segments span the whole regions
    std::vector<std::string> dependencies;
    Piece nlists;  ///< size counts entries
    Piece strings;
    Piece exports;
    Piece starts;
    std::string more_commands;  ///< whole load commands, appended as they are
    uint32_t more_count = 0;
};

/// What the file's header says. Sizes of 0 leave a table out.
struct MiniCache {
    uint32_t era = 0x228;  ///< header size: 0x70, 0x98, 0x138, 0x140, 0x1c8, 0x200, 0x228
    std::string arch = "arm64e";
    std::vector<MiniImage> images;
    std::vector<std::string> aliases_of_first;  ///< records that repeat the first image's address
    uint32_t slide_version = 0;                 ///< of `slide`: says how pointers in data are stored
    Piece slide;                                ///< in the linkedit
    Piece dylibs_trie;                          ///< in the linkedit
    std::string locals;  ///< dyld_cache_local_symbols_info and its tables, after the last mapping

    // Where things begin in the file, which is mapped as it lies. Enough for three rich images; build() throws when
    // something does not fit. The linkedit ends the file (before the locals).
    uint64_t headers_at = 0x500;
    uint64_t header_stride = 0x300;
    uint64_t region_at[3] = {0xe00, 0x1000, 0x1200};

    bool is_64() const { return arch != "arm64_32" && arch != "armv7k"; }

    /// Puts bytes into a region.
    Piece place(Region region, std::string_view bytes);

    uint64_t base() const { return is_64() ? 0x180000000 : 0x1a000000; }
    uint64_t image_address(size_t index) const { return base() + headers_at + index * header_stride; }
    uint64_t address(Region region, uint64_t offset) const;
    /// The word that stands for `address` in data, as this slide version stores it.
    uint64_t pointer_to(uint64_t address) const;

    /// The finished file.
    std::string build() const;

  private:
    friend class MiniWriter;
    std::string regions_[3];
};

/// nlist entries (16 or 12 bytes each).
void add_nlist(Bytes& out, bool is_64, uint32_t strx, uint8_t type, uint8_t section, uint16_t desc, uint64_t value);

/// A trie whose root has one edge a name: the grammar of exports and dylibs tries.
std::string flat_trie(const std::vector<std::pair<std::string, std::string>>& names_and_payloads);

/// An image with some of everything: symbols of all kinds, a trie with a re-export, C strings, CFStrings, functions.
/// Add it to cache.images before making the next one.
MiniImage rich_image(MiniCache& cache, const std::string& path);

/// Slide info of one page of `version`, whose chain starts at data offset `start` (0xffff: none).
std::string slide_info(const MiniCache& cache, uint32_t version, uint16_t start);

/// dyld_cache_local_symbols_info with one local of the image at `vm_offset`.
std::string local_symbols(bool wide, bool is_64, uint64_t vm_offset, uint64_t value);

}  // namespace strata::testing
