// Frames of a crash report: which image of the firmware they are in, and what they are called.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "query/lookup.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// An image as a report lists it.
struct LoadedImage {
    uint64_t begin = 0;  ///< where its mach header was loaded
    uint64_t end = 0;    ///< one behind its last byte; 0 when the report does not say
    std::string uuid;    ///< 16 bytes or empty
    std::string name;    ///< as frames call it; only of text reports
};

struct FrameName {
    std::string symbol;
    uint64_t offset = 0;
};

/// Looks frames up, each address once. Memory: some 150 bytes an image of the firmware and a distinct frame;
/// an AddressMap when a frame needs one.
class FrameNames {
  public:
    FrameNames(store::Reader& reader, const record::Firmware& firmware, bool demangle);

    /// The name of the code at `offset` bytes into a loaded image. `is_return`: the address is where a call returns to,
    /// so the code is the one before it. Empty when the firmware has no image of this uuid, or no symbol in that
    /// function.
    std::optional<FrameName> name(const LoadedImage& image, uint64_t offset, bool is_return);

    /// Learns the slide from an image of the report that the firmware has: all images of a cache are moved by the same.
    void learn_slide(const std::vector<LoadedImage>& images);
    /// The same for an address in an image that the report does not know; empty when no slide was learnt.
    std::optional<FrameName> name_at(uint64_t loaded_address, bool is_return);

  private:
    struct Known {
        std::string path;
        uint64_t address;
    };

    std::optional<FrameName> look_up(const Known& image, uint64_t address, bool is_return);
    std::optional<FrameName> name_of(const std::optional<Location>& location, uint64_t address);

    store::Reader& reader_;
    const record::Firmware firmware_;
    std::optional<uint64_t> slide_;
    std::optional<AddressMap> map_;
    bool demangle_;
    std::unordered_map<std::string, Known> images_;  // by uuid
    std::map<std::pair<uint64_t, bool>, std::optional<FrameName>> seen_;
};

}  // namespace strata::query
