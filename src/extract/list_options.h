// How a source is opened: its files are listed and read once for its identity.
#pragma once

#include <cstdint>
#include <functional>

#include "base/file_content.h"

namespace strata::extract {

struct ListOptions {
    /// Threads, a request to stop, and progress in bytes of each cache's files. A stop ends the opening with
    /// Error(kInterrupted).
    base::Reading reading;
    std::function<void(uint64_t files)> progress;  ///< called by the thread that opens a tree: files looked at so far
};

}  // namespace strata::extract
