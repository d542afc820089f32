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
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::diff {

/// Totals of a diff.
struct DiffSummary {
    std::array<uint64_t, 6> by_status{};  ///< indexed by Status
    Suppressed suppressed{};

    uint64_t count(Status status) const { return by_status[static_cast<size_t>(status)]; }
    bool has_differences() const {
        return count(Status::kAdded) + count(Status::kRemoved) + count(Status::kUpdated) + count(Status::kRebuilt) != 0;
    }
};

struct DiffOptions {
    unsigned jobs = 0;  ///< threads; 0 = all cores
    const base::StopFlag* stop = nullptr;
    std::function<void(uint64_t done, uint64_t total)> progress;  ///< called from the calling thread
};

/// Renders one image; called from many threads, for images that are not unchanged.
using RenderImage = std::function<std::string(const ImageDiff&)>;
/// Takes rendered images in bytewise path order, from the calling thread.
using EmitText = std::function<void(std::string_view)>;

/// Walks both firmwares side by side. Pairs are compared and rendered by `jobs` threads and emitted in path order, so
/// that the output is the same on any number of threads. Memory: at most about 32 MiB of rendered text waiting (or one
/// image), plus `jobs` images being compared. Throws Error(kStore) on damage, Error(kInterrupted) when asked to stop.
DiffSummary diff_firmwares(store::Reader& reader, const record::Firmware& before, const record::Firmware& after,
                           const DiffOptions& options, const RenderImage& render, const EmitText& emit);

}  // namespace strata::diff
