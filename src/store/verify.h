// Re-reading a whole store: does it say what was put in?
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/stop.h"
#include "store/reader.h"

namespace strata::store {

struct VerifyResult {
    uint64_t firmwares = 0;
    uint64_t images = 0;
    uint64_t columns = 0;  ///< records, each once
    uint64_t bytes = 0;
    uint64_t damaged = 0;  ///< findings reported
};

struct VerifyOptions {
    const base::StopFlag* stop = nullptr;
    std::function<void(uint64_t done, uint64_t total)> progress;  ///< images
};

/// Checks, in this order: the checksum of every block of every table file; every manifest; for every firmware, that it
/// has as many heads and failures as it says; every head; every column a head refers to (present, digest equal,
/// decodes, as many entries as the head says, found under its digest). Each finding goes to `report` as one line; the
/// walk goes on. Memory: 8 bytes a column id.
VerifyResult verify_store(Reader& reader, const VerifyOptions& options,
                          const std::function<void(const std::string&)>& report);

}  // namespace strata::store
