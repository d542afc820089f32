// What a query looks for: a text, the beginning of one, a glob, or a regular expression. Over bytes.
//
// Regular expressions are RE2's: its time is linear in the text and its memory bounded, whatever the expression.
// std::regex backtracks: `(a*)*b` takes it for ever, and some ten thousand bytes overflow its stack; names and patterns
// both come from strangers here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "query/literal_search.h"

namespace re2 {
class RE2;
}

namespace strata::query {

enum class Match : uint8_t { kExact, kPrefix, kGlob, kRegex };

/// Safe from many threads once made. Memory: RE2 keeps at most 16 MiB of states, twice.
class Pattern {
  public:
    /// Globs match the whole text: `*` any bytes, `?` one byte, `[a-z]`, `[!a-z]`, `\` takes the next one as it is.
    /// Regular expressions match anywhere, as grep does; anchor them with ^ and $. Throws Error(kUsage) when `text` is
    /// no valid glob or expression, or larger than 64 KiB.
    Pattern(Match how, std::string text);
    ~Pattern();
    Pattern(Pattern&&) noexcept;

    Match how() const { return how_; }
    const std::string& text() const { return text_; }

    bool matches(std::string_view text) const;

    /// Whether any text in these bytes, which are texts one after the other, can match. False is certain; true means
    /// that each has to be asked. Always true where asking all at once is no quicker.
    bool may_match_in(std::string_view texts) const;
    /// Whether may_match_in() is ever false.
    bool asks_many() const { return loose_ != nullptr; }

    /// All texts that match begin with this (may be empty): where a sorted column has to be read at all.
    const std::string& prefix() const { return prefix_; }
    /// All texts that match hold this (may be empty): what a column can be scanned for at the speed of memory.
    const std::string& literal() const { return literal_.text(); }
    const LiteralSearch& literal_search() const { return literal_; }
    /// The plain texts of a glob, and that of an expression: all of them are in every text that matches.
    const std::vector<std::string>& parts() const { return parts_; }

  private:
    /// One step of a glob.
    struct Step {
        enum class Kind : uint8_t { kByte, kAnyByte, kAnyBytes, kClass };
        Kind kind = Kind::kByte;
        char byte = 0;
        std::vector<bool> members;  // 256, only kClass
    };

    void compile_glob();
    size_t compile_class(size_t at);
    void compile_regex();
    bool matches_glob(std::string_view text) const;
    static bool takes(const Step& step, char byte);

    Match how_;
    std::string text_;
    std::string prefix_;
    LiteralSearch literal_{""};
    std::vector<std::string> parts_;
    std::vector<Step> steps_;
    std::unique_ptr<re2::RE2> regex_;
    std::unique_ptr<re2::RE2> loose_;  // null: says nothing
};

}  // namespace strata::query
