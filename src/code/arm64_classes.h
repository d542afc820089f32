// What an arm64 instruction is to a fingerprint, by its top eleven bits (Arm Architecture Reference Manual, C4.1).
#pragma once

#include <array>
#include <cstdint>

namespace strata::code {

enum class ArmClass : uint8_t {
    kPlain,       ///< nothing of interest; no general register changes for certain
    kWrites,      ///< changes the register in bits 0 to 4
    kWritesPair,  ///< load pair: changes the registers in bits 0 to 4 and 10 to 14
    kOffset,      ///< load or store, unsigned offset: may use the low 12 bits of an address
    kOffsetLoad,  ///< the same, and changes the register in bits 0 to 4
    kAddOffset,   ///< add immediate without a shift: may add the low 12 bits of an address
    kMove,        ///< register logical OR: a move when its other source is zero
    kAdrp,
    kAdr,
    kLiteral,      ///< load or prefetch relative to the program counter
    kLiteralLoad,  ///< the same, and changes the register in bits 0 to 4
    kJump,
    kCall,
    kBranch19,  ///< conditional branch, compare and branch
    kBranch14,  ///< test and branch
    kIndirectJump,
    kIndirectCall,
    kEnd,  ///< return, trap: what follows is reached from elsewhere
};

/// Indexed by the instruction >> 21.
extern const std::array<ArmClass, 2048> kArmClasses;

/// Whether an instruction may be of a class from kAdrp on: true for all of these, and for a few others (hints, system
/// registers). Written so that compilers do it for many instructions at once.
constexpr bool may_stop(uint32_t instruction) {
    const unsigned branch_or_system = (instruction & 0x1c000000) == 0x14000000 ? 1 : 0;
    const unsigned page = (instruction & 0x1f000000) == 0x10000000 ? 1 : 0;
    const unsigned literal = (instruction & 0x3b000000) == 0x18000000 ? 1 : 0;
    const unsigned undefined = (instruction & 0xffe00000) == 0 ? 1 : 0;
    return (branch_or_system | page | literal | undefined) != 0;
}

/// Bytes that a kOffset or kOffsetLoad instruction reads or writes; a power of two up to 16. Its offset is scaled by
/// it.
constexpr uint32_t access_size(uint32_t instruction) {
    const uint32_t size = instruction >> 30;
    const bool vector_quad = (instruction & 0x04800000) == 0x04800000;
    return vector_quad && size == 0 ? 16 : 1U << size;
}

}  // namespace strata::code
