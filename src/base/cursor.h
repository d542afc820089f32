// Sequential decoding of ULEB128 streams (function starts, tries), bounded by a view.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace strata::base {

/// Reads forward through a view; throws Error(kInput) when the view ends early or a number is malformed.
class Cursor {
  public:
    explicit Cursor(ByteView view, uint64_t at = 0) : view_(view), at_(at) {}

    bool at_end() const { return at_ >= view_.size(); }
    uint64_t position() const { return at_; }

    uint8_t u8(const char* what) {
        const uint8_t value = view_.u8(at_, what);
        ++at_;
        return value;
    }

    /// Unsigned LEB128 of at most 10 bytes and 64 bits: longer ones are how naive readers are made to shift out of
    /// range.
    uint64_t uleb(const char* what);

    /// NUL-terminated text of at most `limit` bytes.
    std::string_view text(uint64_t limit, const char* what);

    void skip(uint64_t count, const char* what) {
        view_.sub(at_, count, what);
        at_ += count;
    }

  private:
    ByteView view_;
    uint64_t at_;
};

}  // namespace strata::base
