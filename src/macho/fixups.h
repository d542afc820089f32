// Fixups: what dyld writes into an image's data when it loads it. Pointers into the image itself (rebases), and
// addresses of symbols of other images (binds), which say from which library each import is taken.
//
// Two forms, after Apple's <mach-o/fixup-chains.h>, <mach-o/loader.h> and dyld:
// - chained fixups (LC_DYLD_CHAINED_FIXUPS): a table of imports, and for each page of data where the first fixup is;
// each
//   fixup is a bit field in the data itself that says where the next one is;
// - opcodes (LC_DYLD_INFO): three programs (bind, weak bind, lazy bind) for a machine that knows one library, one
// symbol and
//   one place at a time. Since arm64e they may hold chains, too ("threaded").
// In a shared cache both are gone: its builder has applied them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "macho/image.h"

namespace strata::macho {

/// Library ordinals that stand for no dependency (BIND_SPECIAL_DYLIB_*).
inline constexpr int32_t kOrdinalSelf = 0;
inline constexpr int32_t kOrdinalMain = -1;
inline constexpr int32_t kOrdinalFlat = -2;
inline constexpr int32_t kOrdinalWeak = -3;

/// A symbol that is bound. The name views the linkedit.
struct Import {
    std::string_view name;
    int32_t ordinal = 0;  ///< 1-based dependency, or kOrdinal...
    bool weak = false;    ///< may be missing
    int64_t addend = 0;   ///< of all its binds (chained fixups only)
};

/// The imports table and the chains' starts of LC_DYLD_CHAINED_FIXUPS. Views; nothing is held for each import.
class ChainedFixups {
  public:
    /// Where the chains of one segment begin, and how its pointers are written.
    struct Segment {
        uint32_t index = 0;    ///< of Image::segments
        uint64_t address = 0;  ///< unslid
        uint32_t page_size = 0;
        uint16_t pointer_format = 0;  ///< DYLD_CHAINED_PTR_*
        uint32_t page_count = 0;
        uint32_t max_pointer = 0;  ///< 32-bit formats: larger values are no pointers
        base::ByteView starts;     ///< the u16s: a page each, then the lists of pages with several
    };

    /// What one pointer word stands for.
    struct Pointer {
        bool bind = false;
        uint32_t import = 0;  ///< bind: index of the import
        uint64_t target = 0;  ///< rebase: unslid address, without its top byte
        uint8_t high = 0;     ///< rebase: the top byte, where the format keeps one
        int64_t addend = 0;   ///< bind
        bool authenticated = false;
        uint32_t signing = 0;  ///< of authenticated ones: diversity, whether by address, and key
        uint64_t next = 0;     ///< bytes to the next fixup; 0 = last
    };

    /// Reads the header and the starts. Throws Error(kInput) for unknown versions, formats and tables outside the data.
    ChainedFixups(const Image& image, base::ByteView data);

    uint32_t import_count() const { return import_count_; }
    /// Throws Error(kInput) when its name is outside the symbols.
    Import import(uint32_t index) const;
    const std::vector<Segment>& segments() const { return segments_; }
    /// The segment that holds `address`, if it has fixups.
    const Segment* segment_of(uint64_t address) const;

    /// Decodes one word of a segment (32-bit formats: the low half). Binds to imports that are not there are errors of
    /// walk().
    Pointer decode(const Segment& segment, uint64_t raw) const;

    /// Calls `visit` with each fixup, in the order of addresses but for pages with several chains. Reads the data
    /// pages. Throws Error(kInput) when a chain leaves its page, goes through more words than the page has, or binds to
    /// no import.
    void walk(const AddressSpace& space, const std::function<void(uint64_t address, const Pointer&)>& visit) const;

    /// The same for the pages that [address, address + size) touches; fixups beside it on these pages are not visited.
    void walk_range(const AddressSpace& space, uint64_t address, uint64_t size,
                    const std::function<void(uint64_t address, const Pointer&)>& visit) const;

  private:
    void read_segment(const Image& image, uint32_t index, base::ByteView starts);
    void walk_page(const AddressSpace& space, const Segment& segment, uint32_t page,
                   const std::function<void(uint64_t, const Pointer&)>& visit) const;

    uint64_t base_ = 0;  ///< of the image: many formats count from it
    base::ByteView imports_;
    base::ByteView symbols_;
    uint32_t import_count_ = 0;
    uint32_t import_format_ = 0;
    std::vector<Segment> segments_;
    std::vector<uint64_t> segment_addresses_;  ///< of all segments, for the format that counts from them
};

/// Which of the programs of LC_DYLD_INFO.
enum class BindKind : uint8_t { kBind, kWeak, kLazy };

/// One bind instruction: `count` pointers, `stride` bytes apart.
struct Bind {
    Import import;
    uint8_t type = 1;      ///< BIND_TYPE_POINTER, ...
    uint32_t segment = 0;  ///< index of Image::segments
    uint64_t offset = 0;   ///< of the first, in the segment
    uint64_t count = 1;
    uint64_t stride = 0;
    bool threaded = false;  ///< the import's place in the table of threaded binds: no place in data is named
};

/// Runs a program of opcodes. Throws Error(kInput) for unknown opcodes and for places outside their segment. Work is
/// bounded by the program's size: runs of binds are reported as one. Threaded chains are not walked; their imports are
/// reported as the table of ordinals is filled.
void walk_binds(const Image& image, base::ByteView program, BindKind kind,
                const std::function<void(const Bind&)>& visit);

/// The same for a program of threaded binds (arm64e of iOS 12 and 13); also walks the chains that it begins:
/// `visit_pointer` gets the address of each pointer and what it stands for, an import being the nth threaded bind so
/// far. Throws Error(kInput) when a chain leaves its segment, binds to no import, or all are longer than any real
/// image's.
void walk_threaded(const AddressSpace& space, const Image& image, base::ByteView program,
                   const std::function<void(const Bind&)>& visit,
                   const std::function<void(uint64_t address, const ChainedFixups::Pointer&)>& visit_pointer);

/// One pointer of a threaded chain; `base` is the image's address.
ChainedFixups::Pointer decode_threaded(uint64_t raw, uint64_t base);

/// One rebase instruction: `count` words that hold addresses of the image, `stride` bytes apart.
struct Rebase {
    uint8_t type = 1;      ///< REBASE_TYPE_POINTER, ...
    uint32_t segment = 0;  ///< index of Image::segments
    uint64_t offset = 0;   ///< of the first, in the segment
    uint64_t count = 1;
    uint64_t stride = 0;
};

/// The same for the rebase program of LC_DYLD_INFO.
void walk_rebases(const Image& image, base::ByteView program, const std::function<void(const Rebase&)>& visit);

}  // namespace strata::macho
