// Bytes of a made-up file: a view to read them through, and ways to write and damage fields.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace strata::test {

template <typename T>
std::string little_endian(T value) {
    std::string bytes(sizeof value, '\0');
    for (size_t i = 0; i < sizeof value; ++i) bytes[i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    return bytes;
}
inline std::string le16(uint64_t value) {
    return little_endian(static_cast<uint16_t>(value));
}
inline std::string le32(uint64_t value) {
    return little_endian(static_cast<uint32_t>(value));
}
inline std::string le64(uint64_t value) {
    return little_endian(value);
}

/// ULEB128.
inline std::string uleb(uint64_t value) {
    std::string bytes;
    do {
        const auto low = static_cast<uint8_t>(value & 0x7f);
        value >>= 7;
        bytes += static_cast<char>(value != 0 ? low | 0x80 : low);
    } while (value != 0);
    return bytes;
}

/// A name field of `size` bytes.
inline std::string fixed(std::string_view name, size_t size = 16) {
    std::string bytes(name);
    bytes.resize(size, '\0');
    return bytes;
}

/// Overwrites `bytes` at `offset`; the buffer must be long enough.
inline void put(std::string& bytes, uint64_t offset, std::string_view value) {
    bytes.replace(offset, value.size(), value);
}

/// Owns bytes that views look at. Not movable: views hold its address.
class Buffer {
  public:
    explicit Buffer(std::string bytes, std::string name = "made-up") : bytes_(std::move(bytes)) {
        source_ = {std::move(name), reinterpret_cast<const uint8_t*>(bytes_.data())};
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    base::ByteView view() const { return {&source_, source_.base, bytes_.size()}; }

  private:
    std::string bytes_;
    base::ByteSource source_;
};

}  // namespace strata::test
