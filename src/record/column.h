// Columns: the bulk facts of an image, each kind a sequence of chunks. A chunk is one content-addressed record.
//
// Chunks are cut where the content says so (see ChunkCutter), not at fixed counts: adding one name changes one chunk,
// all others keep their digests, so they are stored once and never compared.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/sha256.h"
#include "record/message.h"

namespace strata::record {

/// The values are part of the store's format: new kinds go to the end.
enum class ColumnKind : uint8_t {
    kLayout,
    kSymbols,
    kPlaces,
    kFunctions,
    kStrings,
    kCode,       ///< fingerprints of the functions
    kImports,    ///< from here on facts columns (record/facts.h): what is bound to which dylib
    kSignature,  ///< code signature, entitlements, launch constraints, property lists
    kData,       ///< content of data sections
    kObjc,
    kSwift,
};
inline constexpr std::array kColumnKinds{ColumnKind::kLayout,    ColumnKind::kSymbols,   ColumnKind::kPlaces,
                                         ColumnKind::kFunctions, ColumnKind::kStrings,   ColumnKind::kCode,
                                         ColumnKind::kImports,   ColumnKind::kSignature, ColumnKind::kData,
                                         ColumnKind::kObjc,      ColumnKind::kSwift};
/// "layout", "symbols", ...
const char* column_name(ColumnKind kind);

/// One finished chunk on its way to the store.
struct Chunk {
    ColumnKind kind = ColumnKind::kLayout;
    uint64_t count = 0;  ///< entries
    base::Digest digest;
    Message message;
};

/// Digest of a column record: over its kind and its bytes, so that equal bytes of different kinds stay apart.
base::Digest column_digest(ColumnKind kind, std::string_view message);

/// Encodes, digests and labels.
Chunk make_chunk(ColumnKind kind, uint64_t count, capnp::MessageBuilder& builder);

/// Bytes after which a chunk is cut even between equal names.
inline constexpr uint64_t kLongestRun = 4U << 20;

/// Decides where a sorted column is cut: between 64 KiB and 512 KiB, after a name whose hash says so (about 1 in
/// 1,024). Only a run of equal names may be longer, up to 4 MiB.
class ChunkCutter {
  public:
    /// Call after adding an entry of `bytes`, with the name of the entry that follows (empty = none); true = the chunk
    /// ends here. Entries of one name stay together: a diff compares them as a group.
    bool ends_after(std::string_view name, std::string_view following, uint64_t bytes);

  private:
    uint64_t size_ = 0;
};

}  // namespace strata::record
