// Content of sections that hold constants and data, whatever the layout.
#pragma once

#include "extract/image_facts.h"
#include "extract/meanings.h"

namespace strata::extract {

/// Emits the data column: for each section of constants or data a fact (name "SEGMENT,section", value a digest), and
/// for each symbol in it one (owner the section, name the symbol, value the digest of what comes up to the next
/// symbol). Pointers are replaced by what they lead to (meanings.h), so a digest is the same wherever a cache lies.
///
/// Where it is not known what is a pointer (no walk_pointers) only __TEXT,__const is told. Malformed fixups of a file
/// make one fact "@unreadable" instead.
///
/// Left out: code and strings (other columns have them), Objective-C and Swift metadata and everything else made of
/// relative offsets (they change with the layout), symbol pointers (imports), and in images with Swift code
/// __TEXT,__const, which holds such metadata too. 64-bit XXH3: see code/fingerprint.h.
void extract_data(const ImageContext& context, const AddressNames& names, Meanings& meanings,
                  const record::ChunkSink& sink);

}  // namespace strata::extract
