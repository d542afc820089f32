#include "macho/names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "macho/other_formats.h"

namespace strata::macho {
namespace {

using Name = std::pair<uint32_t, std::string_view>;

template <size_t N>
std::string_view find(const std::array<Name, N>& names, uint32_t value) {
    const auto* found = std::find_if(names.begin(), names.end(), [&](const Name& name) { return name.first == value; });
    return found == names.end() ? std::string_view{} : found->second;
}

constexpr std::array kFileTypes{
    Name{1, "object"},       Name{2, "execute"},  Name{3, "fvmlib"},       Name{4, "core"},       Name{5, "preload"},
    Name{6, "dylib"},        Name{7, "dylinker"}, Name{8, "bundle"},       Name{9, "dylib_stub"}, Name{10, "dsym"},
    Name{11, "kext_bundle"}, Name{12, "fileset"}, Name{13, "gpu_execute"}, Name{14, "gpu_dylib"}};

constexpr std::array kPlatforms{Name{1, "macOS"},
                                Name{2, "iOS"},
                                Name{3, "tvOS"},
                                Name{4, "watchOS"},
                                Name{5, "bridgeOS"},
                                Name{6, "Mac Catalyst"},
                                Name{7, "iOS Simulator"},
                                Name{8, "tvOS Simulator"},
                                Name{9, "watchOS Simulator"},
                                Name{10, "DriverKit"},
                                Name{11, "visionOS"},
                                Name{12, "visionOS Simulator"},
                                Name{13, "firmware"},
                                Name{14, "sepOS"},
                                Name{15, "macOS ExclaveCore"},
                                Name{16, "macOS ExclaveKit"},
                                Name{17, "iOS ExclaveCore"},
                                Name{18, "iOS ExclaveKit"},
                                Name{19, "tvOS ExclaveCore"},
                                Name{20, "tvOS ExclaveKit"},
                                Name{21, "watchOS ExclaveCore"},
                                Name{22, "watchOS ExclaveKit"},
                                Name{23, "visionOS ExclaveCore"},
                                Name{24, "visionOS ExclaveKit"}};

constexpr std::array kLoadCommands{Name{0x1, "LC_SEGMENT"},
                                   Name{0x2, "LC_SYMTAB"},
                                   Name{0x3, "LC_SYMSEG"},
                                   Name{0x4, "LC_THREAD"},
                                   Name{0x5, "LC_UNIXTHREAD"},
                                   Name{0x6, "LC_LOADFVMLIB"},
                                   Name{0x7, "LC_IDFVMLIB"},
                                   Name{0x8, "LC_IDENT"},
                                   Name{0x9, "LC_FVMFILE"},
                                   Name{0xa, "LC_PREPAGE"},
                                   Name{0xb, "LC_DYSYMTAB"},
                                   Name{0xc, "LC_LOAD_DYLIB"},
                                   Name{0xd, "LC_ID_DYLIB"},
                                   Name{0xe, "LC_LOAD_DYLINKER"},
                                   Name{0xf, "LC_ID_DYLINKER"},
                                   Name{0x10, "LC_PREBOUND_DYLIB"},
                                   Name{0x11, "LC_ROUTINES"},
                                   Name{0x12, "LC_SUB_FRAMEWORK"},
                                   Name{0x13, "LC_SUB_UMBRELLA"},
                                   Name{0x14, "LC_SUB_CLIENT"},
                                   Name{0x15, "LC_SUB_LIBRARY"},
                                   Name{0x16, "LC_TWOLEVEL_HINTS"},
                                   Name{0x17, "LC_PREBIND_CKSUM"},
                                   Name{0x80000018, "LC_LOAD_WEAK_DYLIB"},
                                   Name{0x19, "LC_SEGMENT_64"},
                                   Name{0x1a, "LC_ROUTINES_64"},
                                   Name{0x1b, "LC_UUID"},
                                   Name{0x8000001c, "LC_RPATH"},
                                   Name{0x1d, "LC_CODE_SIGNATURE"},
                                   Name{0x1e, "LC_SEGMENT_SPLIT_INFO"},
                                   Name{0x8000001f, "LC_REEXPORT_DYLIB"},
                                   Name{0x20, "LC_LAZY_LOAD_DYLIB"},
                                   Name{0x21, "LC_ENCRYPTION_INFO"},
                                   Name{0x22, "LC_DYLD_INFO"},
                                   Name{0x80000022, "LC_DYLD_INFO_ONLY"},
                                   Name{0x80000023, "LC_LOAD_UPWARD_DYLIB"},
                                   Name{0x24, "LC_VERSION_MIN_MACOSX"},
                                   Name{0x25, "LC_VERSION_MIN_IPHONEOS"},
                                   Name{0x26, "LC_FUNCTION_STARTS"},
                                   Name{0x27, "LC_DYLD_ENVIRONMENT"},
                                   Name{0x80000028, "LC_MAIN"},
                                   Name{0x29, "LC_DATA_IN_CODE"},
                                   Name{0x2a, "LC_SOURCE_VERSION"},
                                   Name{0x2b, "LC_DYLIB_CODE_SIGN_DRS"},
                                   Name{0x2c, "LC_ENCRYPTION_INFO_64"},
                                   Name{0x2d, "LC_LINKER_OPTION"},
                                   Name{0x2e, "LC_LINKER_OPTIMIZATION_HINT"},
                                   Name{0x2f, "LC_VERSION_MIN_TVOS"},
                                   Name{0x30, "LC_VERSION_MIN_WATCHOS"},
                                   Name{0x31, "LC_NOTE"},
                                   Name{0x32, "LC_BUILD_VERSION"},
                                   Name{0x80000033, "LC_DYLD_EXPORTS_TRIE"},
                                   Name{0x80000034, "LC_DYLD_CHAINED_FIXUPS"},
                                   Name{0x80000035, "LC_FILESET_ENTRY"},
                                   Name{0x36, "LC_ATOM_INFO"},
                                   Name{0x37, "LC_FUNCTION_VARIANTS"},
                                   Name{0x38, "LC_FUNCTION_VARIANT_FIXUPS"},
                                   Name{0x39, "LC_TARGET_TRIPLE"}};

// CPU_ARCH_ABI64 and CPU_ARCH_ABI64_32 of mach/machine.h.
constexpr uint32_t kAbi64 = 0x01000000;
constexpr uint32_t kAbi64On32 = 0x02000000;
constexpr uint32_t kCpuX86 = 7;
constexpr uint32_t kCpuArm = 12;
constexpr uint32_t kCpuPowerPc = 18;

std::string_view arm_name(uint32_t subtype) {
    switch (subtype) {
        case 6:
            return "armv6";
        case 9:
            return "armv7";
        case 10:
            return "armv7f";
        case 11:
            return "armv7s";
        case 12:
            return "armv7k";
        case 14:
            return "armv6m";
        case 15:
            return "armv7m";
        case 16:
            return "armv7em";
        default:
            return "arm";
    }
}

}  // namespace

std::string file_type_name(uint32_t file_type) {
    if (auto other = other_file_type_name(file_type); !other.empty()) return other;
    const auto name = find(kFileTypes, file_type);
    return name.empty() ? base::hex(file_type) : std::string(name);
}

std::string platform_name(uint32_t platform) {
    if (platform == 0) return {};
    if (auto other = other_platform_name(platform); !other.empty()) return other;
    const auto name = find(kPlatforms, platform);
    return name.empty() ? "platform " + std::to_string(platform) : std::string(name);
}

std::string arch_name(uint32_t cpu_type, uint32_t cpu_subtype) {
    if (auto other = other_arch_name(cpu_type, cpu_subtype); !other.empty()) return other;
    const uint32_t subtype = cpu_subtype & kCpuSubtypeMask;
    switch (cpu_type) {
        case kCpuX86:
            return "i386";
        case kCpuX86 | kAbi64:
            return subtype == 8 ? "x86_64h" : "x86_64";
        case kCpuArm:
            return std::string(arm_name(subtype));
        case kCpuArm | kAbi64:
            return subtype == 2 ? "arm64e" : "arm64";
        case kCpuArm | kAbi64On32:
            return "arm64_32";
        case kCpuPowerPc:
            return "ppc";
        case kCpuPowerPc | kAbi64:
            return "ppc64";
        default:
            return "cpu " + base::hex(cpu_type) + "/" + base::hex(subtype);
    }
}

std::string load_command_name(uint32_t command) {
    if (auto other = other_load_command_name(command); !other.empty()) return other;
    const auto name = find(kLoadCommands, command);
    return name.empty() ? "LC_" + base::hex(command) : std::string(name);
}

std::string_view dependency_kind_name(DependencyKind kind) {
    switch (kind) {
        case DependencyKind::kLoad:
            return "load";
        case DependencyKind::kWeak:
            return "weak";
        case DependencyKind::kReexport:
            return "reexport";
        case DependencyKind::kUpward:
            return "upward";
        case DependencyKind::kLazy:
            return "lazy";
    }
    return "load";
}

}  // namespace strata::macho
