#include "code/x86_64_quick.h"

#include "code/x86_64_opcodes.h"

namespace strata::code::x86 {
namespace {

bool is_rex(unsigned byte) {
    return (byte & 0xf0) == 0x40;
}

/// Prefixes and escapes have no form of their own, or one that is not theirs in 64-bit code.
bool is_opcode(unsigned byte) {
    return !is_rex(byte) && byte != 0x0f && byte != 0xf0 && byte != 0xf2 && byte != 0xf3 &&
           (byte < 0x64 || byte > 0x67) && kOneByte[byte] != kUnknown;
}

unsigned immediate(unsigned form, bool wide, bool short_operand) {
    const unsigned z = short_operand && !wide ? 2 : 4;
    switch (form & kImmBits) {
        case kImm8:
        case kRel8:
            return 1;
        case kImm16:
            return 2;
        case kImmZ:
            return z;
        case kImmV:
            return wide ? 8 : z;
        case kRel32:
            return 4;
        default:
            return 0;
    }
}

// Ones that meet: the next bit is one of kQuickRare.
constexpr uint32_t kTest = 0x1000;         // TEST among F6 and F7, which alone has an immediate
constexpr uint32_t kTransaction = 0x4000;  // XABORT and XBEGIN among C6 and C7
constexpr uint32_t kAlwaysRare = 0x2000;

constexpr uint32_t modrm_at(unsigned byte) {
    return (byte - 1) << 9;
}
// The eighth byte shifted away: what is looked up then is a ModRM byte of 0, whose one byte is taken off again.
constexpr uint32_t kNoModRm = 0xe00;

uint32_t flags_of(unsigned form) {
    switch (form & kImmBits) {
        case kRel8:
            return kQuickRel8;
        case kRel32:
            return kQuickRel32;
        default:
            return 0;
    }
}

}  // namespace

/// Of a one-byte opcode whose prefix and itself have `length` bytes.
uint32_t QuickTable::opcode_entry(unsigned opcode, unsigned length, bool wide, bool short_operand) {
    if (!is_opcode(opcode)) return kAlwaysRare;
    const unsigned form = kOneByte[opcode];
    if (flags_of(form) != 0 && short_operand) return kAlwaysRare;
    uint32_t entry = length | flags_of(form);
    entry = (form & kModRm) != 0 ? entry | modrm_at(length) : (entry | kNoModRm) - 1;
    if ((form & kGroup3) != 0) return entry | kTest;
    if (opcode == 0xc6 || opcode == 0xc7) entry |= kTransaction;
    return entry + immediate(form, wide, short_operand);
}

uint16_t QuickTable::start_entry(unsigned first, unsigned second) {
    constexpr uint32_t escaped = 3 | modrm_at(3) | kQuickEscaped;
    const bool is_prefix = is_rex(first) || first == 0x66 || first == 0xf0 || first == 0xf2 || first == 0xf3;
    uint32_t entry = kAlwaysRare;
    if (is_prefix) {
        const bool wide = is_rex(first) && (first & 8) != 0;
        entry = second == 0x0f ? escaped : opcode_entry(second, 2, wide, first == 0x66);
    } else if (first == 0x0f) {
        const unsigned form = kTwoByte[second];
        if (form == kUnknown) return kAlwaysRare;
        entry = (2 + immediate(form, false, false)) | flags_of(form);
        entry = (form & kModRm) != 0 ? entry | modrm_at(2) : (entry | kNoModRm) - 1;
    } else if (first == 0xc5) {  // VEX of two bytes: the map behind 0F
        entry = escaped;
    } else if (first == 0xc4) {  // VEX of three bytes: 1 is the map behind 0F, 2 behind 0F 38, 3 behind 0F 3A
        const unsigned map = second & 0x1f;
        if (map == 2 || map == 3) entry = (map == 2 ? 4 : 5) | modrm_at(4);
    } else if (first == 0xf6 || first == 0xf7) {
        entry = modrm_at(1) | ((second >> 3 & 7) > 1 ? 1 : first == 0xf6 ? 2 : 5);
    } else {
        entry = opcode_entry(first, 1, false, false);
    }
    return static_cast<uint16_t>(entry);
}

uint16_t QuickTable::modrm_entry(unsigned byte) {
    const unsigned mod = byte >> 6;
    const unsigned reg = byte >> 3 & 7;
    const unsigned rm = byte & 7;
    const bool rip = mod == 0 && rm == 5;
    uint32_t entry = 1;
    if (mod != 3 && rm == 4) entry += 1;
    if (mod == 1) entry += 1;
    if (mod == 2 || rip) entry += 4;
    if (rip) entry |= kQuickRip;
    if (reg < 2) entry |= kTest;
    if (reg == 7) entry |= kTransaction;
    return static_cast<uint16_t>(entry);
}

QuickTable::QuickTable() {
    for (unsigned i = 0; i < by_start_.size(); ++i) by_start_[i] = start_entry(i & 0xff, i >> 8);
    for (unsigned byte = 0; byte < 256; ++byte) {
        modrm_[byte] = modrm_entry(byte);
        const unsigned form = kTwoByte[byte];
        third_[byte] = 0;
        third_[256 + byte] = form == kModRm ? 0 : form == (kModRm | kImm8) ? 1 : kAlwaysRare;
    }
}

const QuickTable& QuickTable::get() {
    static const QuickTable table;
    return table;
}

}  // namespace strata::code::x86
