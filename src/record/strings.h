// Encoding and reading of the strings column (schema/strings.capnp).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/symbols.h"
#include "schema/strings.capnp.h"

namespace strata::record {

/// One string as extraction sees it; the value is borrowed. 24 bytes.
struct StringRecord {
    std::string_view value;
    uint16_t section = 0;  ///< index into the names given to encode
};

/// Sorts `strings`, drops repeated (value, section) pairs and encodes them, chunk by chunk.
void encode_strings(std::vector<StringRecord>& strings, std::span<const std::string> section_names,
                    const ChunkSink& sink);

/// A chunk of the strings column in place.
class StringsView {
  public:
    explicit StringsView(std::string_view message);
    uint64_t size() const { return values_.size(); }
    std::string_view value(uint64_t i) const { return values_[i]; }
    /// "__TEXT,__cstring"
    std::string_view section(uint64_t i) const;

  private:
    MessageView message_;
    BlobView values_;
    std::span<const uint16_t> sections_;
    std::vector<std::string_view> section_names_;
};

}  // namespace strata::record
