// C strings and CFStrings of an image, in place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "macho/image.h"

namespace strata::macho {

/// Whether a section is read as NUL-terminated strings: S_CSTRING_LITERALS in any segment, and __os_log by name.
bool holds_c_strings(const Section& section);

/// Whether a section is an array of CFString records (`__cfstring` in any segment).
bool holds_cf_strings(const Section& section);

/// Calls `visit` with each non-empty piece between NULs; a piece that the end of the section cuts off counts too.
void walk_c_strings(base::ByteView section, const std::function<void(std::string_view)>& visit);

/// Calls `visit` with the text of each CFString as UTF-8 (UTF-16 contents are converted; unpaired surrogates become
/// U+FFFD). The view is only valid during the call. Throws Error(kInput) when a record points outside the input.
void walk_cf_strings(const AddressSpace& space, const Image& image, const Section& section,
                     const std::function<void(std::string_view)>& visit);

}  // namespace strata::macho
