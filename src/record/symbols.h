// Encoding and reading of the symbols and places columns (schema/symbols.capnp, schema/places.capnp).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "record/column.h"
#include "record/sorted_blob.h"
#include "schema/places.capnp.h"
#include "schema/symbols.capnp.h"

namespace strata::record {

enum class SymbolKind : uint8_t { kExport, kReexport, kWeak, kLocal, kImport, kAbsolute, kRedacted };
/// "export", "reexport", ...
std::string_view symbol_kind_name(SymbolKind kind);

inline constexpr uint8_t kSymbolKindMask = 0x0f;
inline constexpr uint8_t kSymbolExported = 0x10;  ///< is in the exports trie (or, where there is none, external)
inline constexpr uint8_t kSymbolWeak = 0x20;      ///< weak definition, or weak import
inline constexpr uint8_t kSymbolPrivate = 0x40;   ///< private external
inline constexpr uint8_t kSymbolUnlisted = 0x80;  ///< only in the exports trie, not in the symbol table

inline constexpr uint16_t kNoDylib = 0xffff;
inline constexpr uint16_t kNoPlace = 0xffff;
inline constexpr uint16_t kFarPlace = 0xfffe;

/// Where a symbol is: `section` as in schema/places.capnp, `offset` from there (kFarPlace: the value itself).
struct Place {
    uint16_t section = kNoPlace;
    uint64_t offset = 0;
    auto operator<=>(const Place&) const = default;
};

/// One symbol as extraction sees it; texts are borrowed. 56 bytes.
struct SymbolRecord {
    std::string_view name;
    std::string_view target;  ///< re-exports under another name
    Place place;
    uint16_t dylib = kNoDylib;  ///< index into the dylibs given to encode
    uint8_t kind = 0;           ///< SymbolKind and flags
};

/// Hands out chunks as they are made.
using ChunkSink = std::function<void(Chunk)>;

/// Sorts `symbols` (their order among equal names is fixed by their other facts) and encodes both columns, chunk by
/// chunk.
void encode_symbols(std::vector<SymbolRecord>& symbols, std::span<const std::string_view> dylibs,
                    const ChunkSink& sink);

/// A chunk of the symbols column in place.
class SymbolsView {
  public:
    explicit SymbolsView(std::string_view message);
    uint64_t size() const { return names_.size(); }
    std::string_view name(uint64_t i) const { return names_[i]; }
    SymbolKind kind(uint64_t i) const;
    uint8_t flags(uint64_t i) const { return kinds_[i] & static_cast<uint8_t>(~kSymbolKindMask); }
    /// Empty when the symbol comes from no dylib.
    std::string_view dylib(uint64_t i) const;
    /// Empty unless the symbol is a re-export under another name. O(log re-exports).
    std::string_view target(uint64_t i) const;

  private:
    MessageView message_;
    schema::Symbols::Reader root_;
    BlobView names_;
    std::span<const uint8_t> kinds_;
    std::span<const uint16_t> dylibs_;
    std::vector<std::string_view> dylib_names_;
    uint32_t targets_ = 0;  // how many entries have one: mostly none
};

/// A chunk of the places column in place.
class PlacesView {
  public:
    explicit PlacesView(std::string_view message);
    uint64_t size() const { return sections_.size(); }
    /// Call with ascending i only when far places are wanted in O(1); any order is right.
    Place place(uint64_t i) const;

  private:
    MessageView message_;
    std::span<const uint16_t> sections_;
    std::span<const uint32_t> offsets_;
    std::span<const uint64_t> far_;
    std::vector<uint32_t> far_index_;  // entries that are far, ascending
};

}  // namespace strata::record
