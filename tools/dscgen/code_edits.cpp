#include "code_edits.h"

#include "code.h"

namespace dscgen {

namespace {

using Edits = std::vector<std::pair<u32, u32>>;

bool has(const Edits& edits, u32 number) {
    return std::any_of(edits.begin(), edits.end(), [number](const auto& e) { return e.first == number; });
}

u32 salt_of(const Edits& edits, u32 number) {
    u32 salt = 0;
    for (const auto& [n, s] : edits) {
        if (n == number) salt += s;
    }
    return salt;
}

// Writes a function where each name has an address of its own and all nameless functions share one: the bytes differ
// exactly when it calls something of another name, or refers to another string. `self` is the function's own place.
std::vector<u8> symbolic_code(const Content& content, u32 number, Retarget retarget, u32 self) {
    const Counts& counts = content.counts();
    std::vector<u32> functions(counts.functions);
    std::vector<u32> strings(counts.cstrings);
    for (u32 i = 0; i < counts.functions; ++i)
        functions[i] = content.naming(i).naming == Naming::nameless ? 0 : 16 * (i + 1);
    functions[number] = self;
    for (u32 i = 0; i < counts.cstrings; ++i) strings[i] = 16 * i;
    CodeContext c{};
    c.arch = content.scale().spec().arch;
    c.text = 0x4000000;
    c.functions = functions.data();
    c.function_count = counts.functions;
    c.strings = 0x8000000;
    c.string_offsets = strings.data();
    c.string_count = counts.cstrings;
    c.stub_count = content.base_imports();
    c.constant_count = counts.const_slots;
    c.call_shift = retarget.calls;
    c.string_shift = retarget.strings;
    const u32 size = content.function_size(number);
    std::vector<u8> out(size + 16);
    emit_function(out.data(), size, 0x1000, hash(content.image().seed, 0xC0DE, number), 0, c);
    out.resize(size);
    return out;
}

bool calls_itself(const Content& content, u32 number, Retarget retarget) {
    const u32 end = 16 * (content.counts().functions + 1);
    return symbolic_code(content, number, retarget, end) != symbolic_code(content, number, retarget, end + 16);
}

// A call of itself is a branch inside the function: taking one up or giving one up is another instruction.
bool is_retargeted(const Content& content, u32 number, Retarget retarget) {
    return symbolic_code(content, number, {}, 0) != symbolic_code(content, number, retarget, 0) &&
           !calls_itself(content, number, {}) && !calls_itself(content, number, retarget);
}

void retarget_function(const Content& content, Mutations& m, Rng& rng) {
    for (u32 attempt = 0; attempt < 20; ++attempt) {
        const u32 number = rng.below(content.counts().functions);
        const bool strings = (rng.next() & 1) != 0;
        const u32 shift = 1 + rng.below(1000);
        if (content.naming(number).naming == Naming::nameless || contains(m.functions_removed, number) ||
            has(m.functions_grown, number) || has(m.functions_patched, number) || has(m.calls_shifted, number) ||
            has(m.strings_shifted, number) || content.function_size(number) == 0)
            continue;
        const Retarget retarget{strings ? 0 : shift, strings ? shift : 0};
        if (!is_retargeted(content, number, retarget)) continue;
        (strings ? m.strings_shifted : m.calls_shifted).emplace_back(number, shift);
        return;
    }
}

void edit_table(const Content& content, Mutations& m, Rng& rng) {
    const Counts& counts = content.counts();
    for (u32 attempt = 0; attempt < 20; ++attempt) {
        const u32 slot = rng.below(counts.const_slots);
        const u32 salt = 1 + rng.below(0xFFE);
        const TableEntry entry = table_entry(profile(content.scale().spec()), slot);
        if (has(m.table_edits, slot) || entry == TableEntry::function) continue;
        const auto string = [&](u64 h) { return referable(static_cast<u32>((h >> 32) % counts.cstrings)); };
        const u64 before = table_word(content, slot);
        const u64 after = before + salt + (u64{salt} << 32);
        if (entry == TableEntry::string && string(before) == string(after)) continue;
        m.table_edits.emplace_back(slot, salt);
        return;
    }
}

}  // namespace

Retarget retarget_of(const Mutations& m, u32 number) {
    return {salt_of(m.calls_shifted, number), salt_of(m.strings_shifted, number)};
}

TableEntry table_entry(const Profile& p, u32 i) {
    if (i % 4 == 3) return TableEntry::number;
    return !p.auth_segments && i % 2 == 0 ? TableEntry::function : TableEntry::string;
}

u64 table_word(const Content& content, u32 i) {
    const u64 salt = salt_of(content.mutations().table_edits, i);
    return hash(hash(content.image().seed, 0xDC), i) + salt + (salt << 32);
}

void mutate_code(const Content& content, Mutations& m, u64 seed) {
    Rng rng{seed};
    const u32 functions = rng.below(3);
    for (u32 i = 0; i < functions; ++i) retarget_function(content, m, rng);
    if ((rng.next() & 1) != 0) edit_table(content, m, rng);
}

}  // namespace dscgen
