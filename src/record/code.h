// Encoding and reading of the code column (schema/code.capnp).
#pragma once

#include <span>
#include <string_view>

#include "record/symbols.h"
#include "schema/code.capnp.h"

namespace strata::record {

/// Fingerprints of one function (code/fingerprint.h).
struct CodeRecord {
    uint64_t code = 0;        ///< 0 = not known
    uint64_t references = 0;  ///< 0 = it refers to nothing, or not known
    bool operator==(const CodeRecord&) const = default;
};

/// `functions` as the functions column has them; cut into chunks where that is.
void encode_code(std::span<const CodeRecord> functions, const ChunkSink& sink);

/// A chunk of the code column in place.
class CodeView {
  public:
    explicit CodeView(std::string_view message);
    uint64_t size() const { return code_.size(); }
    CodeRecord operator[](uint64_t i) const { return {code_[i], references_[i]}; }

  private:
    MessageView message_;
    std::span<const uint64_t> code_;
    std::span<const uint64_t> references_;
};

}  // namespace strata::record
