// Encoding and reading of facts columns (schema/facts.capnp): keyed texts such as entitlements or Objective-C methods.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "record/sorted_blob.h"
#include "record/symbols.h"
#include "schema/facts.capnp.h"

namespace strata::record {

/// The kinds of column that are facts columns.
inline constexpr std::array kFactsColumns{ColumnKind::kImports, ColumnKind::kSignature, ColumnKind::kData,
                                          ColumnKind::kObjc, ColumnKind::kSwift};

/// One fact as extraction makes it. An owner holds no NUL: encode_facts() cuts it there.
struct FactRecord {
    std::string owner;  ///< what it is about: "class Foo", "entitlements"; may be empty
    std::string name;   ///< which of its facts: "-bar:", a key; may be empty
    std::string value;  ///< any bytes; may be empty
};

/// One fact of a stored column; views the record.
struct FactView {
    std::string_view owner;
    std::string_view name;
    std::string_view value;
    auto operator<=>(const FactView&) const = default;
};

/// Sorts `facts`, drops repeated ones and encodes them as a column of `kind`, chunk by chunk.
void encode_facts(ColumnKind kind, std::vector<FactRecord>& facts, const ChunkSink& sink);

/// A chunk of a facts column in place.
class FactsView {
  public:
    explicit FactsView(std::string_view message);
    uint64_t size() const { return keys_.size(); }
    /// Owner, NUL, name: what the column is sorted by.
    std::string_view key(uint64_t i) const { return keys_[i]; }
    std::string_view value(uint64_t i) const { return values_[i]; }
    FactView operator[](uint64_t i) const;
    const BlobView& keys() const { return keys_; }
    const BlobView& values() const { return values_; }

  private:
    MessageView message_;
    BlobView keys_;
    BlobView values_;
};

}  // namespace strata::record
