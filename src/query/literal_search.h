// Finding a text in memory at the speed of reading it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace strata::query {

/// memmem() looks at every byte with a hash; this compares many places at once with three bytes of the text, those that
/// are rarest in names. Safe from many threads.
class LiteralSearch {
  public:
    enum class Lanes { kAnywhere, kWide };

    /// `lanes` are those of the fastest code that this processor can run, or of a slower one.
    explicit LiteralSearch(std::string text, Lanes lanes = widest());

    static Lanes widest();

    const std::string& text() const { return text_; }
    /// Where the text is found first in `bytes` at or behind `from`; npos when it is not. An empty one is everywhere.
    size_t find(std::string_view bytes, size_t from = 0) const;

  private:
    std::string text_;
    std::array<size_t, 3> rare_{};  ///< places of the three bytes in the text
    Lanes lanes_;
};

}  // namespace strata::query
