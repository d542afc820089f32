// One Mach-O image, read in place: header and load commands decoded, everything bulky left as views of the mapping.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "macho/address_space.h"
#include "macho/format.h"

namespace strata::macho {

/// A segment as its load command says. Names view the mapping.
struct Segment {
    std::string_view name;
    uint64_t address = 0;
    uint64_t size = 0;         ///< in memory
    uint64_t file_offset = 0;  ///< in the file whose mapping holds `address`; standalone: from the mach header
    uint64_t file_size = 0;
    uint32_t max_prot = 0;
    uint32_t init_prot = 0;
    uint32_t flags = 0;
};

struct Section {
    std::string_view segment;
    std::string_view name;
    uint64_t address = 0;
    uint64_t size = 0;  ///< in memory
    uint32_t align = 0;
    uint32_t flags = 0;
    base::ByteView command;  ///< the section's own record, to point errors at
    /// Standalone files only: where its bytes are, in bytes from the mach header; 0 in caches and where none are.
    uint64_t file_offset = 0;
    /// A section of a segment that was left out of the file (a dSYM's __TEXT): size and address, but no bytes.
    bool stripped = false;

    bool has_bytes() const { return size != 0 && !stripped && !is_zerofill(); }
    uint32_t type() const { return flags & kSectionTypeMask; }
    bool is_zerofill() const { return type() == kZerofill || type() == kGbZerofill || type() == kThreadLocalZerofill; }
    bool holds_code() const {
        return (flags & (kAttrPureInstructions | kAttrSomeInstructions | kAttrSelfModifying)) != 0 ||
               type() == kSymbolStubs;
    }
};

enum class DependencyKind : uint8_t { kLoad, kWeak, kReexport, kUpward, kLazy };

struct Dependency {
    std::string_view name;
    DependencyKind kind = DependencyKind::kLoad;
    uint32_t current_version = 0;  ///< xxxx.yy.zz nibbles
    uint32_t compatibility_version = 0;
};

/// A load command whose text says something worth comparing (LC_RPATH, LC_SUB_CLIENT, ...).
struct Detail {
    uint32_t command = 0;
    std::string_view text;
};

/// Everything small about an image. A few kilobytes; views live as long as the address space.
struct Image {
    uint64_t address = 0;  ///< unslid, of the mach header
    bool is_64 = true;     ///< layout of header, nlist and pointers (arm64_32 is a 32-bit layout)
    uint32_t cpu_type = 0;
    uint32_t cpu_subtype = 0;
    uint32_t file_type = 0;
    uint32_t flags = 0;
    base::ByteView header;  ///< mach header and load commands

    std::optional<std::array<uint8_t, 16>> uuid;
    std::optional<uint64_t> source_version;
    bool has_build_version = false;
    uint32_t platform = 0;  ///< PLATFORM_*; 0 when not said
    uint32_t min_os = 0;
    uint32_t sdk = 0;
    std::string_view install_name;

    std::vector<Segment> segments;
    std::vector<Section> sections;         ///< in load-command order: nlist n_sect - 1 is an index
    std::vector<Dependency> dependencies;  ///< in load-command order: library ordinal - 1 is an index
    std::vector<uint32_t> commands;
    std::vector<Detail> details;

    // In the linkedit; bounded by the mapping that holds it. Empty when absent.
    base::ByteView nlists;
    base::ByteView string_pool;  ///< shared by many images in a cache: never scan it whole
    base::ByteView exports_trie;
    base::ByteView function_starts;

    // The same, of standalone files only: cache builders drop these or leave them stale.
    base::ByteView chained_fixups;  ///< dyld_chained_fixups_header and what follows
    base::ByteView rebases;         ///< opcodes of LC_DYLD_INFO
    base::ByteView binds;
    base::ByteView weak_binds;
    base::ByteView lazy_binds;
    base::ByteView code_signature;  ///< the super blob, big-endian

    bool is_object() const { return file_type == kFileTypeObject; }
    unsigned pointer_size() const { return is_64 ? 8 : 4; }
    uint64_t nlist_size() const { return is_64 ? sizeof(Nlist64) : sizeof(Nlist32); }
    const Segment* segment(std::string_view name) const;

    /// 1-based index of the section that holds `address`; `hint` (1-based, 0 = none) is preferred when it does, its end
    /// included. 0 when no section does. O(log sections).
    uint32_t section_of(uint64_t address, uint32_t hint = 0) const;

    /// Bytes this image asks a reader to go through: what hostile images that all point at the same tables are bounded
    /// by.
    uint64_t declared_bytes() const;

    /// Indices of `sections` with size > 0, by address; made by read_image.
    std::vector<uint32_t> sections_by_address;
};

/// Bytes of header and load commands that the header at `address` claims, as far as its mapping goes: what trying to
/// read it may cost. 0 when there is none. Throws nothing.
uint64_t claimed_header_bytes(const AddressSpace& space, uint64_t address);

/// Reads the header at unslid `address`. Throws Error(kInput) when something does not obey its format.
Image read_image(const AddressSpace& space, uint64_t address);

/// Reads a standalone file (or a slice of a fat one, or a member of an archive), whose header is its first byte: all
/// offsets count from there, so the symbol tables of object files and dSYMs are found although no segment holds them.
/// The address is __TEXT's, else that of whatever segment holds the header, else 0. See segment_space.h for its bytes.
Image read_file_image(base::ByteView file);

}  // namespace strata::macho
