// Where the functions of an image are.
#pragma once

#include <vector>

#include "extract/image_facts.h"
#include "record/functions.h"

namespace strata::extract {

/// Emits the functions column and returns its entries, by address: from LC_FUNCTION_STARTS, or without that (object
/// files, programs of Go's linker) from the symbol table, each ending where the next begins. Costs 8 bytes a symbol
/// then.
std::vector<record::FunctionRecord> extract_functions(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
