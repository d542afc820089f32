// The instructions that most code consists of: 95 to 99 % of what compilers make. Their first two bytes say all but
// what the ModRM byte brings, so a length takes two look-ups, one behind the other, and no jump that could be predicted
// wrongly. Everything unusual is a few bits: a reader has one branch that is rarely taken.
//
// The table has 128 KiB, of which code uses some: opcodes cluster.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace strata::code::x86 {

static_assert(std::endian::native == std::endian::little, "instructions are loaded as they lie");

// An instruction is one word: the sum of what its first two bytes, its ModRM byte and its third byte add to it.
// What is rare only for some opcodes with some ModRM bytes is two ones that meet in one bit: their carry says so.
inline constexpr uint32_t kQuickLength = 0x1f;     ///< bytes
inline constexpr uint32_t kQuickRip = 0x20;        ///< a displacement from rip follows the ModRM byte
inline constexpr uint32_t kQuickRel8 = 0x40;       ///< the last byte is the displacement of a branch
inline constexpr uint32_t kQuickRel32 = 0x80;      ///< the last four bytes are
inline constexpr uint32_t kQuickEscaped = 0x100;   ///< the third byte is an opcode: behind a prefix and 0F, or VEX
inline constexpr uint32_t kQuickPlace = 0xe00;     ///< where the ModRM byte is: 0 the second byte; 7 = there is none
inline constexpr uint32_t kQuickRare = 0xa000;     ///< nothing else here is true: ask x86_shape()
inline constexpr uint32_t kQuickDisplaced = 0xe0;  ///< any displacement

/// Bytes from the instruction's start to its displacement from rip.
constexpr unsigned quick_rip_offset(uint32_t word) {
    return 2 + ((word & kQuickPlace) >> 9);
}

class QuickTable {
  public:
    /// The one table there is; made when first asked for.
    static const QuickTable& get();

    /// The word of the instruction at `code`, of which 8 bytes must be readable.
    uint32_t operator()(const uint8_t* code) const {
        uint64_t bytes = 0;
        std::memcpy(&bytes, code, sizeof bytes);
        const uint32_t start = by_start_[bytes & 0xffff];
        const uint64_t from_modrm = bytes >> (start >> 6 & 0x38);
        const uint32_t word =
            start + modrm_[from_modrm >> 8 & 0xff] + third_[(start & kQuickEscaped) | (bytes >> 16 & 0xff)];
        // A SIB byte without a base has a displacement of its own.
        return (from_modrm & 0x07c700) == 0x050400 ? kQuickRare : word;
    }

  private:
    QuickTable();
    static uint16_t start_entry(unsigned first, unsigned second);
    static uint32_t opcode_entry(unsigned opcode, unsigned length, bool wide, bool short_operand);
    static uint16_t modrm_entry(unsigned byte);

    std::array<uint16_t, 65536> by_start_;
    std::array<uint16_t, 256> modrm_;
    std::array<uint16_t, 512> third_;  ///< of the third byte; the upper half: an opcode
};

}  // namespace strata::code::x86
