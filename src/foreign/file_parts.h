// What a worker is sent of a file: not all of it is needed, and what is left out is neither copied nor kept.
#pragma once

#include <cstdint>
#include <vector>

namespace strata::foreign {

struct FilePart {
    uint64_t offset = 0;  ///< in the file
    uint64_t size = 0;
    bool operator==(const FilePart&) const = default;
};

/// Some parts of a file, ascending and apart, and their bytes one after the other.
struct FileInParts {
    uint64_t whole_size = 0;  ///< of the file that they are of
    std::vector<FilePart> parts;
    std::vector<uint8_t> bytes;
};

}  // namespace strata::foreign
