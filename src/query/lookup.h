// What is at an address: image, section, nearest symbol, function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/firmware.h"
#include "record/head.h"
#include "store/reader.h"

namespace strata::query {

/// What an address lies in. All addresses are unslid; sizes are bytes.
struct Location {
    uint64_t address = 0;
    std::string image;  ///< path
    std::string uuid;   ///< 16 bytes or empty
    uint64_t image_address = 0;
    std::string section;  ///< "__TEXT,__text"; empty between sections (a mach header, padding)
    uint64_t section_address = 0;
    uint64_t section_size = 0;
    std::string symbol;  ///< the nearest one at or before the address in that section; empty when there is none
    uint64_t symbol_address = 0;
    std::optional<uint64_t> function_address;  ///< of the function around the address
    uint64_t function_size = 0;
};

/// Where an address of this image lies, when it is inside one of its sections or in the pages of its mach header. Of
/// several symbols at one place an export is taken, then the name that sorts first; imports, re-exports and redacted
/// names are none. Reads the image's symbols once. Throws Error(kStore) on damage.
std::optional<Location> locate_in_image(store::Reader& reader, std::string_view path, const record::Head& head,
                                        uint64_t address);

/// All sections of a firmware by address. Built in one walk over the heads; 16 bytes a section and the paths, some
/// 2 MB for a firmware of 4,180 images. Borrows the reader.
class AddressMap {
  public:
    AddressMap(store::Reader& reader, const record::Firmware& firmware);

    /// Empty when no image has the address.
    std::optional<Location> locate(uint64_t address) const;

  private:
    struct Start {
        uint64_t address;
        uint32_t image;
    };

    store::Reader& reader_;
    uint32_t firmware_;
    std::vector<Start> starts_;  // sorted
    std::vector<std::string> paths_;
};

/// An image and the firmware that has it.
struct FoundImage {
    record::Firmware firmware;
    std::string path;
    uint64_t address = 0;  ///< of its mach header
};

/// The images with this uuid (16 bytes), one a firmware, firmwares in version order.
std::vector<FoundImage> images_by_uuid(store::Reader& reader, std::string_view uuid);

/// 16 bytes of "8E68174B-502C-3A48-BFB9-DAD3A5BCC558", with or without dashes, of either case; empty when it is
/// none, or all zeros.
std::string parse_uuid(std::string_view text);

}  // namespace strata::query
