#pragma once
// Writers of the Objective-C sections. Each starts at the section's address.

#include "emit.h"
#include "objc.h"

namespace dscgen {

// One of the sections in __TEXT: method lists, names, types, the selectors of the cache.
void emit_objc_text(Out& out, const Emission& e, const Image& image, const ObjcPlan& plan, Section section);
// One of the sections of data: lists of classes, their records, the classes themselves.
void emit_objc_data(DataWriter& data, const Emission& e, const Image& image, const ObjcPlan& plan, Section section);

// Address of the text that selectors are counted from.
u64 selector_base(const Emission& e);

}  // namespace dscgen
