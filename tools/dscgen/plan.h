#pragma once
// From a State to records of images: the first generation and every step after it, replayed.

#include "content.h"

namespace dscgen {

enum class Status { same, changed, added, removed, moved };

// What the last step did to one image.
struct Change {
    Status status = Status::same;
    ImageRecord before;  // of changed, removed and moved ones
    ImageRecord after;   // of changed, added and moved ones
};

struct Plan {
    std::vector<ImageRecord> images;  // in cache order
    std::vector<Change> changes;      // of the last step
    u32 next_id = 0;
};

Plan replay(const Scale& scale, const std::vector<Step>& steps);

}  // namespace dscgen
