#include "macho/segment_space.h"

#include <algorithm>

#include "macho/symbols.h"

namespace strata::macho {
namespace {

template <typename T>
void sort_by_address(std::vector<T>& items) {
    std::stable_sort(items.begin(), items.end(), [](const T& a, const T& b) { return a.address < b.address; });
}

/// The last item that starts at or before `address`, or null.
template <typename T>
const T* at_or_before(const std::vector<T>& items, uint64_t address) {
    const auto after = std::upper_bound(items.begin(), items.end(), address,
                                        [](uint64_t a, const T& item) { return a < item.address; });
    return after == items.begin() ? nullptr : &*(after - 1);
}

// relocation_info.r_info
uint32_t symbol_of(uint32_t info) {
    return info & 0xffffff;
}
bool is_relative_to_here(uint32_t info) {
    return (info >> 24 & 1) != 0;
}
unsigned log2_length(uint32_t info) {
    return info >> 25 & 3;
}
bool is_external(uint32_t info) {
    return (info >> 27 & 1) != 0;
}
unsigned type_of(uint32_t info) {
    return info >> 28;
}
// BIND_OPCODE_THREADED | BIND_SUBOPCODE_THREADED_SET_BIND_ORDINAL_TABLE_SIZE_ULEB: linkers put it first.
constexpr uint8_t kThreadedBinds = 0xd0;

constexpr unsigned kPlainPointer = 0;  // X86_64_RELOC_UNSIGNED, ARM64_RELOC_UNSIGNED, GENERIC_RELOC_VANILLA, ...

}  // namespace

SegmentSpace::SegmentSpace(base::ByteView file, const Image& image) : file_(file), base_(image.address) {
    read_fixups(image);
    for (const auto& segment : image.segments)
        if (const uint64_t size = std::min(segment.size, segment.file_size); size != 0)
            segments_.push_back({segment.address, size, segment.file_offset});
    sort_by_address(segments_);
    for (const auto& section : image.sections) {
        if (!section.has_bytes()) continue;
        const Region* segment = find(segments_, section.address);
        const bool in_place =
            segment != nullptr && segment->file_offset + (section.address - segment->address) == section.file_offset;
        if (!in_place) sections_.push_back({section.address, section.size, section.file_offset});
    }
    sort_by_address(sections_);
    if (image.is_object()) read_relocations(image);
}

/// arm64e files of iOS 12 and 13 have chains behind LC_DYLD_INFO ("threaded"), all of the first format.
void SegmentSpace::read_fixups(const Image& image) {
    if (!image.chained_fixups.empty()) {
        fixups_.emplace(image, image.chained_fixups);
        chained_ = fixups_->segments();
        sort_by_address(chained_);
    }
    threaded_ = image.cpu_type == kCpuTypeArm64 && (image.cpu_subtype & kCpuSubtypeMask) == kCpuSubtypeArm64e &&
                !image.binds.empty() && image.binds.u8(0, "bind opcode") == kThreadedBinds;
}

const SegmentSpace::Region* SegmentSpace::find(const std::vector<Region>& regions, uint64_t address) {
    const Region* region = at_or_before(regions, address);
    return region != nullptr && address - region->address < region->size ? region : nullptr;
}

base::ByteView SegmentSpace::rest(uint64_t address, const char* what) const {
    const Region* region = find(sections_, address);
    if (region == nullptr) region = find(segments_, address);
    if (region == nullptr)
        throw file_.error(0, std::string(what) + " at address " + base::hex(address) + " has no bytes in the file",
                          "an address of a segment that has");
    const uint64_t delta = address - region->address;
    if (region->file_offset > file_.size() || delta >= file_.size() - region->file_offset)
        throw file_.error(
            file_.size(),
            std::string(what) + " at address " + base::hex(address) + " is past the end: the file is truncated",
            "at least " + base::hex(region->file_offset) + " + " + base::hex(region->size) + " bytes");
    const uint64_t offset = region->file_offset + delta;
    return file_.sub(offset, std::min(region->size - delta, file_.size() - offset), what);
}

uint64_t SegmentSpace::decode_pointer(uint64_t raw, uint64_t where) const {
    const StoredPointer pointer = stored_pointer(raw, where);
    return pointer.kind == StoredPointer::Kind::kAddress ? pointer.value : 0;
}

StoredPointer SegmentSpace::stored_pointer(uint64_t raw, uint64_t where) const {
    const Slot* slot = at_or_before(slots_, where);
    if (slot == nullptr || slot->address != where) return chained_pointer(raw, where);
    if (slot->is_bind) return {StoredPointer::Kind::kBind, slot->symbol_value, raw, false};
    return {StoredPointer::Kind::kAddress, slot->symbol_value + raw, 0, false};
}

StoredPointer SegmentSpace::chained_pointer(uint64_t raw, uint64_t where) const {
    if (raw == 0) return {};
    if (threaded_) {
        const bool authenticated = (raw >> 63) != 0;
        if ((raw >> 62 & 1) != 0) return {StoredPointer::Kind::kBind, raw & 0xffff, 0, authenticated};
        const uint64_t target = authenticated ? base_ + (raw & 0xffffffff) : raw & 0x7ffffffffff;
        return {StoredPointer::Kind::kAddress, target, 0, authenticated};
    }
    const auto* segment = at_or_before(chained_, where);
    // A word outside all chained pages is a plain address.
    if (segment == nullptr || where - segment->address >= uint64_t{segment->page_count} * segment->page_size)
        return {StoredPointer::Kind::kAddress, raw, 0, false};
    const auto pointer = fixups_->decode(*segment, raw);
    if (pointer.bind)
        return {StoredPointer::Kind::kBind, pointer.import, static_cast<uint64_t>(pointer.addend),
                pointer.authenticated};
    return {StoredPointer::Kind::kAddress, pointer.target, 0, pointer.authenticated};
}

void SegmentSpace::read_relocations(const Image& image) {
    for (const auto& section : image.sections)
        if (section.has_bytes() && !section.holds_code() && section.segment != "__DWARF")
            read_relocations_of(image, section);
    sort_by_address(slots_);
}

void SegmentSpace::read_relocations_of(const Image& image, const Section& section) {
    // reloff and nreloc are 16 bytes before the end of the 64-bit section record, 12 before that of the 32-bit one.
    const uint64_t field = image.is_64 ? 56 : 48;
    const uint64_t offset = section.command.u32(field, "relocations offset");
    const uint64_t count = section.command.u32(field + 4, "number of relocations");
    if (count == 0) return;
    // Sections that share one table would multiply it.
    if (count > (file_.size() - relocation_bytes_) / sizeof(RelocationInfo))
        throw section.command.error(field + 4, "relocations of all sections add up to more bytes than the file has",
                                    "tables of their own");
    relocation_bytes_ += count * sizeof(RelocationInfo);
    const auto table = file_.sub(offset, count * sizeof(RelocationInfo), "relocations");
    const SymbolTable symbols(image.nlists, image.string_pool, image.is_64);
    uint32_t previous = kRelocationScattered;
    for (uint64_t i = 0; i < count; ++i) {
        const auto& relocation = table.get<RelocationInfo>(i * sizeof(RelocationInfo), "relocation");
        // The second of a pair gives a difference of symbols, no pointer.
        const bool is_second = previous == relocation.address;
        previous = relocation.address;
        const uint32_t info = relocation.info;
        const bool is_pointer = (relocation.address & kRelocationScattered) == 0 && !is_relative_to_here(info) &&
                                type_of(info) == kPlainPointer && 1U << log2_length(info) == image.pointer_size();
        if (!is_pointer || is_second) continue;
        if (!is_external(info)) {  // to a place in this file, whose address is stored; the first one's may be 0
            slots_.push_back({section.address + relocation.address, 0, false});
            continue;
        }
        if (symbol_of(info) >= symbols.size()) continue;
        const SymbolEntry symbol = symbols[symbol_of(info)];
        const bool is_bind = symbol.is_undefined() || symbol.kind() != kNSection;
        slots_.push_back({section.address + relocation.address, is_bind ? symbol_of(info) : symbol.value, is_bind});
    }
}

}  // namespace strata::macho
