// Fingerprints of an image's functions.
#pragma once

#include <span>

#include "extract/image_facts.h"
#include "extract/meanings.h"
#include "record/functions.h"

namespace strata::extract {

/// Emits the code column, an entry for each of `functions` (all of the image, in order). Functions that are in no
/// section with bytes, and all of an architecture that is not understood, get zeros.
void extract_code(const ImageContext& context, std::span<const record::FunctionRecord> functions, Meanings& meanings,
                  const record::ChunkSink& sink);

}  // namespace strata::extract
