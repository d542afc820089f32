#include "macho/indirect_symbols.h"

namespace strata::macho {
namespace {

// <mach-o/loader.h>: dysymtab_command, section types with indirect symbols, and entries that stand for no symbol.
constexpr uint64_t kIndirectOffset = 56;
constexpr uint64_t kIndirectCount = 60;
constexpr uint32_t kNonLazyPointers = 0x6;
constexpr uint32_t kLazyPointers = 0x7;
constexpr uint32_t kLazyDylibPointers = 0x10;
constexpr uint32_t kIndirectLocal = 0x80000000;
constexpr uint32_t kIndirectAbsolute = 0x40000000;

base::ByteView find_command(const Image& image, uint32_t wanted) {
    uint64_t at = image.is_64 ? kHeaderSize64 : kHeaderSize32;
    for (size_t i = 0; i < image.commands.size() && image.header.contains(at, sizeof(LoadCommand)); ++i) {
        const auto& command = image.header.get<LoadCommand>(at, "load command");
        if (command.cmdsize < sizeof(LoadCommand) || !image.header.contains(at, command.cmdsize)) break;
        if (command.cmd == wanted) return image.header.sub(at, command.cmdsize, "load command");
        at += command.cmdsize;
    }
    return {};
}

base::ByteView find_table(const AddressSpace& space, const Image& image) {
    const auto command = find_command(image, kLcDysymtab);
    const Segment* linkedit = image.segment("__LINKEDIT");
    if (!command.contains(kIndirectCount, 4) || linkedit == nullptr) return {};
    const uint64_t offset = command.u32(kIndirectOffset, "indirect symbols");
    const uint64_t bytes = uint64_t{command.u32(kIndirectCount, "indirect symbols")} * 4;
    if (bytes == 0 || offset < linkedit->file_offset) return {};
    try {
        return space.rest(linkedit->address, "__LINKEDIT").sub(offset - linkedit->file_offset, bytes, "table");
    } catch (const base::Error&) {
        return {};
    }
}

}  // namespace

IndirectSymbols::IndirectSymbols(const AddressSpace& space, const Image& image)
    : symbols_(image.nlists, image.string_pool, image.is_64),
      table_(find_table(space, image)),
      pointer_size_(image.pointer_size()) {}

IndirectSymbols::Slots IndirectSymbols::slots(const Section& section) const {
    const uint32_t type = section.type();
    const bool pointers = type == kNonLazyPointers || type == kLazyPointers || type == kLazyDylibPointers;
    if (!pointers && type != kSymbolStubs) return {};
    // reserved1 is the first entry, reserved2 the size of a stub.
    const uint64_t reserved = section.command.size() == sizeof(Section64) ? 68 : 60;
    Slots slots;
    slots.first = section.command.u32(reserved, "reserved1");
    slots.size = pointers ? pointer_size_ : section.command.u32(reserved + 4, "reserved2");
    if (slots.size != 0) slots.count = section.size / slots.size;
    return slots;
}

std::string_view IndirectSymbols::name(uint64_t index) const {
    if (!table_.contains(index * 4, 4)) return {};
    const uint32_t symbol = table_.u32(index * 4, "indirect symbol");
    if ((symbol & (kIndirectLocal | kIndirectAbsolute)) != 0 || symbol >= symbols_.size()) return {};
    return symbols_[symbol].name;
}

}  // namespace strata::macho
