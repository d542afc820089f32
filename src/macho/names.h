// The field's names for numeric facts of layouts, for people and JSON: Mach-O's, and those of ELF and PE files that are
// stored in the same fields (other_formats.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "macho/image.h"

namespace strata::macho {

/// "dylib", "execute", ... after MH_*; "0x.." when unknown.
std::string file_type_name(uint32_t file_type);
/// "macOS", "iOS", ... after PLATFORM_*; "" for 0, "platform N" when unknown.
std::string platform_name(uint32_t platform);
/// "arm64e", "x86_64", ... ; "cpu 0x../0x.." when unknown.
std::string arch_name(uint32_t cpu_type, uint32_t cpu_subtype);
/// "LC_RPATH", ...; "LC_0x.." when unknown.
std::string load_command_name(uint32_t command);
/// "load", "weak", "reexport", "upward", "lazy".
std::string_view dependency_kind_name(DependencyKind kind);

}  // namespace strata::macho
