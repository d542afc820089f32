// What follows the opcodes that compilers emit (Intel SDM volume 2, appendix A).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

namespace strata::code::x86 {

/// What follows an opcode. The low bits are a size of its own, see immediate_size().
enum Form : uint8_t {
    kNone = 0,
    kImm8 = 1,
    kImm16 = 2,
    kImmZ = 3,  ///< 16 bits with 66h and without REX.W, else 32
    kImmV = 4,  ///< 64 bits with REX.W, else like kImmZ
    kRel8 = 5,
    kRel32 = 6,
    kImmBits = 7,
    kModRm = 8,
    kGroup3 = 16,  ///< an immediate only when the reg field is 0 or 1
    kUnknown = 32,
};

using Map = std::array<uint8_t, 256>;

constexpr void fill(Map& map, unsigned first, unsigned last, unsigned form) {
    for (unsigned i = first; i <= last; ++i) map[i] = static_cast<uint8_t>(form);
}
constexpr void set(Map& map, std::initializer_list<unsigned> opcodes, unsigned form) {
    for (const unsigned opcode : opcodes) map[opcode] = static_cast<uint8_t>(form);
}

constexpr Map make_one_byte() {
    Map map{};
    fill(map, 0, 255, kUnknown);
    for (unsigned row = 0; row < 0x40; row += 8) {
        fill(map, row, row + 3, kModRm);
        map[row + 4] = kImm8;
        map[row + 5] = kImmZ;
    }
    fill(map, 0x50, 0x5f, kNone);
    map[0x63] = kModRm;
    map[0x68] = kImmZ;
    map[0x69] = kModRm | kImmZ;
    map[0x6a] = kImm8;
    map[0x6b] = kModRm | kImm8;
    fill(map, 0x6c, 0x6f, kNone);
    fill(map, 0x70, 0x7f, kRel8);
    set(map, {0x80, 0x83, 0xc0, 0xc1, 0xc6}, kModRm | kImm8);
    set(map, {0x81, 0xc7}, kModRm | kImmZ);
    fill(map, 0x84, 0x8e, kModRm);
    fill(map, 0x90, 0x99, kNone);
    fill(map, 0x9b, 0x9f, kNone);
    fill(map, 0xa4, 0xa7, kNone);
    map[0xa8] = kImm8;
    map[0xa9] = kImmZ;
    fill(map, 0xaa, 0xaf, kNone);
    fill(map, 0xb0, 0xb7, kImm8);
    fill(map, 0xb8, 0xbf, kImmV);
    set(map, {0xc2, 0xca}, kImm16);
    set(map, {0xc3, 0xc9, 0xcb, 0xcc, 0xcf, 0xd7, 0xf4, 0xf5}, kNone);
    map[0xcd] = kImm8;
    fill(map, 0xd0, 0xd3, kModRm);
    fill(map, 0xd8, 0xdf, kModRm);
    fill(map, 0xe0, 0xe3, kRel8);
    fill(map, 0xe4, 0xe7, kImm8);
    set(map, {0xe8, 0xe9}, kRel32);
    map[0xeb] = kRel8;
    fill(map, 0xec, 0xef, kNone);
    map[0xf6] = kModRm | kImm8 | kGroup3;
    map[0xf7] = kModRm | kImmZ | kGroup3;
    fill(map, 0xf8, 0xfd, kNone);
    set(map, {0xfe, 0xff}, kModRm);
    return map;
}

/// After 0F.
constexpr Map make_two_byte() {
    Map map{};
    fill(map, 0, 255, kModRm);
    set(map, {0x05, 0x06, 0x08, 0x09, 0x0b, 0x77, 0xa0, 0xa1, 0xa2, 0xa8, 0xa9, 0xaa}, kNone);
    fill(map, 0x30, 0x37, kNone);
    fill(map, 0xc8, 0xcf, kNone);
    fill(map, 0x80, 0x8f, kRel32);
    fill(map, 0x70, 0x73, kModRm | kImm8);
    set(map, {0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6}, kModRm | kImm8);
    set(map, {0x04, 0x07, 0x0a, 0x0c, 0x0e, 0x0f, 0x36, 0xa6, 0xa7}, kUnknown);
    fill(map, 0x20, 0x27, kUnknown);
    fill(map, 0x38, 0x3f, kUnknown);
    fill(map, 0x78, 0x7b, kUnknown);
    return map;
}

inline constexpr Map kOneByte = make_one_byte();
inline constexpr Map kTwoByte = make_two_byte();

}  // namespace strata::code::x86
