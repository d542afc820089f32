#include "code/x86_64_length.h"

#include <array>
#include <initializer_list>

namespace strata::code {
namespace {

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

constexpr Map kOneByte = make_one_byte();
constexpr Map kTwoByte = make_two_byte();

/// A reader that stops at the end of the bytes: past it everything is 0 and `ok` is false.
class Bytes {
  public:
    Bytes(const uint8_t* code, uint64_t size) : code_(code), size_(size < 15 ? size : 15) {}
    uint8_t next() {
        if (at_ >= size_) {
            ok_ = false;
            return 0;
        }
        return code_[at_++];
    }
    void skip(uint64_t count) { at_ += count; }
    uint8_t at() const { return static_cast<uint8_t>(at_); }
    bool ok() const { return ok_ && at_ <= size_; }

  private:
    const uint8_t* code_;
    uint64_t size_;
    uint64_t at_ = 0;
    bool ok_ = true;
};

struct Prefixes {
    bool operand_size = false;  ///< 66h
    bool repeat = false;        ///< F3h
    bool repeat_not = false;    ///< F2h
    bool rex_w = false;
};

unsigned immediate_size(unsigned form, const Prefixes& prefixes) {
    const unsigned z = prefixes.operand_size && !prefixes.rex_w ? 2 : 4;
    switch (form & kImmBits) {
        case kImm8:
            return 1;
        case kImm16:
            return 2;
        case kImmZ:
            return z;
        case kImmV:
            return prefixes.rex_w ? 8 : z;
        default:
            return 0;
    }
}

class Decoder {
  public:
    Decoder(const uint8_t* code, uint64_t size) : bytes_(code, size) {}

    X86Shape run() {
        uint8_t opcode = read_prefixes();
        unsigned form = kUnknown;
        if (opcode == 0x0f) {
            opcode = bytes_.next();
            form = two_byte(opcode);
        } else if (opcode == 0xc5 || opcode == 0xc4) {
            form = vex(opcode == 0xc4);
        } else {
            form = kOneByte[opcode];
            shape_.is_lea = opcode == 0x8d;
            shape_.access = prefixes_.rex_w || opcode == 0xff ? 8 : 0;
        }
        if (form == kUnknown) return {};
        return operands(form, opcode);
    }

  private:
    uint8_t read_prefixes() {
        for (;;) {
            const uint8_t byte = bytes_.next();
            switch (byte) {
                case 0x66:
                    prefixes_.operand_size = true;
                    continue;
                case 0xf2:
                    prefixes_.repeat_not = true;
                    continue;
                case 0xf3:
                    prefixes_.repeat = true;
                    continue;
                case 0x26:
                case 0x2e:
                case 0x36:
                case 0x3e:
                case 0x64:
                case 0x65:
                case 0xf0:
                    continue;
                default:
                    if ((byte & 0xf0) != 0x40) return byte;
                    prefixes_.rex_w = (byte & 8) != 0;
                    return rexed(bytes_.next());
            }
        }
    }

    /// REX counts only right before the opcode; after it a prefix or another REX makes a case for Zydis.
    static uint8_t rexed(uint8_t opcode) {
        const bool prefix = (opcode & 0xf0) == 0x40 || opcode == 0x66 || opcode == 0xf2 || opcode == 0xf3 ||
                            opcode == 0xf0 || opcode == 0xc4 || opcode == 0xc5 || (opcode & 0xe7) == 0x26 ||
                            opcode == 0x64 || opcode == 0x65;
        return prefix ? 0x62 : opcode;  // 62h (EVEX) is not in the table
    }

    unsigned two_byte(uint8_t opcode) {
        shape_.access = prefixes_.repeat ? 4 : prefixes_.repeat_not ? 8 : opcode >= 0x80 ? 0 : 16;
        if (opcode != 0x38 && opcode != 0x3a) return kTwoByte[opcode];
        shape_.access = 0;
        bytes_.next();
        return opcode == 0x3a ? static_cast<unsigned>(kModRm) | kImm8 : static_cast<unsigned>(kModRm);
    }

    unsigned vex(bool three) {
        if (prefixes_.operand_size || prefixes_.repeat || prefixes_.repeat_not) return kUnknown;
        const unsigned map = three ? bytes_.next() & 0x1fU : 1U;
        bytes_.next();
        const uint8_t opcode = bytes_.next();
        if (map == 2) return kModRm;
        if (map == 3) return static_cast<unsigned>(kModRm) | kImm8;
        if (map != 1 || (kTwoByte[opcode] & kImmBits) == kRel32) return kUnknown;
        return kTwoByte[opcode];
    }

    X86Shape operands(unsigned form, uint8_t opcode) {
        if ((form & kModRm) != 0) form = modrm(form);
        const unsigned sort = form & kImmBits;
        if (sort == kRel8 || sort == kRel32) {
            if (prefixes_.operand_size) return {};
            shape_.branch_offset = bytes_.at();
            shape_.branch_size = sort == kRel8 ? 1 : 4;
            bytes_.skip(shape_.branch_size);
        } else {
            bytes_.skip(immediate_size(form, prefixes_));
        }
        const bool transaction = (opcode == 0xc6 || opcode == 0xc7) && reg_ == 7;  // XABORT, XBEGIN
        if (!bytes_.ok() || transaction) return {};
        shape_.length = bytes_.at();
        return shape_;
    }

    /// Reads the byte and what belongs to it; returns the form of the rest.
    unsigned modrm(unsigned form) {
        const uint8_t byte = bytes_.next();
        const unsigned mod = byte >> 6;
        const unsigned rm = byte & 7;
        reg_ = (byte >> 3) & 7;
        if ((form & kGroup3) != 0 && reg_ > 1) form = kModRm;
        if (mod == 3) return form;
        const unsigned base = rm == 4 ? bytes_.next() & 7U : rm;
        if (mod == 1) bytes_.skip(1);
        if (mod == 2 || (mod == 0 && base == 5)) {
            if (mod == 0 && rm == 5) shape_.rip_offset = bytes_.at();
            bytes_.skip(4);
        }
        return form;
    }

    Bytes bytes_;
    Prefixes prefixes_;
    X86Shape shape_;
    unsigned reg_ = 0;
};

}  // namespace

X86Shape x86_shape(const uint8_t* code, uint64_t size) {
    return Decoder(code, size).run();
}

}  // namespace strata::code
