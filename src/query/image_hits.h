// Says what is found in one image, from the chunks of it that have hits.
#pragma once

#include <vector>

#include "query/chunk_hits.h"
#include "query/heads.h"
#include "query/hit.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// What is looked for, and what is known of it; all must outlive the call that gets it.
struct Found {
    store::Reader& reader;
    const Pattern& pattern;
    ChunkHits& hits;
    const std::vector<Area>& areas;  ///< sorted
    bool fingerprints = false;       ///< of functions, too
};

/// Calls `on_hit` by area, by position. Safe from many threads for different images. Throws Error(kStore) on damage,
/// after the hits before it.
void tell_hits(const Found& found, const record::Firmware& firmware, const ImageColumns& image, const OnHit& on_hit);

}  // namespace strata::query
