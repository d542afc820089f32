#include "extract/sniff.h"

#include <string_view>

#include "dyld/cache_header.h"
#include "macho/archive.h"
#include "macho/fat.h"
#include "macho/format.h"

namespace strata::extract {
namespace {

constexpr uint64_t kPeOffsetField = 0x3c;  // e_lfanew of IMAGE_DOS_HEADER

bool is_macho(base::ByteView start) {
    // A text that happens to start with these four bytes is not worth a failed image.
    if (start.size() < macho::kHeaderSize32) return false;
    const uint32_t magic = start.u32(0, "magic");
    return magic == macho::kMagic32 || magic == macho::kMagic64 || magic == macho::kMagic32Swapped ||
           magic == macho::kMagic64Swapped;
}

bool is_pe(base::ByteView start) {
    if (!start.as_text().starts_with("MZ") || !start.contains(kPeOffsetField, 4)) return false;
    const uint32_t offset = start.u32(kPeOffsetField, "e_lfanew");
    return start.contains(offset, 4) && start.sub(offset, 4, "PE magic").as_text() == std::string_view("PE\0\0", 4);
}

}  // namespace

FileKind sniff(base::ByteView start) {
    if (is_macho(start)) return FileKind::kMachO;
    if (macho::is_fat(start)) return FileKind::kFat;
    if (macho::is_archive(start)) return FileKind::kArchive;
    if (dyld::looks_like_cache(start)) return FileKind::kCache;
    if (start.as_text().starts_with("\x7f"
                                    "ELF"))
        return FileKind::kElf;
    return is_pe(start) ? FileKind::kPe : FileKind::kOther;
}

}  // namespace strata::extract
