// Finding a text in memory at the speed of reading it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace strata::query {

/// memmem() looks at every byte with a hash; this compares sixteen places at once with two bytes of the text, those
/// that are rarest in names. Safe from many threads.
class LiteralSearch {
  public:
    explicit LiteralSearch(std::string text);

    const std::string& text() const { return text_; }
    /// Where the text is found first in `bytes` at or behind `from`; npos when it is not. An empty one is everywhere.
    size_t find(std::string_view bytes, size_t from = 0) const;

  private:
    std::string text_;
    size_t first_ = 0;  ///< places of the two bytes in the text
    size_t second_ = 0;
};

}  // namespace strata::query
