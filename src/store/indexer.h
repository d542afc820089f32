// Indexing: from a source to a firmware in the store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/stop.h"
#include "extract/source.h"
#include "store/writer.h"

namespace strata::store {

/// Where a run is, for a progress display.
struct IndexProgress {
    uint64_t done = 0;  ///< images, those found in the store included
    uint64_t total = 0;
    uint64_t bytes = 0;  ///< input bytes gone through
};

struct IndexOptions {
    std::string name;   ///< of the firmware; empty: the one it already has, or one made from the source
    unsigned jobs = 0;  ///< threads; 0 = all cores
    base::StopFlag* stop = nullptr;
    std::function<void(const IndexProgress&)> progress;  ///< called from the calling thread, once an image
};

struct IndexResult {
    record::Firmware firmware;
    uint64_t extracted = 0;  ///< images read in this run
    uint64_t resumed = 0;    ///< images that were in the store already
    uint64_t bytes_read = 0;
    bool interrupted = false;
    WriteCounters counters;
};

/// Reads every image that the store does not have yet and completes the firmware. Images are read by `jobs` threads and
/// stored in the source's order whatever their number, so the store's content does not depend on it. Memory: at most
/// about 48 MiB of columns waiting, plus what extraction of `jobs` images takes. An image that cannot be read gets a
/// head that says why, and the run goes on. Throws Error(kUsage) when the name belongs to another source, Error(kStore)
/// when the store cannot be written.
IndexResult index_source(Writer& writer, const extract::Source& source, const IndexOptions& options);

}  // namespace strata::store
