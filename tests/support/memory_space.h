// An address space of made-up mappings.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "macho/address_space.h"
#include "support/buffer.h"

namespace strata::test {

class MemorySpace : public macho::AddressSpace {
  public:
    MemorySpace() = default;
    MemorySpace(uint64_t address, std::string bytes) { map(address, std::move(bytes)); }

    void map(uint64_t address, std::string bytes) {
        mappings_.push_back({address, std::make_unique<Buffer>(std::move(bytes))});
    }

    base::ByteView rest(uint64_t address, const char* what) const override {
        for (const auto& mapping : mappings_)
            if (address >= mapping.address && address - mapping.address < mapping.bytes->view().size())
                return mapping.bytes->view().from(address - mapping.address, what);
        throw base::Error::input("made-up", 0, std::string(what) + " at " + base::hex(address) + " is in no mapping",
                                 "a mapped address");
    }

    /// Pointers carry a tag in their top byte, so that a reader which forgets to decode them is caught.
    uint64_t decode_pointer(uint64_t raw, uint64_t) const override { return raw & 0x00ffffffffffffff; }
    static uint64_t encode_pointer(uint64_t address) { return address == 0 ? 0 : address | 0xa500000000000000; }

  private:
    struct Mapping {
        uint64_t address;
        std::unique_ptr<Buffer> bytes;
    };
    std::vector<Mapping> mappings_;
};

}  // namespace strata::test
