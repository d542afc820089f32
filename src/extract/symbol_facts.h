// Symbols and functions of an image.
#pragma once

#include "extract/image_facts.h"

namespace strata::extract {

/// Merges the image's own symbol table, its exports trie and its unmapped locals into one list, each symbol once, and
/// emits the symbols and places columns. Returns the number of stabs, which are left out.
uint32_t extract_symbols(const ImageContext& context, const record::ChunkSink& sink);

/// Emits the functions column.
void extract_functions(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
