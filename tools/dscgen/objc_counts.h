#pragma once
// How much Objective-C an image has, and what `next` changed of it. Items are numbered like all others: added ones from
// kAddedBase on, an item's content depends on its number and the image's seed alone.

#include "bits.h"

#include <vector>

namespace dscgen {

struct ObjcCounts {
    u32 classes = 0;
    u32 categories = 0;
    u32 protocols = 0;
};

// A method or ivar of a class; both by number.
struct ObjcMember {
    u32 owner;   // class
    u32 number;  // of the instance method or ivar
    u32 salt = 0;
};

struct ObjcMutations {
    std::vector<u32> classes_added;
    std::vector<ObjcMember> methods_added;
    std::vector<ObjcMember> methods_removed;
    std::vector<ObjcMember> types_changed;  // of base methods; salt 1..15
    std::vector<ObjcMember> ivars_added;
};

}  // namespace dscgen
