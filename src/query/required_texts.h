// What a text must have within it to match a regular expression, told by RE2's own reading of the expression.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class FilteredRE2;
}

namespace strata::query {

/// Safe from many threads once made. Sees into groups, alternatives and expressions that ignore case, where
/// required_literal() gives up; but says nothing about where in the text something stands.
class RequiredTexts {
  public:
    /// `regex`: valid in RE2's syntax, over bytes. `shortest`: bytes of a text that is of use.
    RequiredTexts(const std::string& regex, size_t shortest);
    ~RequiredTexts();

    /// In lower case: the case of ASCII letters does not count. Empty when nothing can be said.
    const std::vector<std::string>& texts() const { return texts_; }
    /// Whether what holds exactly these of texts() (their indexes, ascending) may match.
    bool are_enough(const std::vector<int>& held) const;

  private:
    std::unique_ptr<re2::FilteredRE2> filter_;
    std::vector<std::string> texts_;
    bool none_is_enough_ = true;
};

}  // namespace strata::query
