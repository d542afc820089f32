// One made-up image with every part that the reader knows, 64- or 32-bit.
#pragma once

#include <memory>
#include <string>

#include "macho/format.h"
#include "macho/image.h"
#include "support/macho_maker.h"
#include "support/memory_space.h"

namespace strata::macho {

/// Its header is at kBase, file offset 0; __TEXT holds 0x1000 bytes, __DATA the next 0x1000, __LINKEDIT 0x1000 from
/// kLinkedit on.
inline constexpr uint64_t kBase = 0x18000000;
inline constexpr uint64_t kData = kBase + 0x1000;
inline constexpr uint64_t kLinkedit = kBase + 0x2000;
inline constexpr uint64_t kLinkeditFile = 0x9000;  // its file offset: another file's, so unrelated to the address
inline constexpr uint64_t kSize = 0x3000;

struct SampleImage {
    explicit SampleImage(bool is_64 = true) : maker(is_64) {
        if (!is_64) maker.cpu_type = 12;
        maker.add_segment(
            "__TEXT", kBase, 0x1000, 0, 0x1000,
            {{"__TEXT", "__text", kBase + 0x800, 0x100, 0x80000400}, {"__TEXT", "__cstring", kBase + 0x900, 0x20, 2}});
        maker.add_segment(
            "__DATA", kData, 0x1000, 0x1000, 0x800,
            {{"__DATA", "__data_of_16bytes", kData, 0x10, 0}, {"__DATA", "__bss", kData + 0x800, 0x800, 1}});
        maker.add_segment("__LINKEDIT", kLinkedit, 0x1000, kLinkeditFile, 0x1000);
        maker.add_dylib(kLcIdDylib, "/usr/lib/libsample.dylib");
        maker.add(kLcUuid, std::string("0123456789abcdef"));
        maker.add(kLcSourceVersion, test::le64(uint64_t{1234} << 40 | 5));
        maker.add(kLcBuildVersion, test::le32(2) + test::le32(0x000e0000) + test::le32(0x000e0200) + test::le32(0));
        maker.add_dylib(kLcLoadDylib, "/usr/lib/libSystem.B.dylib");
        maker.add_dylib(kLcLoadWeakDylib, "/usr/lib/libweak.dylib", 0x20000);
        maker.add_dylib(kLcReexportDylib, "/usr/lib/libre.dylib");
        maker.add_dylib(kLcLoadUpwardDylib, "/usr/lib/libup.dylib");
        maker.add_dylib(kLcLazyLoadDylib, "/usr/lib/liblazy.dylib");
        maker.add_text(kLcRpath, "@loader_path/..");
        maker.add_text(kLcSubClient, "client");
        maker.add(kLcSymtab, test::le32(kLinkeditFile + 0x100) + test::le32(3) + test::le32(kLinkeditFile + 0x200) +
                                 test::le32(0x40));
        maker.add_data(kLcDyldExportsTrie, kLinkeditFile + 0x300, 0x20);
        maker.add_data(kLcFunctionStarts, kLinkeditFile + 0x400, 8);
        maker.add(0x77, "unknown command");
        bytes = maker.bytes();
        bytes.resize(kSize, '\0');
        test::put(bytes, 0x2100, maker.nlist(1, 0x0f, 1, 0, kBase + 0x800));
        test::put(bytes, 0x2200, std::string("\0_first\0", 8));
        test::put(bytes, 0x2400, test::uleb(0x800) + test::uleb(0x40));
    }

    /// Overwrites a field of the nth command of a type with 32 bits.
    void damage(uint32_t command, uint64_t field, uint64_t value, size_t nth = 0) {
        test::put(bytes, maker.place_of(command, nth) + field, test::le32(value));
    }

    /// The space must live as long as the image read through it.
    std::unique_ptr<test::MemorySpace> space() const { return std::make_unique<test::MemorySpace>(kBase, bytes); }

    test::MachoMaker maker;
    std::string bytes;
};

}  // namespace strata::macho
