// The slots of an ELF file's global offset table that the loader fills with the address of a symbol, and the stubs of
// its procedure linkage table that jump through them: what a call or a load there means is the symbol's name.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "code/fingerprint.h"
#include "extract/foreign_image.h"

namespace strata::extract {

/// From the relocations of 64-bit little-endian libraries and programs. Empty for all other files, and for those that
/// name more symbols than any real one. 16 bytes a slot, at most 1 Mi; borrows the image. One thread.
class ImportSlots {
  public:
    explicit ImportSlots(const ForeignImage& image);

    /// The name (as name_meaning() has it) of the symbol that the slot or the stub at `address` stands for; 0 = none.
    uint64_t find(uint64_t address);

  private:
    struct Slot {
        uint64_t address = 0;
        uint64_t meaning = 0;
    };
    void read(const foreign::Section& relocations);
    uint64_t slot_at(uint64_t address) const;

    const ForeignImage& image_;
    base::ByteView symbols_;
    base::ByteView names_;
    std::vector<Slot> slots_;  // by address
    uint64_t name_bytes_ = 0;
    bool complete_ = true;
    std::unique_ptr<code::Fingerprinter> stub_reader_;
    std::vector<code::Reference> references_;
};

}  // namespace strata::extract
