// Indexing: from a source to a firmware in the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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
    bool more_follows = false;  ///< the firmware stays unfinished: another source will be added at once
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

/// The same, for a further source of a firmware that is there (options.name) and whose sources so far are complete.
/// Until it is done the firmware counts as unfinished, and the same call goes on from where it stopped. Images whose
/// keys the firmware has already get other ones (Source::avoid). Throws Error(kUsage) when the firmware cannot be
/// extended.
IndexResult extend_firmware(Writer& writer, extract::Source& source, const IndexOptions& options);

/// A firmware of these sources, in this order; with `extend`, of those it has and these. What the store has already is
/// not read again. One after another: a run that stops in the middle leaves an unfinished firmware.
IndexResult index_sources(Writer& writer, const std::vector<std::unique_ptr<extract::Source>>& sources, bool extend,
                          const IndexOptions& options);

/// Whether a firmware holds these sources and no failed images: index_sources() would do nothing.
bool holds_whole(const record::Firmware& firmware, const std::vector<std::unique_ptr<extract::Source>>& sources,
                 bool extend);

}  // namespace strata::store
