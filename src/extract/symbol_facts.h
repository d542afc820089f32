// Symbols and functions of an image.
#pragma once

#include <vector>

#include "extract/address_names.h"
#include "extract/image_facts.h"
#include "record/functions.h"

namespace strata::extract {

/// Merges the image's own symbol table, its exports trie and its unmapped locals into one list, each symbol once, and
/// emits the symbols and places columns. Fills `names`. Returns the number of stabs, which are left out.
uint32_t extract_symbols(const ImageContext& context, AddressNames& names, const record::ChunkSink& sink);

/// Emits the functions column and returns its entries.
std::vector<record::FunctionRecord> extract_functions(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
