// C strings and CFStrings of an image.
#pragma once

#include "extract/image_facts.h"

namespace strata::extract {

/// Emits the strings column: every S_CSTRING_LITERALS section, __os_log, and CFStrings, each (value, section) once.
void extract_strings(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
