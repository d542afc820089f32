// Fingerprints of x86-64 functions: displacements from the instruction pointer and of branches that leave the function
// are masked, everything else counts. Bytes that are no instruction (jump tables between code) are stepped over one by
// one; the same bytes are always read the same way.
#pragma once

#include "code/fingerprint.h"

namespace strata::code {

class X86Fingerprinter : public Fingerprinter {
  public:
    X86Fingerprinter();
    ~X86Fingerprinter() override;
    uint64_t fingerprint(std::span<const uint8_t> code, uint64_t address, std::vector<Reference>& references) override;

  private:
    struct Decoder;
    std::unique_ptr<Decoder> decoder_;  // of Zydis, for what the table does not know
    std::vector<uint8_t> masked_;
};

}  // namespace strata::code
