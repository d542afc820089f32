// What differs between versions of LIEF, as far as strata uses it. Debian 12 ships 0.9.0, and that is what this is
// built and tested with; the other branches follow the newer versions' documentation. They are chosen by what compiles,
// not by version numbers, because 0.9's version.h has none that a preprocessor could compare.
#pragma once

#include <LIEF/ELF.hpp>
#include <LIEF/PE.hpp>
#include <optional>
#include <string>

namespace strata::foreign::compat {

/// 0.9 returns references (and throws where there is nothing), newer ones return pointers.
template <typename T>
const T& ref(const T& value) {
    return value;
}
template <typename T>
const T& ref(const T* value) {
    return *value;
}

/// `static_symbols` until 0.15, `symtab_symbols` since.
template <typename Binary>
auto symtab(const Binary& elf) {
    if constexpr (requires { elf.symtab_symbols(); }) {
        return elf.symtab_symbols();
    } else {
        return elf.static_symbols();
    }
}

/// The number in the file; newer versions' type() is an enumeration of their own.
template <typename Note>
uint32_t note_type(const Note& note) {
    if constexpr (requires { note.original_type(); }) {
        return static_cast<uint32_t>(note.original_type());
    } else {
        return static_cast<uint32_t>(note.type());
    }
}

template <typename Note>
std::string note_bytes(const Note& note) {
    const auto description = note.description();
    return {description.begin(), description.end()};
}

/// The GUID of the PDB that belongs to a PE file: one debug entry in 0.9, a list of them since.
template <typename Binary>
std::string pdb_guid(const Binary& pe) {
    std::string guid;
    if (!pe.has_debug()) return guid;
    const auto take = [&](const auto& entry) {
        if constexpr (requires { entry.has_code_view(); }) {
            if (!entry.has_code_view()) return;
            const auto* pdb = dynamic_cast<const LIEF::PE::CodeViewPDB*>(&ref(entry.code_view()));
            if (pdb == nullptr || !guid.empty()) return;
            const auto signature = pdb->signature();
            guid.assign(signature.begin(), signature.end());
        }
    };
    if constexpr (requires { pe.debug().has_code_view(); }) {
        take(pe.debug());
    } else {
        for (const auto& entry : pe.debug()) take(entry);
    }
    return guid;
}

}  // namespace strata::foreign::compat
