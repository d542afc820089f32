// Swift types of an image as facts.
#pragma once

#include "extract/image_facts.h"

namespace strata::extract {

/// Emits the swift column. Owners are "struct Module.Type", "class ...", "enum ...", "protocol ..."; names: "" the type
/// itself, "conforms Module.Protocol". A conformance of another image's type has no "" here. What could not be read is
/// one fact: owner "swift", name "unreadable".
void extract_swift(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
