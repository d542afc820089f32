// From a Mach-O image to its DiffInfo: a head and columns.
#pragma once

#include <functional>

#include "macho/image.h"
#include "macho/objc.h"
#include "macho/symbols.h"
#include "record/head.h"
#include "record/symbols.h"

namespace strata::extract {

/// What extraction needs besides the image; borrowed for the call.
struct ImageContext {
    const macho::AddressSpace& space;
    const macho::Image& image;
    macho::SymbolTable locals;              ///< unmapped local symbols; may be empty
    std::function<void(uint64_t)> touched;  ///< told about mapped bytes that were read (base::Residency)
    macho::SelectorBase selectors = {};     ///< of the cache that the image is in
    /// The symbol that the loader binds the pointer at an address to; not set in a cache.
    std::function<std::string_view(uint64_t)> bound_symbol = {};
};

/// Extracts everything. Memory: 56 bytes a symbol and 24 a string of this one image, for the duration of the call.
/// Throws base::Error when a part cannot be read.
record::Head extract_image(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
