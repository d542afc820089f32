// Objective-C of an image as facts.
#pragma once

#include "extract/image_facts.h"

namespace strata::extract {

/// Emits the objc column. Owners are "class Foo", "category Foo(Bar)" and "protocol P"; names:
///  - "" the thing itself (value: superclass; empty for a root class, categories and protocols);
///  - "-bar:", "+baz" methods and "optional -bar:" those of a protocol (value: type encoding);
///  - "ivar _x" (value: type), "property x" and "class property x" (value: attributes), "protocol Q" adopted.
/// What could not be read is one fact of its own: owner "objc", name "unreadable", value how much and why, in words
/// that do not change when a cache is laid out afresh. Memory: about 300 bytes a fact, for the duration of the call.
void extract_objc(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
