// A filter over the texts of a symbols or strings chunk: can this chunk hold a text that is, that begins with, or that
// has within it a given one? It never says no wrongly; how rarely it says yes wrongly depends on how long the given
// text is. It has some 3 to 8 % of the chunk's size.
//
// A search that has to look into all chunks of a firmware reads some 430 MB of names; even a binary search in each
// touches so many pages that nearly all of its columns are mapped. The filters of a firmware's symbols lie together,
// are read in one go, and leave the chunks with a hit, and few others.
//
// It is one bitmap. Into it go, by hash: all pieces of four and of six bytes that a text has; each distinct text; and
// the first 16 bytes of those that have as many. ASCII letters of pieces are in lower case, so that expressions that
// ignore case can ask, too. What is asked for has a number of these, and all their bits must be set. Pieces of four are
// for short parts; those of six tell which words stand side by side, which is all that tells chunks apart where names
// are made of few words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/column.h"

namespace strata::record {

/// Texts shorter than this cannot be asked for as part of another.
inline constexpr size_t kShortestPart = 4;

/// The filter of a chunk; empty for kinds that have none, and for a damaged chunk, which must be read to say so.
std::string text_filter_of(ColumnKind kind, std::string_view message);

/// One that an older strata made: it rules nothing out.
bool is_older_text_filter(std::string_view filter);

/// What is looked for, hashed once and asked of many filters. Memory: some 8 bytes for each of the text's, up to 64.
class TextProbe {
  public:
    static TextProbe exact(std::string_view text);
    static TextProbe prefix(std::string_view prefix);
    /// Anywhere in a text, whatever the case of its ASCII letters.
    static TextProbe part(std::string_view part);

    /// Whether may_be_in() is ever false.
    bool says_anything() const { return !places_.empty(); }
    /// False: the chunk of this filter certainly has no such text. True also for what is no filter.
    bool may_be_in(std::string_view filter) const;

  private:
    void add_prefix(std::string_view text);
    void add_parts(std::string_view text);

    std::vector<uint32_t> places_;
};

}  // namespace strata::record
