// The sorted texts of a chunk of symbols or strings, and nothing else of it: for searches, which touch few of its
// pages.
#pragma once

#include <string_view>

#include "record/column.h"
#include "record/sorted_blob.h"

namespace strata::record {

/// Views `message`. Throws Error(kStore) on damage.
class SortedTexts {
  public:
    /// `kind`: kSymbols (names) or kStrings (values).
    SortedTexts(ColumnKind kind, std::string_view message);
    const BlobView& blob() const { return blob_; }

  private:
    MessageView message_;
    BlobView blob_;
};

}  // namespace strata::record
