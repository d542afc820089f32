// Big-endian numbers as bytes: fat headers, code signatures.
#pragma once

#include <cstdint>
#include <string>

#include "support/buffer.h"

namespace strata::test {

inline std::string be32(uint64_t value) {
    const std::string bytes = le32(value);
    return {bytes.rbegin(), bytes.rend()};
}
inline std::string be64(uint64_t value) {
    return be32(value >> 32) + be32(value);
}

}  // namespace strata::test
