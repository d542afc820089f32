// Where is it: a text in symbols, strings, functions, images, dependencies, sections, and facts of all firmwares.
//
// Firmwares share columns. Each distinct chunk that may hold a match (chunk_filter.h) is searched once, with all cores;
// what it holds is remembered by its id, and then every (firmware, image) that refers to it is named. Exact patterns
// and prefixes are binary searches that touch a dozen places of a chunk, so its checksum is not verified there; a chunk
// with a hit is read again with it, so all that is reported is verified. A bit flipped in the middle of a column can
// hide a hit: `verify` finds those.
#pragma once

#include <cstdint>
#include <vector>

#include "base/stop.h"
#include "query/hit.h"
#include "query/pattern.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

struct FindOptions {
    std::vector<Area> areas{Area::kSymbols};
    unsigned jobs = 0;          ///< 0 = all cores; the hits and their order do not depend on it
    bool fingerprints = false;  ///< of functions: costs their code column
    const base::StopFlag* stop = nullptr;
};

/// How a store is best opened for this search: where whole columns are scanned, mapping their pages costs more than
/// reading them. Hits do not depend on it.
store::Database::Mode mode_for(const Pattern& pattern, const std::vector<Area>& areas);

/// Calls `on_hit` from the calling thread: by firmware in the order given, by path, by area, by position. Memory: nine
/// batches of images (heads.h), 1 byte a column id, at most some 32 MiB of remembered hits, and 64 images' gathered
/// ones, 512 each. Throws Error(kStore) on damage, after the hits of all images before it, whatever `jobs` is;
/// Error(kInterrupted).
void find(store::Reader& reader, const std::vector<record::Firmware>& firmwares, const Pattern& pattern,
          const FindOptions& options, const OnHit& on_hit);

}  // namespace strata::query
