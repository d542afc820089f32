// The sorted texts of a chunk of symbols or strings, and nothing else of it: for searches, which touch few of its
// pages.
#pragma once

#include <string_view>

#include "record/column.h"
#include "record/sorted_blob.h"

namespace strata::record {

/// Whether columns of this kind are sorted texts, with whatever else.
inline constexpr bool has_sorted_texts(ColumnKind kind) {
    return kind == ColumnKind::kSymbols || kind == ColumnKind::kStrings;
}

/// Views `message`. Throws Error(kStore) on damage.
class SortedTexts {
  public:
    /// `kind`: one that has_sorted_texts(): kSymbols (names) or kStrings (values).
    SortedTexts(ColumnKind kind, std::string_view message);
    const BlobView& blob() const { return blob_; }

  private:
    MessageView message_;
    BlobView blob_;
};

}  // namespace strata::record
