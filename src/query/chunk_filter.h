// Which chunks a pattern need not be looked for in: what it asks of the chunks' filters (record/text_filter.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "query/pattern.h"
#include "query/required_texts.h"
#include "record/text_filter.h"

namespace strata::query {

/// Made once for a pattern, and asked of all filters; safe from many threads. Does not refer to the pattern.
class ChunkFilter {
  public:
    explicit ChunkFilter(const Pattern& pattern);

    /// Whether may_match_in() is ever false.
    bool says_anything() const;
    /// False: no text of the chunk with this filter matches.
    bool may_match_in(std::string_view filter) const;

  private:
    std::vector<record::TextProbe> all_;       ///< each must be there
    std::optional<RequiredTexts> required_;    ///< of a regular expression
    std::vector<record::TextProbe> of_those_;  ///< one for each of its texts
};

}  // namespace strata::query
