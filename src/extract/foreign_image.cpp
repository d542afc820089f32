#include "extract/foreign_image.h"

#include <algorithm>

#include "foreign/elf_format.h"

namespace strata::extract {

using foreign::Section;

namespace {

constexpr uint64_t kPeCode = 0x20000020;  // IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_CNT_CODE
constexpr uint64_t kMaxAlign = 1U << 20;

bool holds(uint64_t start, uint64_t size, uint64_t address) {
    return address >= start && address - start < size;
}

}  // namespace

ForeignImage::ForeignImage(const foreign::Facts& from, base::ByteView bytes, const std::function<void(uint64_t)>& touch)
    : facts(from), file(bytes), touched(touch) {
    lay_out();
    for (uint32_t i = 0; i < facts.sections.size(); ++i)
        if (is_mapped(facts.sections[i])) by_address_.push_back(i);
    std::stable_sort(by_address_.begin(), by_address_.end(),
                     [&](uint32_t a, uint32_t b) { return section_addresses_[a] < section_addresses_[b]; });
}

bool ForeignImage::is_object() const {
    return is_elf() && facts.header.type == foreign::kEtRel;
}

/// Whether the section takes room in memory. Thread-local zeros do not: what follows has their address.
bool ForeignImage::is_mapped(const Section& section) const {
    if (section.size == 0) return false;
    if (!is_elf()) return true;
    const bool thread_zeros = (section.flags & foreign::kShfTls) != 0 && section.type == foreign::kShtNobits;
    return (section.flags & foreign::kShfAlloc) != 0 && !thread_zeros;
}

void ForeignImage::lay_out() {
    uint64_t next = 0;
    for (const auto& section : facts.sections) {
        if (!is_elf()) {
            section_addresses_.push_back(facts.header.base + section.address);
        } else if (is_object() && (section.flags & foreign::kShfAlloc) != 0) {
            const uint64_t align = std::clamp<uint64_t>(section.align, 1, kMaxAlign);
            next = (next + align - 1) / align * align;
            section_addresses_.push_back(next);
            next += std::min<uint64_t>(section.size, UINT32_MAX);  // sizes are as hostile as everything
        } else {
            section_addresses_.push_back(section.address);
        }
    }
    if (!is_elf()) {
        address_ = facts.header.base;
        return;
    }
    bool loaded = false;
    for (const auto& segment : facts.segments) {
        if (segment.type == foreign::kPtTls) thread_local_base_ = segment.address;
        if (segment.type != foreign::kPtLoad || (loaded && segment.address >= address_)) continue;
        address_ = segment.address;
        loaded = true;
    }
}

bool ForeignImage::holds_code(const Section& section) const {
    return (section.flags & (is_elf() ? foreign::kShfExec : kPeCode)) != 0;
}

base::ByteView ForeignImage::bytes_of(const Section& section) const {
    return file.sub(section.file_offset, section.file_size, "section");
}

uint32_t ForeignImage::section_of(uint64_t address, uint32_t hint) const {
    if (hint != 0 && hint <= facts.sections.size()) {
        const uint64_t start = section_addresses_[hint - 1];
        if (address >= start && address - start <= facts.sections[hint - 1].size) return hint;
    }
    auto next = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                                 [&](uint64_t a, uint32_t i) { return a < section_addresses_[i]; });
    if (next == by_address_.begin()) return 0;
    const uint32_t index = *(next - 1);
    return holds(section_addresses_[index], facts.sections[index].size, address) ? index + 1 : 0;
}

record::Place ForeignImage::place_of(uint64_t address, uint32_t hint) const {
    const uint32_t section = section_of(address, hint);
    if (section != 0 && address - section_addresses_[section - 1] <= UINT32_MAX)
        return {static_cast<uint16_t>(section), address - section_addresses_[section - 1]};
    if (address >= address_ && address - address_ <= UINT32_MAX) return {0, address - address_};
    return {record::kFarPlace, address};
}

uint64_t ForeignImage::address_of(const foreign::Symbol& symbol) const {
    uint64_t value = symbol.value;
    const bool in_section = symbol.section != foreign::kNoSection && symbol.section <= facts.sections.size();
    if (!is_elf()) return facts.header.base + value;
    const bool is_function = symbol.type == foreign::SymbolType::kFunction;
    if (facts.header.machine == foreign::kEmArm && is_function) value &= ~uint64_t{1};  // bit 0 says Thumb
    if (is_object()) return in_section ? section_addresses_[symbol.section - 1] + value : value;
    return symbol.type == foreign::SymbolType::kThreadLocal ? thread_local_base_ + value : value;
}

std::optional<base::ByteView> ForeignImage::at(uint64_t address, uint64_t size) const {
    const uint32_t section = section_of(address);
    if (section == 0) return std::nullopt;
    const auto bytes = bytes_of(facts.sections[section - 1]);
    const uint64_t offset = address - section_addresses_[section - 1];
    if (!bytes.contains(offset, size)) return std::nullopt;
    return bytes.sub(offset, size, "data");
}

}  // namespace strata::extract
