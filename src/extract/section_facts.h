// Content digests of sections.
#pragma once

#include <string>
#include <vector>

#include "extract/image_facts.h"
#include "record/layout.h"

namespace strata::extract {

/// Parallel to the image's sections.
struct SectionDigests {
    std::string raw;  ///< record::kSectionDigestSize bytes a section: SHA-256 of its bytes, cut; zeros = no bytes
    std::vector<std::string>
        literal;  ///< 32 bytes, or empty when the section's bytes mean nothing once an image is moved
};

/// Reads every section that has bytes once. Literal digests:
///  - string sections: over the *multiset* of strings with build paths taken out, because a cache builder is free to
///  order
///    strings and every build writes other temporary paths: the sum mod 2^256 of the SHA-256 of each, then SHA-256 of
///    that sum and the number of strings (the empty ones between two NULs, which is padding, included);
///  - other literals (numbers, UTF-16 strings, property lists): SHA-256 of the bytes;
///  - everything else holds pointers or code, which moves with the layout: none.
SectionDigests digest_sections(const ImageContext& context);

}  // namespace strata::extract
