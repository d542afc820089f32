// Where the parts of an x86-64 instruction are: the few facts that masking needs.
//
// A table finds them for what compilers emit, at some nanoseconds an instruction; everything else (EVEX, XOP, 3DNow!,
// far branches, 67h) is left to Zydis, against which the table is tested. Opcode maps: Intel SDM volume 2, appendix A.
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

/// The shape of the instruction at `code`, of which `size` bytes may be read. Length 0 when the table does not say.
X86Shape x86_shape(const uint8_t* code, uint64_t size);

}  // namespace strata::code
