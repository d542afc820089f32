// Little-endian integers as they lie in files: alignment 1, so that on-disk structures can be plain structs laid over
// mapped bytes. They prevent two bugs at once: unaligned loads, and code that only works on one byte order.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace strata::base {

template <std::integral T>
class LittleEndian {
  public:
    LittleEndian() = default;
    operator T() const {  // NOLINT(google-explicit-constructor): reads like the integer it is
        T value;
        std::memcpy(&value, bytes_, sizeof value);
        if constexpr (std::endian::native == std::endian::big) value = reverse(value);
        return value;
    }

  private:
    static T reverse(T value) {
        T result{};
        for (unsigned i = 0; i < sizeof(T); ++i) {
            result = static_cast<T>((result << 8) | (value & 0xff));
            value = static_cast<T>(value >> 8);
        }
        return result;
    }
    unsigned char bytes_[sizeof(T)];
};

using Le16 = LittleEndian<uint16_t>;
using Le32 = LittleEndian<uint32_t>;
using Le64 = LittleEndian<uint64_t>;

}  // namespace strata::base
