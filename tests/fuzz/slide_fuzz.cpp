// Slide info of every version and the pointer chains it leads to.
//
// The input is a file as follows: u8 flags (bit 0: 32-bit pointers), u8 number of 4 KiB pages in the mapping, u16 size
// of the slide info; the slide info; the mapped data, which ends where the input ends.
#include <string>
#include <vector>

#include "base/error.h"
#include "base/residency.h"
#include "dyld/slide_info.h"
#include "fuzz_check.h"

namespace {

constexpr uint64_t kHead = 4;
constexpr size_t kLimit = 8;

void check(const strata::base::ByteView& file, const strata::dyld::Mapping& mapping, unsigned pointer_size) {
    const auto info = strata::dyld::read_slide_info(file, mapping, pointer_size);
    STRATA_FUZZ_CHECK(info.version >= 1 && info.version <= 5);
    std::vector<strata::dyld::BadRange> bad;
    strata::base::Residency residency(UINT64_MAX);
    strata::dyld::check_chains(file, mapping, info, kLimit, bad, residency);
    STRATA_FUZZ_CHECK(bad.size() <= kLimit + 1);
    for (const auto& range : bad) {
        STRATA_FUZZ_CHECK(range.address >= mapping.address && range.size != 0);
        STRATA_FUZZ_CHECK(range.address - mapping.address <= mapping.size - range.size);
    }
    // Chains that were found whole can be walked; every pointer lies where it was asked for.
    const auto walk = [&](uint64_t begin, uint64_t end) {
        try {
            strata::dyld::walk_pointers(file, mapping, info, begin, end, [&](uint64_t at, uint64_t raw) {
                STRATA_FUZZ_CHECK(at >= begin && at < end && at < mapping.size);
                (void)info.tag(raw);
            });
        } catch (const strata::base::Error& error) {
            STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
        }
    };
    walk(0, mapping.size);
    walk(24, 4096 + 24);
    // Any word of the file as a pointer: whatever it means, it is a pointer of this size without tags.
    for (uint64_t at = 0; at + 8 <= file.size() && at < 512; at += 8) {
        const uint64_t raw = file.u64(at, "word");
        const uint64_t value = info.decode(pointer_size == 4 ? raw & UINT32_MAX : raw);
        if (pointer_size == 4 && info.version != 3 && info.version != 5) STRATA_FUZZ_CHECK(value <= UINT32_MAX);
        if (info.version == 2) STRATA_FUZZ_CHECK((value >> 56) == 0);
    }
    STRATA_FUZZ_CHECK(info.decode(0) == 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < kHead) return 0;
    const strata::base::ByteSource source{"slide", data};
    const strata::base::ByteView file(&source, data, size);
    strata::dyld::Mapping mapping;
    mapping.address = 0x180000000;
    mapping.slide_offset = kHead;
    mapping.slide_size = uint64_t{data[2]} | uint64_t{data[3]} << 8;
    mapping.file_offset = kHead + mapping.slide_size;
    mapping.size = data[1] == 0 ? 512 : uint64_t{data[1]} * 4096;
    // Most inputs describe what they hold; the others are truncated files.
    if ((data[0] & 2) == 0 && mapping.file_offset < size) mapping.size = size - mapping.file_offset;
    try {
        check(file, mapping, (data[0] & 1) != 0 ? 4 : 8);
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(error.kind() == strata::base::ErrorKind::kInput);
    }
    return 0;
}
