#include "store/record_file.h"

#include <cstdint>

namespace strata::store {
namespace {

constexpr size_t kAlignment = 8;
constexpr size_t kTrailer = 8;  // sequence number and type, at the end of every internal key
constexpr size_t kMaxPad = 16;

size_t varint_size(uint64_t value) {
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        ++size;
    }
    return size;
}

}  // namespace

void frame_record(size_t key_size, std::string_view message, std::string& value) {
    // The count changes the value's size and so, rarely, the size of its varint: try them in turn.
    for (size_t count = 1; count <= kMaxPad; ++count) {
        const size_t start = 1 + varint_size(key_size + kTrailer) + varint_size(message.size() + count) + key_size + kTrailer;
        if ((start + count) % kAlignment != 0) continue;
        value.reserve(value.size() + count + message.size());
        value += static_cast<char>(count);
        value.append(count - 1, '\0');
        value.append(message);
        return;
    }
}

std::string_view unframe_record(std::string_view value) {
    if (value.empty()) return {};
    const auto count = static_cast<uint8_t>(value[0]);
    if (count == 0 || count > kMaxPad || count > value.size()) return {};
    return value.substr(count);
}

}  // namespace strata::store
