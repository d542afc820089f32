// Which images are most like a given one, by the names and strings they share.
//
// The names that the given image defines and its strings become one set of 64-bit hashes; every other image is counted
// against it, entry by entry, in one pass over the columns. So the answer is exact (up to two different texts with one
// hash: with 10^7 entries against 10^5, one chance in 10^7), where a sketch of 256 minima would be wrong by some 3 %
// and would have to hash every entry just the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/stop.h"
#include "record/firmware.h"
#include "record/head.h"
#include "store/reader.h"

namespace strata::query {

struct SimilarImage {
    std::string path;
    uint64_t shared = 0;    ///< distinct defined names and strings that both have
    uint64_t entries = 0;   ///< distinct ones of this image
    double similarity = 0;  ///< shared / all of both (Jaccard), 0 to 1
};

struct SimilarOptions {
    size_t top = 10;
    unsigned jobs = 0;
    const base::StopFlag* stop = nullptr;
};

/// The images of `among` that are most like the image `head`: most similar first, then by path; those that share
/// nothing are left out, and so is the path `except` (for an image's own firmware; may be empty). Imports do not
/// count: all images have the same ones. Memory: 16 bytes an entry of the given image, and a batch of images. Throws
/// Error(kStore), Error(kInterrupted).
std::vector<SimilarImage> similar_images(store::Reader& reader, const record::Head& head, const record::Firmware& among,
                                         std::string_view except, const SimilarOptions& options);

}  // namespace strata::query
