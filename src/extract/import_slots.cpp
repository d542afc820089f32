#include "extract/import_slots.h"

#include <algorithm>

#include "extract/address_names.h"
#include "extract/limits.h"
#include "foreign/elf_format.h"
#include "macho/other_formats.h"

namespace strata::extract {
namespace {

constexpr uint32_t kShtDynsym = 11;
constexpr uint64_t kRelaSize = 24;    // Elf64_Rela
constexpr uint64_t kSymbolSize = 24;  // Elf64_Sym
constexpr size_t kMostImports = 1U << 20;
constexpr uint64_t kStubSize = 16;         // x86-64's in .plt.got have 8, and the last one ends with its section
constexpr uint64_t kSmallestStubSize = 6;  // jmp *slot(%rip)

constexpr uint32_t kMachineX86_64 = 62;
constexpr uint32_t kMachineArm64 = 183;

/// R_X86_64_GLOB_DAT and _JUMP_SLOT, R_AARCH64_GLOB_DAT and _JUMP_SLOT.
bool fills_a_slot(uint32_t machine, uint32_t type) {
    return machine == kMachineX86_64 ? type == 6 || type == 7 : type == 1025 || type == 1026;
}

}  // namespace

ImportSlots::ImportSlots(const ForeignImage& image) : image_(image) {
    const auto& header = image.facts.header;
    const bool is_known = header.machine == kMachineX86_64 || header.machine == kMachineArm64;
    if (!image.is_elf() || image.is_object() || !header.is_64 || header.big_endian || !is_known) return;
    for (const auto& section : image.facts.sections) {
        if (section.type == kShtDynsym && symbols_.empty()) symbols_ = image.bytes_of(section);
        if (section.name == ".dynstr" && names_.empty()) names_ = image.bytes_of(section);
    }
    for (const auto& section : image.facts.sections)
        if (section.type == foreign::kShtRela && (section.flags & foreign::kShfAlloc) != 0) read(section);
    if (!complete_) slots_.clear();
    std::sort(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) {
        return a.address != b.address ? a.address < b.address : a.meaning < b.meaning;
    });
    stub_reader_ = code::make_fingerprinter(macho::elf_cpu(header.machine, true, false).type);
}

void ImportSlots::read(const foreign::Section& relocations) {
    const auto table = image_.bytes_of(relocations);
    for (uint64_t at = 0; complete_ && table.contains(at, kRelaSize); at += kRelaSize) {
        const uint64_t info = table.u64(at + 8, "relocation");
        const uint64_t symbol = info >> 32;
        if (!fills_a_slot(image_.facts.header.machine, static_cast<uint32_t>(info))) continue;
        if (symbol == 0 || !symbols_.contains(symbol * kSymbolSize, kSymbolSize)) continue;
        const uint64_t name_at = symbols_.u32(symbol * kSymbolSize, "symbol");
        if (name_at >= names_.size()) continue;
        const auto rest = names_.as_text().substr(name_at);
        const auto name = rest.substr(0, rest.find('\0'));
        // One long name may be told by every relocation of a hostile file.
        name_bytes_ += name.size();
        complete_ = name_bytes_ <= kMaxNameBytes && slots_.size() < kMostImports;
        if (complete_ && !name.empty()) slots_.push_back({table.u64(at, "relocation"), name_meaning(name)});
    }
    image_.touched(table.size());
}

uint64_t ImportSlots::slot_at(uint64_t address) const {
    const auto slot = std::lower_bound(slots_.begin(), slots_.end(), address,
                                       [](const Slot& s, uint64_t wanted) { return s.address < wanted; });
    return slot != slots_.end() && slot->address == address ? slot->meaning : 0;
}

uint64_t ImportSlots::find(uint64_t address) {
    if (slots_.empty()) return 0;
    if (const uint64_t meaning = slot_at(address); meaning != 0) return meaning;
    const uint32_t index = image_.section_of(address);
    if (index == 0 || !image_.facts.sections[index - 1].name.starts_with(".plt") || !stub_reader_) return 0;
    const auto code = image_.bytes_of(image_.facts.sections[index - 1]);
    const uint64_t offset = address - image_.section_addresses()[index - 1];
    if (!code.contains(offset, kSmallestStubSize)) return 0;
    references_.clear();
    stub_reader_->fingerprint({code.data() + offset, std::min(kStubSize, code.size() - offset)}, address, references_);
    // jmp *slot(%rip), or adrp and ldr of the slot: what is loaded first.
    const auto load = std::find_if(references_.begin(), references_.end(), [](const code::Reference& reference) {
        return reference.kind == code::ReferenceKind::kAccess;
    });
    return load == references_.end() ? 0 : slot_at(load->address);
}

}  // namespace strata::extract
