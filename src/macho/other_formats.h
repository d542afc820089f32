// Numbers for facts of ELF and PE files, in the fields that hold Mach-O's numbers. Stored layouts have one form for all
// formats (schema/layout.capnp); where a Mach-O number means the same, it is used (x86_64 is x86_64), and where none
// does, one from here, which no Mach-O file has. names.h turns both into words. They are part of the store's format.
#pragma once

#include <cstdint>
#include <string>

namespace strata::macho {

/// In the upper half of file types, cpu types and load commands: "EL" and "PE".
inline constexpr uint32_t kElfTag = 0x454c0000;
inline constexpr uint32_t kPeTag = 0x50450000;
inline constexpr uint32_t kTagMask = 0xffff0000;

// File types: kElfTag | e_type, or one of these.
inline constexpr uint32_t kPeExecutable = kPeTag | 1;
inline constexpr uint32_t kPeLibrary = kPeTag | 2;

// Cpu types without a Mach-O number: kElfTag | e_machine with these bits as subtype, kPeTag | Machine.
inline constexpr uint32_t kElf64Bit = 1;
inline constexpr uint32_t kElfBigEndian = 2;

// Platforms: after the ABI note's system or EI_OSABI, after the subsystem.
inline constexpr uint32_t kPlatformLinux = 0x10001;
inline constexpr uint32_t kPlatformHurd = 0x10002;
inline constexpr uint32_t kPlatformSolaris = 0x10003;
inline constexpr uint32_t kPlatformFreeBsd = 0x10004;
inline constexpr uint32_t kPlatformNetBsd = 0x10005;
inline constexpr uint32_t kPlatformOpenBsd = 0x10006;
inline constexpr uint32_t kPlatformWindows = 0x20001;
inline constexpr uint32_t kPlatformUefi = 0x20002;
inline constexpr uint32_t kPlatformXbox = 0x20003;

// "Load commands": what the loader is told in one line each. kElfTag | number.
inline constexpr uint32_t kElfInterpreter = kElfTag | 1;
inline constexpr uint32_t kElfRpath = kElfTag | 2;
inline constexpr uint32_t kElfRunpath = kElfTag | 3;
inline constexpr uint32_t kElfNeededVersion = kElfTag | 4;
inline constexpr uint32_t kElfDefinedVersion = kElfTag | 5;
inline constexpr uint32_t kElfDynamicFlags = kElfTag | 6;
inline constexpr uint32_t kElfDynamicFlags1 = kElfTag | 7;
inline constexpr uint32_t kPeSubsystem = kPeTag | 1;

/// Whether a stored file type is that of a Mach-O file.
inline bool is_macho_type(uint32_t file_type) {
    return (file_type & kTagMask) != kElfTag && (file_type & kTagMask) != kPeTag;
}

// The words for them; empty for numbers that are Mach-O's.
std::string other_file_type_name(uint32_t file_type);                  ///< "ELF shared object", "PE library"
std::string other_arch_name(uint32_t cpu_type, uint32_t cpu_subtype);  ///< "riscv64", "mipsel"
std::string other_platform_name(uint32_t platform);                    ///< "Linux", "Windows"
std::string other_load_command_name(uint32_t command);                 ///< "DT_RUNPATH", "PE_SUBSYSTEM"

/// The Mach-O numbers of an ELF machine or PE machine where there are any, else tagged ones.
struct CpuNumbers {
    uint32_t type = 0;
    uint32_t subtype = 0;
};
CpuNumbers elf_cpu(uint32_t machine, bool is_64, bool big_endian);
CpuNumbers pe_cpu(uint32_t machine);

}  // namespace strata::macho
