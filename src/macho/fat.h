// Fat ("universal") files: a big-endian table of slices, one for each architecture (Apple's <mach-o/fat.h>).
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace strata::macho {

inline constexpr uint32_t kFatMagic = 0xcafebabe;
inline constexpr uint32_t kFatMagic64 = 0xcafebabf;
/// More slices than this are no fat file: Java class files have the same magic, and their version (45 and up) where the
/// number of slices is. Apple's own tools draw the line here.
inline constexpr uint32_t kMaxFatSlices = 42;

/// One entry of the table. Not checked against the file yet: one bad slice must not cost the others.
struct FatSlice {
    uint32_t cpu_type = 0;
    uint32_t cpu_subtype = 0;
    uint64_t offset = 0;  ///< from the start of the fat file
    uint64_t size = 0;
    uint64_t field = 0;  ///< offset of this entry, to point errors at
};

/// Whether `file` starts like a fat file. Never throws.
bool is_fat(base::ByteView file);

/// The table of slices, in file order. Throws Error(kInput) when it leaves the file.
std::vector<FatSlice> read_fat(base::ByteView file);

/// The bytes of a slice. Throws Error(kInput) when it leaves the file.
base::ByteView slice_bytes(base::ByteView file, const FatSlice& slice);

}  // namespace strata::macho
