// On-disk Mach-O structures and constants, after Apple's <mach-o/loader.h>, <mach-o/nlist.h> and <mach/machine.h>.
// All are little-endian with alignment 1, to be laid over mapped bytes with ByteView::get.
#pragma once

#include <cstdint>

#include "base/endian.h"

namespace strata::macho {

using base::Le16;
using base::Le32;
using base::Le64;

inline constexpr uint32_t kMagic32 = 0xfeedface;
inline constexpr uint32_t kMagic64 = 0xfeedfacf;
inline constexpr uint32_t kMagic32Swapped = 0xcefaedfe;
inline constexpr uint32_t kMagic64Swapped = 0xcffaedfe;

struct MachHeader {  // mach_header; mach_header_64 has four more bytes (reserved)
    Le32 magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags;
};
inline constexpr uint64_t kHeaderSize32 = 28;
inline constexpr uint64_t kHeaderSize64 = 32;

inline constexpr uint32_t kFlagTwoLevel = 0x80;  // MH_TWOLEVEL

inline constexpr uint32_t kFileTypeObject = 1;  // MH_OBJECT

struct LoadCommand {
    Le32 cmd, cmdsize;
};

inline constexpr uint32_t kCpuTypeArm = 12;  // CPU_TYPE_ARM, the only one with Thumb
inline constexpr uint32_t kCpuTypeArm64 = 12 | 0x01000000;
inline constexpr uint32_t kCpuSubtypeArm64e = 2;
inline constexpr uint32_t kCpuSubtypeMask = 0x00ffffff;  // the top byte holds capability bits

inline constexpr uint32_t kReqDyld = 0x80000000;
enum LoadCommandType : uint32_t {
    kLcSegment = 0x1,
    kLcSymtab = 0x2,
    kLcDysymtab = 0xb,
    kLcLoadDylib = 0xc,
    kLcIdDylib = 0xd,
    kLcIdDylinker = 0xf,
    kLcLoadDylinker = 0xe,
    kLcSubFramework = 0x12,
    kLcSubUmbrella = 0x13,
    kLcSubClient = 0x14,
    kLcSubLibrary = 0x15,
    kLcLoadWeakDylib = 0x18 | kReqDyld,
    kLcSegment64 = 0x19,
    kLcUuid = 0x1b,
    kLcCodeSignature = 0x1d,
    kLcRpath = 0x1c | kReqDyld,
    kLcReexportDylib = 0x1f | kReqDyld,
    kLcLazyLoadDylib = 0x20,
    kLcDyldInfo = 0x22,
    kLcDyldInfoOnly = 0x22 | kReqDyld,
    kLcLoadUpwardDylib = 0x23 | kReqDyld,
    kLcVersionMinMacos = 0x24,
    kLcVersionMinIos = 0x25,
    kLcFunctionStarts = 0x26,
    kLcDyldEnvironment = 0x27,
    kLcSourceVersion = 0x2a,
    kLcVersionMinTvos = 0x2f,
    kLcVersionMinWatchos = 0x30,
    kLcBuildVersion = 0x32,
    kLcDyldExportsTrie = 0x33 | kReqDyld,
    kLcDyldChainedFixups = 0x34 | kReqDyld,
};

struct SegmentCommand32 {
    Le32 cmd, cmdsize;
    char segname[16];
    Le32 vmaddr, vmsize, fileoff, filesize, maxprot, initprot, nsects, flags;
};
struct SegmentCommand64 {
    Le32 cmd, cmdsize;
    char segname[16];
    Le64 vmaddr, vmsize, fileoff, filesize;
    Le32 maxprot, initprot, nsects, flags;
};
struct Section32 {
    char sectname[16], segname[16];
    Le32 addr, size, offset, align, reloff, nreloc, flags, reserved1, reserved2;
};
struct Section64 {
    char sectname[16], segname[16];
    Le64 addr, size;
    Le32 offset, align, reloff, nreloc, flags, reserved1, reserved2, reserved3;
};
static_assert(sizeof(SegmentCommand32) == 56 && sizeof(SegmentCommand64) == 72);
static_assert(sizeof(Section32) == 68 && sizeof(Section64) == 80);

inline constexpr uint32_t kSectionTypeMask = 0xff;
enum SectionType : uint32_t {
    kZerofill = 0x1,
    kCstringLiterals = 0x2,
    k4ByteLiterals = 0x3,
    k8ByteLiterals = 0x4,
    kSymbolStubs = 0x8,
    kGbZerofill = 0xc,
    k16ByteLiterals = 0xe,
    kThreadLocalZerofill = 0x12,
};
inline constexpr uint32_t kAttrPureInstructions = 0x80000000;
inline constexpr uint32_t kAttrSelfModifying = 0x04000000;
inline constexpr uint32_t kAttrSomeInstructions = 0x00000400;

struct SymtabCommand {
    Le32 cmd, cmdsize, symoff, nsyms, stroff, strsize;
};
struct DyldInfoCommand {
    Le32 cmd, cmdsize, rebase_off, rebase_size, bind_off, bind_size, weak_bind_off, weak_bind_size, lazy_bind_off,
        lazy_bind_size, export_off, export_size;
};
struct LinkeditDataCommand {
    Le32 cmd, cmdsize, dataoff, datasize;
};
struct DylibCommand {
    Le32 cmd, cmdsize, name_offset, timestamp, current_version, compatibility_version;
};
struct UuidCommand {
    Le32 cmd, cmdsize;
    uint8_t uuid[16];
};
struct SourceVersionCommand {
    Le32 cmd, cmdsize;
    Le64 version;
};
struct BuildVersionCommand {
    Le32 cmd, cmdsize, platform, minos, sdk, ntools;
};
struct VersionMinCommand {
    Le32 cmd, cmdsize, version, sdk;
};
struct StringCommand {  // rpath_command, sub_client_command and others: one text, by offset
    Le32 cmd, cmdsize, text_offset;
};

struct Nlist32 {
    Le32 strx;
    uint8_t type, sect;
    Le16 desc;
    Le32 value;
};
struct Nlist64 {
    Le32 strx;
    uint8_t type, sect;
    Le16 desc;
    Le64 value;
};
static_assert(sizeof(Nlist32) == 12 && sizeof(Nlist64) == 16);

struct RelocationInfo {  // relocation_info; r_info's bits from the low end: symbol 24, pcrel 1, length 2, extern 1,
                         // type 4
    Le32 address, info;
};
static_assert(sizeof(RelocationInfo) == 8);
inline constexpr uint32_t kRelocationScattered = 0x80000000;  // in `address`: scattered_relocation_info, 32-bit only

inline constexpr uint8_t kNStab = 0xe0;
inline constexpr uint8_t kNPrivateExtern = 0x10;
inline constexpr uint8_t kNTypeMask = 0x0e;
inline constexpr uint8_t kNExternal = 0x01;
inline constexpr uint8_t kNUndefined = 0x0;
inline constexpr uint8_t kNAbsolute = 0x2;
inline constexpr uint8_t kNIndirect = 0xa;
inline constexpr uint8_t kNPrebound = 0xc;
inline constexpr uint8_t kNSection = 0xe;
inline constexpr uint16_t kNWeakRef = 0x40;
inline constexpr uint16_t kNWeakDef = 0x80;
inline constexpr uint16_t kNAltEntry = 0x200;  ///< in the middle of what the symbol before it begins

// Export trie flags (EXPORT_SYMBOL_FLAGS_*).
inline constexpr uint64_t kExportKindMask = 0x3;
inline constexpr uint64_t kExportAbsolute = 0x2;
inline constexpr uint64_t kExportWeakDefinition = 0x4;
inline constexpr uint64_t kExportReexport = 0x8;
inline constexpr uint64_t kExportStubAndResolver = 0x10;
inline constexpr uint64_t kExportFunctionVariant = 0x20;

}  // namespace strata::macho
