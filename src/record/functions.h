// Encoding and reading of the functions column (schema/functions.capnp).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "record/symbols.h"
#include "schema/functions.capnp.h"

namespace strata::record {

struct FunctionRecord {
    uint16_t section = 0;  ///< 1-based; 0 = relative to the mach header
    uint32_t offset = 0;   ///< bytes
    uint32_t size = 0;     ///< bytes
};

inline constexpr size_t kFunctionsPerChunk = 32768;

/// `functions` in address order; encoded in chunks of kFunctionsPerChunk.
void encode_functions(std::span<const FunctionRecord> functions, const ChunkSink& sink);

/// A chunk of the functions column in place.
class FunctionsView {
  public:
    explicit FunctionsView(std::string_view message);
    uint64_t size() const { return sections_.size(); }
    FunctionRecord operator[](uint64_t i) const { return {sections_[i], offsets_[i], sizes_[i]}; }

  private:
    MessageView message_;
    std::span<const uint16_t> sections_;
    std::span<const uint32_t> offsets_;
    std::span<const uint32_t> sizes_;
};

}  // namespace strata::record
