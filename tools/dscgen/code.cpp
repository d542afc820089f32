#include "code.h"

#include <array>

namespace dscgen {

namespace {

// ---- arm64 ----

constexpr std::array<u32, 32> kArmFillers = {
    0xAA0003F3, 0xAA0103F4, 0xAA1303E0, 0xAA1403E1, 0xF9400008, 0xF9400909, 0xF9000E68, 0xB940226A,
    0x91004108, 0x51000529, 0xEB09011F, 0x7100011F, 0x54000041, 0x54000040, 0xB4000040, 0x35000048,
    0x32000108, 0x12001D09, 0xD37DF108, 0x52800000, 0x52800021, 0xD2800002, 0x9A940260, 0x36000048,
    0xA9412408, 0xA90027E8, 0x39400008, 0x39000268, 0xD503201F, 0x9B0A2128, 0x93407D08, 0xAA1F03E2};

bool is_arm_branch(u32 w) {
    return w >> 24 == 0x54 || (w & 0x7C000000) == 0x34000000;
}

u32 adrp(u32 reg, u64 at, u64 target) {
    const u64 pages = (target >> 12) - (at >> 12);
    return static_cast<u32>(0x90000000U | ((pages & 3) << 29) | (((pages >> 2) & 0x7FFFF) << 5) | reg);
}

u32 branch_link(u64 at, u64 target) {
    return static_cast<u32>(0x94000000U | (((target - at) >> 2) & 0x3FFFFFF));
}

void emit_arm64(u8* out, u32 size, u64 address, u64 seed, u32 patch, const CodeContext& c) {
    const bool auth = c.arch == Arch::arm64e;
    u8* p = out;
    const auto word = [&p](u64 w) {
        put32(p, w);
        p += 4;
    };
    const auto here = [&] { return address + static_cast<u64>(p - out); };
    word(auth ? 0xD503237F : 0xD10083FF);  // pacibsp / sub sp, sp, #0x20
    word(auth ? 0xA9BF7BFD : 0xA9017BFD);  // stp x29, x30
    word(auth ? 0x910003FD : 0x910043FD);
    word(0x52800008 | ((hash(seed, 0x1) ^ patch) & 0xFFFF) << 5);  // mov w8, #imm
    u8* const end = out + size - (auth ? 8 : 12);
    Rng rng{seed};
    while (p < end) {
        const u64 h = rng.next();
        const u32 kind = h & 15;
        const bool pair = end - p >= 8;
        if (kind < 2 && pair) {
            const u64 target = c.string(h);
            word(adrp(0, here(), target));
            word(0x91000000 | (target & 0xFFF) << 10);
        } else if (kind < 5) {
            word(branch_link(here(), c.function(h)));
        } else if (kind == 5 && c.stub_count > 0) {
            word(branch_link(here(), c.stubs + (h >> 32) % c.stub_count * stub_size(c.arch)));
        } else if (kind == 6 && pair) {
            const u64 target = c.constant(h);
            word(adrp(8, here(), target));
            word(is_64bit(c.arch) ? 0xF9400108 | ((target & 0xFFF) >> 3) << 10
                                  : 0xB9400108 | ((target & 0xFFF) >> 2) << 10);
        } else {
            u64 bits = h >> 8;
            for (u32 i = 0; i < 8 && p < end; ++i, bits >>= 5) {
                const u32 filler = kArmFillers[bits & 31];
                // Branches skip one instruction: the last must not lead between an adrp and its other half.
                const bool last = i == 7 || end - p <= 4;
                word(last && is_arm_branch(filler) ? 0xD503201F : filler);
            }
        }
    }
    if (auth) {
        word(0xA8C17BFD);
        word(0xD65F0FFF);  // retab
    } else {
        word(0xA9417BFD);
        word(0x910083FF);
        word(0xD65F03C0);
    }
}

// ---- x86-64 ----

struct Bytes {
    u8 size;
    u8 data[4];
};
constexpr std::array<Bytes, 16> kX86Fillers = {{{3, {0x48, 0x89, 0xC7, 0}},
                                                {3, {0x48, 0x89, 0xDF, 0}},
                                                {3, {0x48, 0x89, 0xC3, 0}},
                                                {4, {0x48, 0x83, 0xC0, 8}},
                                                {3, {0x48, 0x85, 0xC0, 0}},
                                                {2, {0x31, 0xC0, 0, 0}},
                                                {3, {0x48, 0x8B, 0x07, 0}},
                                                {4, {0x48, 0x8B, 0x43, 0x10}},
                                                {4, {0x48, 0x89, 0x43, 0x18}},
                                                {2, {0x39, 0xC8, 0, 0}},
                                                {3, {0x83, 0xF9, 2, 0}},
                                                {4, {0x0F, 0xB6, 0x47, 4}},
                                                {2, {0x89, 0xC1, 0, 0}},
                                                {3, {0xC1, 0xE0, 3, 0}},
                                                {3, {0x83, 0xE0, 1, 0}},
                                                {1, {0x90, 0, 0, 0}}}};

void emit_x86(u8* out, u32 size, u64 address, u64 seed, u32 patch, const CodeContext& c) {
    u8* p = out;
    const auto head = [&p](u64 opcode, u32 n) {
        for (u32 i = 0; i < n; ++i) *p++ = static_cast<u8>(opcode >> (8 * i));
    };
    // Displacements count from the end of the instruction.
    const auto relative = [&](u64 target) {
        put32(p, target - (address + static_cast<u64>(p - out) + 4));
        p += 4;
    };
    head(0xE5894855, 4);  // push rbp; mov rbp, rsp
    head(0xB8, 1);        // mov eax, imm32
    put32(p, hash(seed, 0x1) ^ patch);
    p += 4;
    u8* const end = out + size - 2;
    Rng rng{seed};
    while (end - p >= 8) {
        const u64 h = rng.next();
        const u32 kind = h & 15;
        if (kind < 2) {
            head(0x3D8D48, 3);  // lea rdi, [rip + d]
            relative(c.string(h));
        } else if (kind < 5) {
            head(0xE8, 1);
            relative(c.function(h));
        } else if (kind == 5 && c.stub_count > 0) {
            head(0xE8, 1);
            relative(c.stubs + (h >> 32) % c.stub_count * stub_size(c.arch));
        } else if (kind == 6) {
            head(0x058B48, 3);  // mov rax, [rip + d]
            relative(c.constant(h));
        } else {
            u64 bits = h >> 8;
            for (u32 i = 0; i < 8 && end - p >= 8; ++i, bits >>= 4) {
                const Bytes& b = kX86Fillers[bits & 15];
                std::memcpy(p, b.data, 4);
                p += b.size;
            }
        }
    }
    head(0xC35D, 2);  // pop rbp; ret
    while (p < out + size) *p++ = 0x90;
}

// ---- Thumb-2 ----

constexpr std::array<u16, 16> kThumbFillers = {0x4604, 0x4620, 0x6800, 0x6841, 0x3001, 0x3904, 0x2800, 0xBF00,
                                               0x4288, 0x60A0, 0x0080, 0x2100, 0x2201, 0x4608, 0x7800, 0xB2C0};

// MOVW (op 0xF240) and MOVT (op 0xF2C0): the immediate is spread over four fields.
u8* put_mov16(u8* p, u32 op, u32 reg, u64 value) {
    put16(p, op | ((value >> 11) & 1) << 10 | ((value >> 12) & 15));
    put16(p + 2, ((value >> 8) & 7) << 12 | reg << 8 | (value & 0xFF));
    return p + 4;
}

u8* put_thumb_call(u8* p, u64 at, u64 target) {
    const u64 offset = target - (at + 4);
    const u64 s = (offset >> 24) & 1;
    const u64 j1 = ~((offset >> 23) ^ s) & 1;
    const u64 j2 = ~((offset >> 22) ^ s) & 1;
    put16(p, 0xF000 | s << 10 | ((offset >> 12) & 0x3FF));
    put16(p + 2, 0xD000 | j1 << 13 | j2 << 11 | ((offset >> 1) & 0x7FF));
    return p + 4;
}

void emit_thumb(u8* out, u32 size, u64 address, u64 seed, u32 patch, const CodeContext& c) {
    u8* p = out;
    const auto half = [&p](u64 v) {
        put16(p, v);
        p += 2;
    };
    const auto here = [&] { return address + static_cast<u64>(p - out); };
    half(0xB580);                                                     // push {r7, lr}
    half(0x466F);                                                     // mov r7, sp
    p = put_mov16(p, 0xF240, 3, (hash(seed, 0x1) ^ patch) & 0xFFFF);  // movw r3, #imm
    u8* const end = out + size - 2;
    Rng rng{seed};
    while (p < end) {
        const u64 h = rng.next();
        const u32 kind = h & 15;
        if (kind < 2 && end - p >= 10) {
            const u64 distance = c.string(h) - (here() + 8 + 4);
            p = put_mov16(p, 0xF240, 0, distance & 0xFFFF);
            p = put_mov16(p, 0xF2C0, 0, (distance >> 16) & 0xFFFF);
            half(0x4478);  // add r0, pc
        } else if (kind < 5 && end - p >= 4) {
            p = put_thumb_call(p, here(), c.function(h) | 1);
        } else if (kind == 5 && c.stub_count > 0 && end - p >= 4) {
            p = put_thumb_call(p, here(), c.stubs + (h >> 32) % c.stub_count * stub_size(c.arch));
        } else {
            u64 bits = h >> 8;
            for (u32 i = 0; i < 8 && p < end; ++i, bits >>= 4) half(kThumbFillers[bits & 15]);
        }
    }
    half(0xBD80);  // pop {r7, pc}
}

}  // namespace

void emit_function(u8* out, u32 size, u64 address, u64 seed, u32 patch, const CodeContext& c) {
    if (is_x86(c.arch))
        emit_x86(out, size, address, seed, patch, c);
    else if (is_thumb(c.arch))
        emit_thumb(out, size, address, seed, patch, c);
    else
        emit_arm64(out, size, address, seed, patch, c);
}

void emit_stub(u8* out, u64 address, u64 slot, Arch arch) {
    if (is_x86(arch)) {
        put16(out, 0x25FF);
        put32(out + 2, slot - (address + 6));
    } else if (is_thumb(arch)) {
        const u64 distance = slot - (address + 8 + 4);
        u8* p = put_mov16(out, 0xF240, 12, distance & 0xFFFF);
        p = put_mov16(p, 0xF2C0, 12, (distance >> 16) & 0xFFFF);
        put16(p, 0x44FC);          // add ip, pc
        put32(p + 2, 0xF000F8DC);  // ldr.w pc, [ip]
        put16(p + 6, 0xBF00);
    } else if (arch == Arch::arm64e) {
        put32(out, adrp(17, address, slot));
        put32(out + 4, 0x91000231 | (slot & 0xFFF) << 10);
        put32(out + 8, 0xF9400230);
        put32(out + 12, 0xD71F0A11);  // braa x16, x17
    } else {
        put32(out, adrp(16, address, slot));
        put32(out + 4,
              is_64bit(arch) ? 0xF9400210 | ((slot & 0xFFF) >> 3) << 10 : 0xB9400210 | ((slot & 0xFFF) >> 2) << 10);
        put32(out + 8, 0xD61F0200);
    }
}

}  // namespace dscgen
