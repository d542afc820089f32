// Where a standalone Mach-O file stores pointers, and what the loader makes of them: an address of the image, or a
// symbol of a library. In a shared cache the slide info says the first; here the fixups say both.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "extract/image_facts.h"
#include "macho/segment_space.h"

namespace strata::extract {

/// Of chained fixups 8 bytes are held for each import: chains are walked page by page when asked. Rebases of
/// LC_DYLD_INFO and of its chains (arm64e of iOS 12 and 13) take 8 bytes each (at most 2 Mi), binds and relocations 24
/// (at most 1 Mi).
class FilePointers {
  public:
    /// Whether the file tells all its pointers. Not told: those of kernels and of images without any fixups' command.
    static bool are_told(const macho::SegmentSpace& space, const macho::Image& image);

    /// All must outlive this. `file` is the whole image. Throws Error(kInput) for malformed programs and tables.
    FilePointers(base::ByteView file, const macho::SegmentSpace& space, const macho::Image& image);

    /// As ImageContext::walk_pointers. A bound pointer has target 0, and a tag that stands for library and symbol.
    /// Throws Error(kInput) for malformed chains.
    void walk(uint64_t address, uint64_t size, const PointerVisitor& visit);

  private:
    struct Fixed {
        uint64_t address = 0;
        uint64_t target = 0;
        uint64_t tag = 0;
    };
    void read_rebases();
    [[noreturn]] static void fail_of_rebases(base::ByteView program);
    void read_binds(base::ByteView program, macho::BindKind kind);
    void read_threaded();
    static std::pair<uint64_t, uint64_t> meaning_of(const macho::ChainedFixups::Pointer& pointer, uint64_t import);
    void read_relocations(base::ByteView file);
    void read_relocations_of(base::ByteView file, const macho::Section& section);
    void visit_rebase(uint64_t address, const PointerVisitor& visit) const;
    void walk_chains(uint64_t address, uint64_t size, const PointerVisitor& visit);
    void add(const Fixed& fixed);
    uint64_t import_tag(uint32_t index);
    std::string_view counted(std::string_view name);
    uint64_t library(int32_t ordinal) const;
    uint64_t word_at(uint64_t address) const;

    const macho::SegmentSpace& space_;
    const macho::Image& image_;
    std::vector<uint64_t> rebases_;      // by address
    std::vector<Fixed> fixed_;           // by address, the one that counts first
    std::vector<uint64_t> libraries_;    // hashes of their names, in load order
    std::vector<uint64_t> import_tags_;  // of chained imports; 0 = not asked for yet
    uint64_t relocation_bytes_ = 0;
    uint64_t name_bytes_ = 0;
    uint64_t walkable_;  // bytes that may still be walked
};

}  // namespace strata::extract
