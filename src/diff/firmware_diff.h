// Two firmwares, image by image.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/stop.h"
#include "diff/image_diff.h"
#include "diff/rules.h"
#include "diff/selection.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::diff {

/// Totals of a diff.
struct DiffSummary {
    std::array<uint64_t, kStatuses.size()> by_status{};  ///< indexed by Status
    Suppressed suppressed{};
    uint64_t skipped = 0;  ///< images that DiffOptions::paths left out; in no status
    uint64_t shown = 0;    ///< images that are in the report

    uint64_t count(Status status) const { return by_status[static_cast<size_t>(status)]; }
    bool has_differences() const {
        return count(Status::kAdded) + count(Status::kRemoved) + count(Status::kMoved) + count(Status::kUpdated) +
                   count(Status::kRebuilt) !=
               0;
    }
};

struct DiffOptions {
    unsigned jobs = 0;  ///< threads; 0 = all cores
    const base::StopFlag* stop = nullptr;
    std::function<void(uint64_t done, uint64_t total)> progress;  ///< called from the calling thread
    Comparison comparison;
    PathFilter paths;        ///< others are not compared; a moved image is selected by either path
    PartFilter parts;        ///< what is rendered; images of which nothing is left are not
    bool find_moves = true;  ///< false: a moved image is removed and added
};

/// One image on its way into a report.
struct RenderedImage {
    Status status = Status::kUnchanged;
    uint32_t score = 0;  ///< Relevance::score
    Suppressed suppressed{};
    std::string text;
};

/// Renders one image; called from many threads, for images that are not unchanged.
using RenderImage = std::function<std::string(const ImageDiff&)>;
/// Takes rendered images in bytewise path order (moved ones: of their new path), from the calling thread. Those whose
/// text is empty are left out.
using EmitImage = std::function<void(const RenderedImage&)>;

/// Walks both firmwares side by side. Pairs are compared and rendered by `jobs` threads and emitted in path order, so
/// that the output is the same on any number of threads. Memory: at most about 32 MiB of rendered text waiting (or one
/// image), plus `jobs` images being compared, plus what moves.h says. Throws Error(kStore) on damage,
/// Error(kInterrupted) when asked to stop.
DiffSummary diff_firmwares(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                           const DiffOptions& options, const RenderImage& render, const EmitImage& emit);

}  // namespace strata::diff
