#pragma once
// Machine code that disassembles sensibly: prologue, constants, calls and string references of the image's own items,
// epilogue. Operands relative to the program counter are computed from the layout, so the same function differs in
// bytes when the cache is laid out at other addresses, as in real caches.

#include "content.h"

namespace dscgen {

struct CodeContext {
    Arch arch;
    u64 text;              // address of __text
    const u32* functions;  // offsets by slot
    u32 function_count;    // base functions, which alone are called
    u64 strings;           // address of __cstring
    const u32* string_offsets;
    u32 string_count;
    u64 stubs;
    u32 stub_count;
    u64 constants;  // address of a __const with pointers
    u32 constant_count;
    u32 call_shift;    // the present function calls others, so far along the list
    u32 string_shift;  // the same for strings

    u64 function(u64 h) const {
        return text + functions[referable(static_cast<u32>(((h >> 32) + call_shift) % function_count))];
    }
    u64 string(u64 h) const {
        return strings + string_offsets[referable(static_cast<u32>(((h >> 32) + string_shift) % string_count))];
    }
    u64 constant(u64 h) const { return constants + (h >> 32) % constant_count * pointer_size(arch); }
};

// Writes a function of exactly `size` bytes for `address`. The first part of a function does not depend on its size,
// and `patch` changes one immediate operand.
void emit_function(u8* out, u32 size, u64 address, u64 seed, u32 patch, const CodeContext& context);
// One stub that jumps through `slot`.
void emit_stub(u8* out, u64 address, u64 slot, Arch arch);

}  // namespace dscgen
