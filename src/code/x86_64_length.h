// Where the parts of an x86-64 instruction are: the few facts that masking needs.
//
// Three ways lead there. Most instructions are found by two look-ups without a jump (x86_64_quick.h); those with
// prefixes, of other opcode maps, VEX and EVEX by going through their bytes (here); what is left (XOP, 3DNow!, far
// branches, 67h) by Zydis, against which both are tested.
#pragma once

#include <cstdint>

namespace strata::code {

/// Offsets count from the instruction's first byte.
struct X86Shape {
    uint8_t length = 0;         ///< 0 = not known
    uint8_t rip_offset = 0;     ///< of a 32-bit displacement from the next instruction; 0 = there is none
    uint8_t branch_offset = 0;  ///< of the displacement of a relative branch; 0 = there is none
    uint8_t branch_size = 0;    ///< of that, in bytes
    uint8_t access = 0;         ///< bytes that the memory operand has; 0 = not known
    bool is_lea = false;
};

inline constexpr unsigned kX86Longest = 15;  ///< bytes of an instruction
/// Bytes that must be readable at an instruction, whatever they are: prefixes may fill the first 15, and only the rest
/// then shows that this is no instruction.
inline constexpr unsigned kX86Window = 32;

/// The shape of the instruction at `window`. Length 0 when it is not known here.
X86Shape x86_shape(const uint8_t* window);

}  // namespace strata::code
