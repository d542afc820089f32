// Symbols of an image.
#pragma once

#include "extract/address_names.h"
#include "extract/image_facts.h"

namespace strata::extract {

/// How many entries of the tables are not symbols of their own.
struct SymbolCounts {
    uint32_t stabs = 0;            ///< left out
    uint32_t redacted = 0;         ///< named "<redacted>", whether or not their real name was found
    uint32_t unmapped_locals = 0;  ///< symbols that came from outside the image
};

/// Merges the image's own symbol table, its exports trie and its unmapped locals into one list, each symbol once, and
/// emits the symbols and places columns. Fills `names`.
SymbolCounts extract_symbols(const ImageContext& context, AddressNames& names, const record::ChunkSink& sink);

}  // namespace strata::extract
