#include "code/arm64_classes.h"

namespace strata::code {
namespace {

/// Loads and stores: bit 27 set, bit 25 clear. Only what certainly changes a general register is called a write.
constexpr ArmClass load_store(uint32_t w) {
    const bool vector = (w & 0x04000000) != 0;
    const bool is_load = (w & 0x00400000) != 0;
    const uint32_t opc = (w >> 22) & 3;
    switch ((w >> 28) & 3) {  // bits 29 and 28; bit 28 is set in loads from literals, unscaled and offset forms
        case 0:               // exclusive (vector: structures)
            return !vector && is_load ? ArmClass::kWrites : ArmClass::kPlain;
        case 1:  // literals, and bit 24: tags, load-acquire unscaled
            if ((w & 0x01000000) != 0)
                return !vector && opc != 0 && (w & 0x00200000) == 0 ? ArmClass::kWrites : ArmClass::kPlain;
            return !vector && (w >> 30) != 3 ? ArmClass::kLiteralLoad : ArmClass::kLiteral;
        case 2:  // pairs
            return !vector && is_load ? ArmClass::kWritesPair : ArmClass::kPlain;
        default: {
            const bool prefetch = (w >> 30) == 3 && opc == 2;
            const bool writes = !vector && opc != 0 && !prefetch;
            if ((w & 0x01000000) != 0) return writes ? ArmClass::kOffsetLoad : ArmClass::kOffset;
            return writes ? ArmClass::kWrites : ArmClass::kPlain;
        }
    }
}

constexpr ArmClass immediate(uint32_t w) {
    if ((w & 0x1f000000) == 0x10000000) return (w >> 31) != 0 ? ArmClass::kAdrp : ArmClass::kAdr;
    if ((w & 0x7fc00000) == 0x11000000) return ArmClass::kAddOffset;
    return ArmClass::kWrites;
}

constexpr ArmClass branch(uint32_t w) {
    if ((w & 0xfc000000) == 0x14000000) return ArmClass::kJump;
    if ((w & 0xfc000000) == 0x94000000) return ArmClass::kCall;
    if ((w & 0xfe000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000) return ArmClass::kBranch19;
    if ((w & 0x7e000000) == 0x36000000) return ArmClass::kBranch14;
    if ((w & 0xffe00000) == 0xd4200000) return ArmClass::kEnd;     // brk
    if ((w & 0xffe00000) == 0xd5200000) return ArmClass::kWrites;  // mrs, sysl
    if ((w & 0xfe000000) != 0xd6000000) return ArmClass::kPlain;
    switch ((w >> 21) & 15) {
        case 0:
        case 8:
            return ArmClass::kIndirectJump;  // br, braa
        case 1:
        case 9:
            return ArmClass::kIndirectCall;  // blr, blraa
        case 2:
        case 4:
            return ArmClass::kEnd;  // ret, eret
        default:
            return ArmClass::kPlain;
    }
}

constexpr ArmClass register_form(uint32_t w) {
    if ((w & 0xffe00000) == 0xaa000000) return ArmClass::kMove;
    // Conditional compare has flags where others have a register; RMIF shares its top bits with ADCS.
    if ((w & 0x3fe00000) == 0x3a400000 || (w & 0x3fe00000) == 0x3a000000) return ArmClass::kPlain;
    return ArmClass::kWrites;
}

constexpr ArmClass class_of(uint32_t w) {
    if ((w >> 21) == 0) return ArmClass::kEnd;  // udf
    if ((w & 0x1c000000) == 0x10000000) return immediate(w);
    if ((w & 0x1c000000) == 0x14000000) return branch(w);
    if ((w & 0x0a000000) == 0x08000000) return load_store(w);
    if ((w & 0x0e000000) == 0x0a000000) return register_form(w);
    return ArmClass::kPlain;  // vectors, and what is not allocated
}

constexpr std::array<ArmClass, 2048> make_classes() {
    std::array<ArmClass, 2048> classes{};
    for (uint32_t i = 0; i < classes.size(); ++i) classes[i] = class_of(i << 21);
    return classes;
}

}  // namespace

constexpr std::array<ArmClass, 2048> kTable = make_classes();
const std::array<ArmClass, 2048> kArmClasses = kTable;

constexpr bool all_stop() {
    for (uint32_t i = 0; i < kTable.size(); ++i) {
        if (kTable[i] > ArmClass::kMove && !may_stop(i << 21)) return false;
    }
    return true;
}
static_assert(all_stop(), "an instruction that is not looked at must be of no interest");

}  // namespace strata::code
