#include "macho/other_formats.h"

#include "base/error.h"

namespace strata::macho {
namespace {

// CPU_TYPE_* and CPU_SUBTYPE_* of mach/machine.h.
constexpr CpuNumbers kX86{7, 3};
constexpr CpuNumbers kX86_64{0x01000007, 3};
constexpr CpuNumbers kArm{12, 0};
constexpr CpuNumbers kArm64{0x0100000c, 0};

std::string elf_arch_name(uint32_t machine, uint32_t bits) {
    const bool is_64 = (bits & kElf64Bit) != 0;
    const bool big = (bits & kElfBigEndian) != 0;
    switch (machine) {  // EM_* of elf.h
        case 2:
        case 18:
            return "sparc";
        case 4:
            return "m68k";
        case 8:
            return std::string(is_64 ? "mips64" : "mips") + (big ? "" : "el");
        case 15:
            return "parisc";
        case 20:
            return big ? "ppc" : "ppcle";
        case 21:
            return big ? "ppc64" : "ppc64le";
        case 22:
            return is_64 ? "s390x" : "s390";
        case 40:
            return "armeb";
        case 42:
            return "sh";
        case 43:
            return "sparcv9";
        case 50:
            return "ia64";
        case 62:
            return "x32";
        case 83:
            return "avr";
        case 93:
            return "arc";
        case 94:
            return "xtensa";
        case 105:
            return "msp430";
        case 164:
            return "hexagon";
        case 183:
            return big ? "arm64_be" : "arm64_ilp32";
        case 195:
            return "arcv2";
        case 224:
            return "amdgpu";
        case 190:
            return "cuda";
        case 243:
            return is_64 ? "riscv64" : "riscv32";
        case 247:
            return "bpf";
        case 252:
            return "csky";
        case 258:
            return is_64 ? "loongarch64" : "loongarch32";
        default:
            return "ELF machine " + std::to_string(machine);
    }
}

std::string pe_arch_name(uint32_t machine) {
    switch (machine) {  // IMAGE_FILE_MACHINE_*
        case 0x200:
            return "ia64";
        case 0xebc:
            return "efi-bytecode";
        case 0xa641:
            return "arm64ec";
        case 0xa64e:
            return "arm64x";
        case 0x5032:
            return "riscv32";
        case 0x5064:
            return "riscv64";
        case 0x6264:
            return "loongarch64";
        default:
            return "PE machine " + base::hex(machine);
    }
}

}  // namespace

CpuNumbers elf_cpu(uint32_t machine, bool is_64, bool big_endian) {
    if (!big_endian) {
        if (machine == 3) return kX86;
        if (machine == 62 && is_64) return kX86_64;
        if (machine == 40) return kArm;
        if (machine == 183 && is_64) return kArm64;
    }
    return {kElfTag | (machine & ~kTagMask), (is_64 ? kElf64Bit : 0) | (big_endian ? kElfBigEndian : 0)};
}

CpuNumbers pe_cpu(uint32_t machine) {
    switch (machine) {
        case 0x14c:
            return kX86;
        case 0x8664:
            return kX86_64;
        case 0x1c0:
        case 0x1c2:
        case 0x1c4:
            return kArm;
        case 0xaa64:
            return kArm64;
        default:
            return {kPeTag | (machine & ~kTagMask), 0};
    }
}

std::string other_file_type_name(uint32_t file_type) {
    switch (file_type) {
        case kElfTag | 1:
            return "ELF object";
        case kElfTag | 2:
            return "ELF executable";
        case kElfTag | 3:
            return "ELF shared object";
        case kElfTag | 4:
            return "ELF core";
        case kPeExecutable:
            return "PE executable";
        case kPeLibrary:
            return "PE library";
        default:
            if ((file_type & kTagMask) == kElfTag) return "ELF type " + base::hex(file_type & ~kTagMask);
            return {};
    }
}

std::string other_arch_name(uint32_t cpu_type, uint32_t cpu_subtype) {
    if ((cpu_type & kTagMask) == kElfTag) return elf_arch_name(cpu_type & ~kTagMask, cpu_subtype);
    if ((cpu_type & kTagMask) == kPeTag) return pe_arch_name(cpu_type & ~kTagMask);
    return {};
}

std::string other_platform_name(uint32_t platform) {
    switch (platform) {
        case kPlatformLinux:
            return "Linux";
        case kPlatformHurd:
            return "Hurd";
        case kPlatformSolaris:
            return "Solaris";
        case kPlatformFreeBsd:
            return "FreeBSD";
        case kPlatformNetBsd:
            return "NetBSD";
        case kPlatformOpenBsd:
            return "OpenBSD";
        case kPlatformWindows:
            return "Windows";
        case kPlatformUefi:
            return "UEFI";
        case kPlatformXbox:
            return "Xbox";
        default:
            return {};
    }
}

std::string other_load_command_name(uint32_t command) {
    switch (command) {
        case kElfInterpreter:
            return "PT_INTERP";
        case kElfRpath:
            return "DT_RPATH";
        case kElfRunpath:
            return "DT_RUNPATH";
        case kElfNeededVersion:
            return "DT_VERNEED";
        case kElfDefinedVersion:
            return "DT_VERDEF";
        case kElfDynamicFlags:
            return "DT_FLAGS";
        case kElfDynamicFlags1:
            return "DT_FLAGS_1";
        case kPeSubsystem:
            return "PE_SUBSYSTEM";
        default:
            return {};
    }
}

}  // namespace strata::macho
