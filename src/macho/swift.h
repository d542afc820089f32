// Swift types and conformances of an image, from the context descriptors that the compiler leaves for the runtime
// (swift/ABI/Metadata.h, docs/ABI/TypeMetadata.rst): sections __swift5_types, __swift5_protos, __swift5_proto.
//
// The names in descriptors are plain, so a type's full name is its parents' names joined by dots; nothing needs to be
// demangled. Only a descriptor of another image that the loader binds by its symbol is known by a mangled name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "macho/image.h"
#include "macho/metadata_reader.h"

namespace strata::macho {

/// What reading the metadata needs besides the image; borrowed for the call.
struct SwiftContext {
    const AddressSpace& space;
    const Image& image;
    /// The symbol that the loader binds the pointer at this address to; empty when none. Not set in a cache.
    std::function<std::string_view(uint64_t)> bound_symbol = {};
};

/// A struct, class, enum or protocol that the image defines, or a conformance that it declares; owned texts.
struct SwiftItem {
    std::string type;      ///< "struct Module.Outer.Inner", "class ...", "enum ...", "protocol ..."
    std::string conforms;  ///< "Module.Protocol" that the type conforms to; empty when the item is the type itself
};

/// Calls `visit` with each; the item is only valid during the call. A damaged record costs itself and is counted.
/// Memory: the names of the contexts met, at most 16 MiB. Throws base::Error(kInput) only when a section itself cannot
/// be read.
MetadataSummary walk_swift(const SwiftContext& context, const std::function<void(const SwiftItem&)>& visit);

}  // namespace strata::macho
