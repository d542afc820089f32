// From a Mach-O image to its DiffInfo: a head and columns.
#pragma once

#include <functional>
#include <string_view>

#include "macho/image.h"
#include "macho/objc.h"
#include "macho/symbols.h"
#include "record/head.h"
#include "record/symbols.h"

namespace strata::extract {

using PointerVisitor = std::function<void(uint64_t at, uint64_t target, uint64_t tag)>;

/// What extraction needs besides the image; borrowed for the call.
struct ImageContext {
    const macho::AddressSpace& space;
    const macho::Image& image;
    macho::SymbolTable locals;              ///< unmapped local symbols; may be empty
    std::function<void(uint64_t)> touched;  ///< told about mapped bytes that were read (base::Residency)
    macho::SelectorBase selectors = {};     ///< of the cache that the image is in
    /// The symbol that the loader binds the pointer at an address to; not set in a cache.
    std::function<std::string_view(uint64_t)> bound_symbol = {};
    /// The path of the image that an address outside this one belongs to, empty for none; may be null.
    std::function<std::string_view(uint64_t)> owner = {};
    /// Calls the given function with address, target and tag (of signing and the like) of every pointer stored in
    /// [address, address+size). Null: what is a pointer is not known, and nothing is said about data that may hold
    /// some.
    std::function<void(uint64_t address, uint64_t size, const PointerVisitor&)> walk_pointers = {};
};

/// Extracts everything. Memory: 56 bytes a symbol and 24 a string, 28 a function of this one image, for the duration of
/// the call. Throws base::Error when a part cannot be read.
record::Head extract_image(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
