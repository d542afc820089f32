// What an address of an ELF or PE file means, said without addresses: the symbol there, the text of a string, the
// section. Layouts and edits elsewhere do not change it (meanings.h does the same for Mach-O).
#pragma once

#include <cstdint>
#include <string_view>

#include "extract/address_names.h"
#include "extract/foreign_image.h"

namespace strata::extract {

/// Borrows the image. Costs 4 bytes a symbol and what AddressNames does.
class ForeignMeanings {
  public:
    static constexpr uint64_t kNowhere = 1;

    explicit ForeignMeanings(const ForeignImage& image);

    /// Never 0.
    uint64_t of(uint64_t address) const;

  private:
    bool may_hold_text(const foreign::Section& section) const;
    std::string_view text_at(uint32_t section, uint64_t address) const;

    const ForeignImage& image_;
    AddressNames names_;
};

}  // namespace strata::extract
