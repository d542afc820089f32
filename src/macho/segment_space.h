// The address space of one standalone Mach-O file, made of its segments: what extraction reads a file on disk through,
// as it reads a cache's images through the mappings of the cache.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "macho/address_space.h"
#include "macho/fixups.h"
#include "macho/image.h"

namespace strata::macho {

/// Borrows `file` (from the mach header on) and copies what it needs of the image. Immutable; safe from many threads.
/// Costs 24 bytes a segment and, for object files, 24 bytes a relocation of a data section.
class SegmentSpace : public AddressSpace {
  public:
    /// `image` must be what read_file_image(file) gave. Throws Error(kInput) when the chained fixups are malformed.
    SegmentSpace(base::ByteView file, const Image& image);

    /// To the end of the segment's bytes in the file. Addresses that the file holds no bytes of (zero-filled, or
    /// stripped as in dSYMs) are an error.
    base::ByteView rest(uint64_t address, const char* what) const override;

    uint64_t decode_pointer(uint64_t raw, uint64_t where) const override;

    /// Chained fixups of linked images; relocations of object files, where a pointer to a symbol of the same file is
    /// the symbol's address and one to another file's symbol is a bind.
    StoredPointer stored_pointer(uint64_t raw, uint64_t where) const override;

    /// Empty when the image has none.
    const std::optional<ChainedFixups>& fixups() const { return fixups_; }

    /// Whether chains begin in the bind opcodes of LC_DYLD_INFO.
    bool is_threaded() const { return threaded_; }

  private:
    struct Region {
        uint64_t address;
        uint64_t size;  // of its bytes in the file
        uint64_t file_offset;
    };
    /// A pointer-sized slot of an object file that names a symbol.
    struct Slot {
        uint64_t address;
        uint64_t symbol_value;  // its address; its index when it is defined elsewhere
        bool is_bind;
    };

    void read_fixups(const Image& image);
    StoredPointer chained_pointer(uint64_t raw, uint64_t where) const;
    static const Region* find(const std::vector<Region>& regions, uint64_t address);
    void read_relocations(const Image& image);
    void read_relocations_of(const Image& image, const Section& section);

    base::ByteView file_;
    std::vector<Region> segments_;  // by address
    std::vector<Region> sections_;  // by address: those whose bytes are not where their segment's would be
    uint64_t base_;                 // address of the mach header
    std::optional<ChainedFixups> fixups_;
    std::vector<ChainedFixups::Segment> chained_;  // by address
    bool threaded_ = false;
    std::vector<Slot> slots_;  // by address
    uint64_t relocation_bytes_ = 0;
};

}  // namespace strata::macho
