// What a file is, by its first bytes; names and extensions do not count.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace strata::extract {

enum class FileKind : uint8_t {
    kOther,
    kMachO,    ///< thin, of either byte order (big-endian ones are refused when read)
    kFat,      ///< fat Mach-O, or a fat archive
    kArchive,  ///< `ar`, thin ones included
    kCache,    ///< any file of a dyld shared cache
    kElf,
    kPe,
};

/// Enough of a file to tell, unless a PE header is unusually far in.
inline constexpr uint64_t kSniffBytes = 4096;

/// `start` is the file, or its first kSniffBytes. Never throws.
FileKind sniff(base::ByteView start);

}  // namespace strata::extract
