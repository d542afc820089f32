// Big-endian integers as they lie in files: fat headers, code signatures. Alignment 1, for ByteView::get.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace strata::macho {

template <std::unsigned_integral T>
class BigEndian {
  public:
    BigEndian() = default;
    operator T() const {  // NOLINT(google-explicit-constructor): reads like the integer it is
        T value = 0;
        for (const unsigned char byte : bytes_) value = static_cast<T>(value << 8 | byte);
        return value;
    }

  private:
    unsigned char bytes_[sizeof(T)];
};

using Be32 = BigEndian<uint32_t>;
using Be64 = BigEndian<uint64_t>;

}  // namespace strata::macho
