// Objective-C metadata of an image: classes, categories, protocols, in place.
//
// Layouts after Apple's objc4 (objc-runtime-new.h) and dyld (ObjCVisitor, OptimizerObjC): 32- and 64-bit records;
// method lists of pointers, of 32-bit offsets to selector references, and of offsets to the selectors themselves
// ("direct", which only the builder of a shared cache makes); lists of lists, which hold the lists of categories that
// the builder attached to a class before the class's own.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "macho/image.h"
#include "macho/metadata_reader.h"

namespace strata::macho {

/// What direct selectors of a shared cache are offsets from. Each era has its own answer; see dyld/objc_selectors.h.
struct SelectorBase {
    enum class Kind : uint8_t {
        kSelf,     ///< each from its own field (dyld-832 to 852, and files that are in no cache)
        kSigned,   ///< signed, from one address (dyld-940 to 960)
        kAddress,  ///< unsigned, from one address (since dyld-1042)
        kUnknown,  ///< there is one, but what tells it is missing: such selectors cannot be read
    };
    Kind kind = Kind::kSelf;
    uint64_t address = 0;
};

/// What reading the metadata needs besides the image; borrowed for the call.
struct ObjcContext {
    const AddressSpace& space;
    const Image& image;
    SelectorBase selectors;
    /// The symbol that the loader binds the pointer at this address to; empty when none. Not set in a cache, where all
    /// pointers are bound.
    std::function<std::string_view(uint64_t)> bound_symbol = {};
};

/// Views of the mapping, all of them.
struct ObjcMethod {
    std::string_view selector;    ///< "initWithFrame:"
    std::string_view types;       ///< "@48@0:8{CGRect={CGPoint=dd}{CGSize=dd}}16"; may be empty
    uint64_t implementation = 0;  ///< unslid address; 0 in protocols
    bool is_class = false;
    bool is_optional = false;  ///< of a protocol
};
struct ObjcIvar {
    std::string_view name;  ///< empty for an unnamed bit field
    std::string_view type;
};
struct ObjcProperty {
    std::string_view name;
    std::string_view attributes;  ///< "T@\"NSString\",C,N,V_title"
    bool is_class = false;
};

enum class ObjcKind : uint8_t { kClass, kCategory, kProtocol };

/// A class, category or protocol as its image defines it.
struct ObjcItem {
    ObjcKind kind = ObjcKind::kClass;
    std::string_view name;
    /// Of a class: its superclass, empty for a root class. Of a category: the class it extends. "?" when that is not
    /// known: it lies in a file that is missing, or nothing says which symbol it is bound to.
    std::string_view base;
    bool is_swift = false;
    std::vector<ObjcMethod> methods;
    std::vector<ObjcIvar> ivars;
    std::vector<ObjcProperty> properties;
    std::vector<std::string_view> protocols;  ///< adopted
};

/// Calls `visit` with each class, category and protocol that the image lists; the item is only valid during the call.
/// Of one that cannot be read in full, what can be read is visited (unless its name is lost), and the summary counts
/// it: a list is given whole or not at all. Memory: one item. Work: list entries (at most 1 Mi) and text in proportion
/// to the image. Throws base::Error(kInput) only when a list section itself cannot be read.
MetadataSummary walk_objc(const ObjcContext& context, const std::function<void(const ObjcItem&)>& visit);

}  // namespace strata::macho
