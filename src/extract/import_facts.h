// Which library each import comes from: the imports column.
#pragma once

#include "extract/image_facts.h"

namespace strata::extract {

/// Emits a fact for each symbol that the image's fixups bind (macho/fixups.h). Owner: the library's install name,
/// "@self", "@main",
/// "@flat" (looked up in all images), "@weak" (in all images with a weak definition), "" when the ordinal names no
/// dependency. Name: the symbol. Value: "bind", "lazy bind", "weak bind", several with commas; " weak" at the end when
/// it may be missing. An image without fixups (all of a shared cache) has no such facts. Fixups that cannot be read are
/// one fact of owner
/// "@unreadable": nothing else of the image depends on them.
/// Memory: 24 bytes an import, then about 300 while encoding.
void extract_imports(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
