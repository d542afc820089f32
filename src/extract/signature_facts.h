// The signature column: who signed the image and what it may do, and the property lists that lie in its sections.
#pragma once

#include "extract/image_facts.h"

namespace strata::extract {

/// Whether a section holds a property list whose entries are facts of the signature column: __TEXT,__info_plist,
/// __entitlements,
/// __ents_der and __launchd_plist. Such sections need no digest, and their size says nothing of its own.
bool holds_property_list(std::string_view segment, std::string_view section);

/// Emits the facts of LC_CODE_SIGNATURE and of those sections:
///   owner "code signature": identifier, team, flags, version, hash type, cdhash, page size, ...
///   owner "entitlements": a fact a key, of the XML; of the DER when there is no XML
///   owner "entitlements (DER)": keys that the DER has otherwise than the XML: what a kernel since iOS 15 goes by, and
///   a person
///     who looks at the XML does not see; and "code signature" / "entitlements disagree" names them all
///   owner "launch constraints self", "... parent", "... responsible", "... library"
///   owner "info plist", "section entitlements", "section entitlements (DER)", "launchd plist": of the sections
/// Values of lists are compact JSON (macho/plist.h). What cannot be read is a fact "unreadable" of its owner, with the
/// reason, and "sha256" of its bytes: nothing else of the image depends on it. Memory: some times the size of the
/// lists, which are at most 4 MiB each.
void extract_signature(const ImageContext& context, const record::ChunkSink& sink);

}  // namespace strata::extract
