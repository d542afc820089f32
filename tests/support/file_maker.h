// Makes whole Mach-O files for trees: small, standalone, told apart by their names.
#pragma once

#include <string>
#include <string_view>

#include "support/containers.h"
#include "support/macho_maker.h"

namespace strata::test {

inline constexpr uint32_t kCpuX86 = 0x01000007;
inline constexpr uint32_t kCpuArm64 = 0x0100000c;

/// A dylib with one symbol "_NAME", one C string and, unless `uuid` is empty, a uuid.
inline std::string make_dylib(std::string_view name, uint32_t cpu = kCpuArm64,
                              std::string_view uuid = "0123456789abcdef", std::string_view text = "a string") {
    constexpr uint64_t kBase = 0x100000000;
    MachoMaker maker;
    maker.cpu_type = cpu;
    maker.cpu_subtype = cpu == kCpuX86 ? 3 : 0;
    maker.add_segment("__TEXT", kBase, 0x1000, 0, 0x1000,
                      {{"__TEXT", "__text", kBase + 0x800, 0x40, 0x80000400},
                       {"__TEXT", "__cstring", kBase + 0x900, text.size() + 1, 2}});
    maker.add_segment("__LINKEDIT", kBase + 0x1000, 0x1000, 0x1000, 0x200);
    maker.add_dylib(0xd, "/usr/lib/" + std::string(name));
    if (!uuid.empty()) maker.add(0x1b, std::string(uuid));
    maker.add(0x32, le32(1) + le32(0x000d0000) + le32(0x000e0000) + le32(0));  // LC_BUILD_VERSION, macOS
    maker.add(0x2, le32(0x1000) + le32(1) + le32(0x1100) + le32(name.size() + 3));
    std::string bytes = maker.bytes();
    bytes.resize(0x1200, '\0');
    put(bytes, 0x900, text);
    put(bytes, 0x1000, maker.nlist(1, 0x0f, 1, 0, kBase + 0x800));
    put(bytes, 0x1101, "_" + std::string(name));
    return bytes;
}

}  // namespace strata::test
