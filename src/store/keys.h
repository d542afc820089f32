// Keys of the store's column families: big-endian, so that byte order is meaning (docs/store-format.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strata::store {

inline constexpr const char* kFamilyFirmwares = "firmwares";
inline constexpr const char* kFamilyImages = "images";
inline constexpr const char* kFamilyColumns = "columns";
inline constexpr const char* kFamilyDigests = "digests";
inline constexpr const char* kFamilyFilters = "filters";

template <typename T>
std::string big_endian(T value) {
    std::string key(sizeof value, '\0');
    for (size_t i = 0; i < sizeof value; ++i) key[i] = static_cast<char>(value >> (8 * (sizeof value - 1 - i)));
    return key;
}

inline uint64_t from_big_endian(std::string_view bytes) {
    uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
    return value;
}

inline std::string column_key(uint64_t id) {
    return big_endian(id);
}
inline std::string image_key(uint32_t firmware, std::string_view path) {
    return big_endian(firmware).append(path);
}
/// The kind stands first, so that the filters of one kind lie together.
inline std::string filter_key(uint8_t kind, uint64_t id) {
    return std::string(1, static_cast<char>(kind)) + big_endian(id);
}
inline constexpr size_t kFilterKindSize = 1;
inline constexpr size_t kFirmwareIdSize = sizeof(uint32_t);

}  // namespace strata::store
