#include "macho/fat.h"

#include "macho/big_endian.h"

namespace strata::macho {
namespace {

struct FatHeader {
    Be32 magic, count;
};
struct FatEntry32 {  // fat_arch
    Be32 cpu_type, cpu_subtype, offset, size, align;
};
struct FatEntry64 {  // fat_arch_64
    Be32 cpu_type, cpu_subtype;
    Be64 offset, size;
    Be32 align, reserved;
};
static_assert(sizeof(FatEntry32) == 20 && sizeof(FatEntry64) == 32);

template <typename Entry>
std::vector<FatSlice> read_entries(base::ByteView file, uint32_t count) {
    const auto table = file.sub(sizeof(FatHeader), uint64_t{count} * sizeof(Entry), "table of fat slices");
    std::vector<FatSlice> slices;
    for (uint32_t i = 0; i < count; ++i) {
        const auto& entry = table.get<Entry>(i * sizeof(Entry), "fat slice");
        slices.push_back(
            {entry.cpu_type, entry.cpu_subtype, entry.offset, entry.size, sizeof(FatHeader) + i * sizeof(Entry)});
    }
    return slices;
}

}  // namespace

bool is_fat(base::ByteView file) {
    if (file.size() < sizeof(FatHeader)) return false;
    const auto& header = file.get<FatHeader>(0, "fat header");
    return (header.magic == kFatMagic || header.magic == kFatMagic64) && header.count <= kMaxFatSlices;
}

std::vector<FatSlice> read_fat(base::ByteView file) {
    const auto& header = file.get<FatHeader>(0, "fat header");
    if (header.magic != kFatMagic && header.magic != kFatMagic64)
        throw file.error(0, "no fat magic: " + base::hex(header.magic), "cafebabe or cafebabf");
    if (header.count > kMaxFatSlices)
        throw file.error(4, "fat header with " + std::to_string(header.count) + " slices",
                         "at most " + std::to_string(kMaxFatSlices));
    return header.magic == kFatMagic64 ? read_entries<FatEntry64>(file, header.count)
                                       : read_entries<FatEntry32>(file, header.count);
}

base::ByteView slice_bytes(base::ByteView file, const FatSlice& slice) {
    if (!file.contains(slice.offset, slice.size))
        throw file.error(slice.field,
                         "fat slice of " + base::hex(slice.size) + " bytes at offset " + base::hex(slice.offset) +
                             " leaves the file",
                         "an end at or before " + base::hex(file.size()));
    return file.sub(slice.offset, slice.size, "fat slice");
}

}  // namespace strata::macho
