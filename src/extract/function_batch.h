// Functions that are fingerprinted together, since that is faster than one by one: up to 1,024, or 256 KiB and one
// more. 32 bytes each; on x86-64 another 56 while they are read.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "code/fingerprint.h"
#include "record/code.h"

namespace strata::extract {

/// Functions wait here for finish(). Borrows their bytes.
class FunctionBatch {
  public:
    using Digest = std::function<uint64_t(std::span<const code::Reference>)>;

    /// `index`: of its record. `code` must live until finish().
    void add(std::span<const uint8_t> code, uint64_t address, size_t index) {
        functions_.push_back({code, address});
        indices_.push_back(index);
        bytes_ += code.size();
    }
    bool is_full() const { return functions_.size() >= kCount || bytes_ >= kBytes; }

    /// Fills in their records, `digest` telling what their references come to, and forgets them. Returns the bytes that
    /// they had.
    uint64_t finish(code::Fingerprinter& fingerprinter, const Digest& digest,
                    std::vector<record::CodeRecord>& records) {
        fingerprinter.fingerprint_all(functions_,
                                      [&](size_t i, uint64_t fingerprint, std::span<const code::Reference> references) {
                                          records[indices_[i]] = {fingerprint, digest(references)};
                                      });
        functions_.clear();
        indices_.clear();
        return std::exchange(bytes_, 0);
    }

  private:
    static constexpr size_t kCount = 1024;
    static constexpr uint64_t kBytes = 1U << 18;

    std::vector<code::Function> functions_;
    std::vector<size_t> indices_;
    uint64_t bytes_ = 0;
};

}  // namespace strata::extract
