#include <algorithm>
#include <array>

#include "macho/fixups.h"

namespace strata::macho {
namespace {

using base::ByteView;
using Pointer = ChainedFixups::Pointer;

struct FixupsHeader {
    Le32 version, starts_offset, imports_offset, symbols_offset, import_count, import_format, symbols_format;
};
struct StartsInSegment {
    Le32 size;
    Le16 page_size, pointer_format;
    Le64 segment_offset;
    Le32 max_pointer;
    Le16 page_count;
};
static_assert(sizeof(StartsInSegment) == 22);

// DYLD_CHAINED_IMPORT is 1.
constexpr uint32_t kImportAddend = 2;
constexpr uint32_t kImportAddend64 = 3;

/// What a walk goes through at most: segments may overlay each other, so the file's size is no bound. The largest
/// kernels have some millions.
constexpr uint64_t kMaxFixups = 64U << 20;

constexpr uint16_t kNoStart = 0xffff;
constexpr uint16_t kManyStarts = 0x8000;  // the rest is an index into the lists behind the pages
constexpr uint16_t kLastStart = 0x8000;   // in such a list

enum PointerFormat : uint16_t {
    kArm64e = 1,
    k64 = 2,
    k32 = 3,
    k32Cache = 4,
    k32Firmware = 5,
    k64Offset = 6,
    kArm64eKernel = 7,
    k64KernelCache = 8,
    kArm64eUserland = 9,
    kArm64eFirmware = 10,
    kX86KernelCache = 11,
    kArm64eUserland24 = 12,
    kArm64eSharedCache = 13,
    kArm64eSegmented = 14,
};

/// Bytes that `next` counts in; 0 = no such format.
unsigned stride_of(uint16_t format) {
    switch (format) {
        case kArm64e:
        case kArm64eUserland:
        case kArm64eUserland24:
        case kArm64eSharedCache:
            return 8;
        case kX86KernelCache:
            return 1;
        default:
            return format >= kArm64e && format <= kArm64eSegmented ? 4 : 0;
    }
}
bool is_32(uint16_t format) {
    return format == k32 || format == k32Cache || format == k32Firmware;
}

constexpr uint64_t bits(uint64_t raw, unsigned from, unsigned count) {
    return raw >> from & ((uint64_t{1} << count) - 1);
}
constexpr int64_t signed_bits(uint64_t raw, unsigned from, unsigned count) {
    const uint64_t sign = uint64_t{1} << (count - 1);
    return static_cast<int64_t>((bits(raw, from, count) ^ sign) - sign);
}

/// arm64e in user land, kernel extensions and firmware: bind and auth are the top two bits.
Pointer decode_arm64e(uint64_t raw, uint16_t format, uint64_t base) {
    Pointer pointer;
    pointer.next = bits(raw, 51, 11);
    pointer.bind = bits(raw, 62, 1) != 0;
    pointer.authenticated = bits(raw, 63, 1) != 0;
    const bool from_base = format != kArm64e && format != kArm64eFirmware;
    if (pointer.bind) {
        pointer.import = static_cast<uint32_t>(bits(raw, 0, format == kArm64eUserland24 ? 24 : 16));
        if (!pointer.authenticated) pointer.addend = signed_bits(raw, 32, 19);
    } else if (pointer.authenticated) {
        pointer.target = base + bits(raw, 0, 32);
    } else {
        pointer.target = bits(raw, 0, 43) + (from_base ? base : 0);
        pointer.high = static_cast<uint8_t>(bits(raw, 43, 8));
    }
    return pointer;
}

Pointer decode_64(uint64_t raw, uint16_t format, uint64_t base) {
    Pointer pointer;
    pointer.next = bits(raw, 51, 12);
    pointer.bind = bits(raw, 63, 1) != 0;
    if (pointer.bind) {
        pointer.import = static_cast<uint32_t>(bits(raw, 0, 24));
        pointer.addend = static_cast<int64_t>(bits(raw, 24, 8));
    } else {
        pointer.target = bits(raw, 0, 36) + (format == k64Offset ? base : 0);
        pointer.high = static_cast<uint8_t>(bits(raw, 36, 8));
    }
    return pointer;
}

Pointer decode_32(uint64_t raw, uint16_t format, uint64_t base, uint32_t max_pointer) {
    Pointer pointer;
    if (format == k32Cache) {
        pointer.next = bits(raw, 30, 2);
        pointer.target = base + bits(raw, 0, 30);
        return pointer;
    }
    if (format == k32Firmware) {
        pointer.next = bits(raw, 26, 6);
        pointer.target = bits(raw, 0, 26);
        return pointer;
    }
    pointer.next = bits(raw, 26, 5);
    pointer.bind = bits(raw, 31, 1) != 0;
    if (pointer.bind) {
        pointer.import = static_cast<uint32_t>(bits(raw, 0, 20));
        pointer.addend = static_cast<int64_t>(bits(raw, 20, 6));
    } else {
        pointer.target = bits(raw, 0, 26);
        // Chains go through words that are no pointers; those are moved up by half the field's unused range.
        if (pointer.target > max_pointer) pointer.target -= (0x04000000 + uint64_t{max_pointer}) / 2;
    }
    return pointer;
}

int32_t small_ordinal(uint32_t ordinal) {
    return ordinal > 0xf0 ? static_cast<int8_t>(ordinal) : static_cast<int32_t>(ordinal);
}
int32_t large_ordinal(uint32_t ordinal) {
    return ordinal > 0xfff0 ? static_cast<int16_t>(ordinal) : static_cast<int32_t>(ordinal);
}

uint64_t import_size(uint32_t format) {
    static constexpr std::array<uint64_t, 4> kSizes{0, 4, 8, 16};
    return format < kSizes.size() ? kSizes[format] : 0;
}

}  // namespace

ChainedFixups::ChainedFixups(const Image& image, ByteView data) : base_(image.address) {
    const auto& header = data.get<FixupsHeader>(0, "chained fixups");
    if (header.version != 0) throw data.error(0, "chained fixups of version " + std::to_string(header.version), "0");
    import_count_ = header.import_count;
    import_format_ = header.import_format;
    if (import_count_ != 0) {
        const uint64_t size = import_size(import_format_);
        if (size == 0) throw data.error(20, "imports of format " + std::to_string(import_format_), "1, 2 or 3");
        if (header.symbols_format != 0)
            throw data.error(24, "compressed symbols, format " + std::to_string(header.symbols_format), "0");
        imports_ = data.sub(header.imports_offset, import_count_ * size, "chained imports");
        symbols_ = data.from(header.symbols_offset, "symbols of chained imports");
    }
    for (const auto& segment : image.segments) segment_addresses_.push_back(segment.address);
    const ByteView starts = data.from(header.starts_offset, "chain starts");
    const uint32_t count = starts.u32(0, "chain starts");
    // A builder that leaves out trailing segments is known; more than there are is not.
    if (count > image.segments.size())
        throw starts.error(0, "chain starts for " + std::to_string(count) + " segments",
                           "at most " + std::to_string(image.segments.size()));
    for (uint32_t i = 0; i < count; ++i) {
        const uint32_t offset = starts.u32(4 + uint64_t{4} * i, "chain starts");
        if (offset != 0) read_segment(image, i, starts.from(offset, "chain starts of a segment"));
    }
}

void ChainedFixups::read_segment(const Image& image, uint32_t index, ByteView starts) {
    const auto& raw = starts.get<StartsInSegment>(0, "chain starts of a segment");
    Segment segment;
    segment.index = index;
    segment.address = image.address + raw.segment_offset;
    segment.page_size = raw.page_size;
    segment.pointer_format = raw.pointer_format;
    segment.page_count = raw.page_count;
    segment.max_pointer = raw.max_pointer;
    if (stride_of(segment.pointer_format) == 0)
        throw starts.error(6, "chained pointers of format " + std::to_string(segment.pointer_format), "1 to 14");
    if (segment.page_size < 0x1000 || (segment.page_size & (segment.page_size - 1)) != 0)
        throw starts.error(4, "chained pages of " + base::hex(segment.page_size) + " bytes",
                           "a power of two from 0x1000");
    const uint64_t pages_at = sizeof(StartsInSegment);
    starts.sub(pages_at, uint64_t{2} * segment.page_count, "page starts");
    // Pages past the segment would be walked for nothing: a few bytes each here, kilobytes there.
    const uint64_t room = image.segments[index].size / segment.page_size + 1;
    if (segment.page_count > room)
        throw starts.error(20, "chain starts of " + std::to_string(segment.page_count) + " pages",
                           "at most " + std::to_string(room) + ", the segment's");
    segment.starts =
        starts.sub(pages_at, std::max<uint64_t>(raw.size, pages_at) - pages_at, "chain starts of a segment");
    segments_.push_back(segment);
}

Import ChainedFixups::import(uint32_t index) const {
    if (index >= import_count_)
        throw imports_.error(0, "chained import " + std::to_string(index), "below " + std::to_string(import_count_));
    const uint64_t at = index * import_size(import_format_);
    Import import;
    uint64_t name = 0;
    if (import_format_ == kImportAddend64) {
        const uint64_t raw = imports_.u64(at, "chained import");
        import.ordinal = large_ordinal(static_cast<uint32_t>(bits(raw, 0, 16)));
        import.weak = bits(raw, 16, 1) != 0;
        name = bits(raw, 32, 32);
        import.addend = static_cast<int64_t>(imports_.u64(at + 8, "chained import"));
    } else {
        const uint32_t raw = imports_.u32(at, "chained import");
        import.ordinal = small_ordinal(static_cast<uint32_t>(bits(raw, 0, 8)));
        import.weak = bits(raw, 8, 1) != 0;
        name = bits(raw, 9, 23);
        if (import_format_ == kImportAddend)
            import.addend = static_cast<int32_t>(imports_.u32(at + 4, "chained import"));
    }
    bool terminated = false;
    import.name = symbols_.text(name, &terminated);
    if (!terminated)
        throw imports_.error(at, "chained import: name at " + base::hex(name),
                             "a text below " + base::hex(symbols_.size()));
    return import;
}

const ChainedFixups::Segment* ChainedFixups::segment_of(uint64_t address) const {
    for (const auto& segment : segments_)
        if (address >= segment.address && address - segment.address < uint64_t{segment.page_count} * segment.page_size)
            return &segment;
    return nullptr;
}

Pointer ChainedFixups::decode(const Segment& segment, uint64_t raw) const {
    Pointer pointer;
    switch (const uint16_t format = segment.pointer_format; format) {
        case k64:
        case k64Offset:
            pointer = decode_64(raw, format, base_);
            break;
        case k32:
        case k32Cache:
        case k32Firmware:
            pointer = decode_32(raw & 0xffffffff, format, base_, segment.max_pointer);
            break;
        case k64KernelCache:
        case kX86KernelCache:
            pointer.next = bits(raw, 51, 12);
            pointer.authenticated = bits(raw, 63, 1) != 0;
            pointer.target = base_ + bits(raw, 0, 30);
            break;
        case kArm64eSharedCache:
            pointer.next = bits(raw, 52, 11);
            pointer.authenticated = bits(raw, 63, 1) != 0;
            pointer.target = base_ + bits(raw, 0, 34);
            if (!pointer.authenticated) pointer.high = static_cast<uint8_t>(bits(raw, 34, 8));
            break;
        case kArm64eSegmented: {
            pointer.next = bits(raw, 51, 12);
            pointer.authenticated = bits(raw, 63, 1) != 0;
            const uint64_t index = bits(raw, 28, 4);
            pointer.target = bits(raw, 0, 28) + (index < segment_addresses_.size() ? segment_addresses_[index] : 0);
            break;
        }
        default:
            pointer = decode_arm64e(raw, format, base_);
            break;
    }
    if (pointer.authenticated) pointer.signing = static_cast<uint32_t>(bits(raw, 32, 19));
    pointer.next *= stride_of(segment.pointer_format);
    return pointer;
}

void ChainedFixups::walk(const AddressSpace& space,
                         const std::function<void(uint64_t address, const Pointer&)>& visit) const {
    uint64_t count = 0;
    const auto counted = [&](uint64_t address, const Pointer& pointer) {
        if (++count > kMaxFixups)
            throw segments_.front().starts.error(0, "more than " + std::to_string(kMaxFixups) + " chained fixups",
                                                 "fewer");
        visit(address, pointer);
    };
    for (const auto& segment : segments_)
        for (uint32_t page = 0; page < segment.page_count; ++page) walk_page(space, segment, page, counted);
}

void ChainedFixups::walk_range(const AddressSpace& space, uint64_t address, uint64_t size,
                               const std::function<void(uint64_t, const Pointer&)>& visit) const {
    const auto inside = [&](uint64_t at, const Pointer& pointer) {
        if (at - address < size) visit(at, pointer);
    };
    for (const auto& segment : segments_) {
        const uint64_t end = segment.address + uint64_t{segment.page_count} * segment.page_size;
        if (size == 0 || address >= end || address + size <= segment.address) continue;
        const uint64_t first = address <= segment.address ? 0 : (address - segment.address) / segment.page_size;
        const uint64_t last = (std::min(address + size, end) - 1 - segment.address) / segment.page_size;
        for (uint64_t page = first; page <= last; ++page)
            walk_page(space, segment, static_cast<uint32_t>(page), inside);
    }
}

void ChainedFixups::walk_page(const AddressSpace& space, const Segment& segment, uint32_t page,
                              const std::function<void(uint64_t, const Pointer&)>& visit) const {
    const uint16_t first = segment.starts.u16(uint64_t{2} * page, "page start");
    if (first == kNoStart) return;
    const unsigned stride = stride_of(segment.pointer_format);
    const uint64_t word_size = is_32(segment.pointer_format) ? 4 : 8;
    const uint64_t page_address = segment.address + uint64_t{page} * segment.page_size;
    // Chains that run into each other, or lists that name a chain many times, must not make a page cost more than once.
    uint64_t left = segment.page_size / stride;
    const auto walk_chain = [&](uint64_t offset) {
        for (;;) {
            if (offset >= segment.page_size || left-- == 0)
                throw segment.starts.error(uint64_t{2} * page,
                                           "chain of page " + std::to_string(page) + " at " + base::hex(offset),
                                           "places inside the page, each once");
            const ByteView word = space.at(page_address + offset, word_size, "chained pointer");
            const Pointer pointer = decode(segment, word_size == 4 ? word.u32(0, "pointer") : word.u64(0, "pointer"));
            if (pointer.bind && pointer.import >= import_count_)
                throw word.error(0, "bind to import " + std::to_string(pointer.import),
                                 "below " + std::to_string(import_count_));
            visit(page_address + offset, pointer);
            if (pointer.next == 0) return;
            offset += pointer.next;
        }
    };
    if ((first & kManyStarts) == 0) return walk_chain(first);
    for (uint64_t i = first & ~kManyStarts;; ++i) {
        const uint16_t start = segment.starts.u16(2 * i, "chain start of a page with several");
        walk_chain(start & ~kLastStart);
        if ((start & kLastStart) != 0) return;
    }
}

ChainedFixups::Pointer decode_threaded(uint64_t raw, uint64_t base) {
    Pointer pointer = decode_arm64e(raw, kArm64e, base);
    if (pointer.authenticated) pointer.signing = static_cast<uint32_t>(bits(raw, 32, 19));
    pointer.next *= stride_of(kArm64e);
    return pointer;
}

}  // namespace strata::macho
