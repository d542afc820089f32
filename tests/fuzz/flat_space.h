// What the fuzz targets of metadata read: one mapping in flat memory, and an image whose sections the input names. A
// section is nine bytes: which, u32 offset into the mapping, u32 size.
#pragma once

#include <span>
#include <string>

#include "macho/address_space.h"
#include "macho/image.h"

namespace strata::fuzz {

/// Where the mapping begins.
inline constexpr uint64_t kFlatBase = 0x100000;
inline constexpr uint64_t kSectionBytes = 9;

/// All of `view` at kFlatBase. Pointers have a byte on top that is not theirs.
class FlatSpace : public macho::AddressSpace {
  public:
    explicit FlatSpace(base::ByteView view) : view_(view) {}
    base::ByteView rest(uint64_t address, const char* what) const override {
        if (address < kFlatBase || address - kFlatBase >= view_.size())
            throw view_.error(0, what, "an address inside the mapping");
        return view_.from(address - kFlatBase, what);
    }
    uint64_t decode_pointer(uint64_t raw, uint64_t) const override { return raw & 0x00ffffffffffffff; }

  private:
    base::ByteView view_;
};

/// An image at kFlatBase with the `count` sections that `input` describes at `at`; it must hold that many bytes.
inline macho::Image image_of(const base::ByteView& input, uint64_t at, size_t count, std::span<const char* const> names,
                             bool is_64) {
    macho::Image image;
    image.address = kFlatBase;
    image.is_64 = is_64;
    for (size_t i = 0; i < count; ++i, at += kSectionBytes) {
        macho::Section section;
        section.name = names[input.u8(at, "section") % names.size()];
        section.address = kFlatBase + input.u32(at + 1, "section");
        section.size = input.u32(at + 5, "section");
        image.sections.push_back(section);
    }
    return image;
}

}  // namespace strata::fuzz
