#include "code/x86_64_length.h"

#include "code/x86_64_opcodes.h"

namespace strata::code {
namespace {

using namespace x86;

constexpr uint8_t kEvex = 0x62;
constexpr uint8_t kNothing = 0x06;  // an opcode that 64-bit code does not have

class Bytes {
  public:
    explicit Bytes(const uint8_t* window) : window_(window) {}
    uint8_t next() { return window_[at_++]; }
    void skip(unsigned count) { at_ += count; }
    uint8_t at() const { return static_cast<uint8_t>(at_); }

  private:
    const uint8_t* window_;
    unsigned at_ = 0;
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
    explicit Decoder(const uint8_t* window) : bytes_(window) {}

    X86Shape run() {
        uint8_t opcode = read_prefixes();
        unsigned form = kUnknown;
        if (opcode == 0x0f) {
            opcode = bytes_.next();
            form = two_byte(opcode);
        } else if (opcode == 0xc5 || opcode == 0xc4) {
            form = vex(opcode == 0xc4);
        } else if (opcode == kEvex) {
            form = evex();
        } else {
            form = kOneByte[opcode];
            is_one_byte_ = true;
            shape_.is_lea = opcode == 0x8d;
            shape_.access = prefixes_.rex_w || opcode == 0xff ? 8 : 0;
        }
        if (form == kUnknown) return {};
        return operands(form, opcode);
    }

  private:
    uint8_t read_prefixes() {
        for (;;) {
            if (bytes_.at() >= kX86Longest) return kNothing;
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
        const bool prefix = opcode == kEvex || (opcode & 0xf0) == 0x40 || opcode == 0x66 || opcode == 0xf2 ||
                            opcode == 0xf3 || opcode == 0xf0 || opcode == 0xc4 || opcode == 0xc5 ||
                            (opcode & 0xe7) == 0x26 || opcode == 0x64 || opcode == 0x65;
        return prefix ? kNothing : opcode;
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

    /// Four bytes of prefix: the first says which map, fixed bits in the first two that it is none of something newer.
    unsigned evex() {
        if (prefixes_.operand_size || prefixes_.repeat || prefixes_.repeat_not) return kUnknown;
        const uint8_t first = bytes_.next();
        const uint8_t second = bytes_.next();
        bytes_.next();
        const uint8_t opcode = bytes_.next();
        if ((first & 8) != 0 || (second & 4) == 0) return kUnknown;
        switch (first & 7) {
            case 1:
                return (kTwoByte[opcode] & kImmBits) == kRel32 ? static_cast<unsigned>(kUnknown) : kTwoByte[opcode];
            case 2:
                return kModRm;
            case 3:
                return static_cast<unsigned>(kModRm) | kImm8;
            default:
                return kUnknown;
        }
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
        const bool transaction = is_one_byte_ && (opcode == 0xc6 || opcode == 0xc7) && reg_ == 7;  // XABORT, XBEGIN
        if (bytes_.at() > kX86Longest || transaction) return {};
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
    bool is_one_byte_ = false;
};

}  // namespace

X86Shape x86_shape(const uint8_t* window) {
    return Decoder(window).run();
}

}  // namespace strata::code
