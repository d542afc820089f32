#include "store/record_file.h"

#include <lz4.h>

#include <cstring>

#include "base/endian.h"

namespace strata::store {
namespace {

constexpr size_t kAlignment = 8;
constexpr size_t kTrailer = 8;  // sequence number and type, at the end of every internal key
constexpr size_t kMaxPad = 16;
constexpr char kFrozenMark = static_cast<char>(0x80);
constexpr size_t kFrozenHeader = 1 + sizeof(uint32_t);
// No record is larger (column.h cuts them); a damaged size must not allocate gigabytes.
constexpr uint32_t kMaxFrozen = 256U << 20;

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
        const size_t start =
            1 + varint_size(key_size + kTrailer) + varint_size(message.size() + count) + key_size + kTrailer;
        if ((start + count) % kAlignment != 0) continue;
        value.reserve(value.size() + count + message.size());
        value += static_cast<char>(count);
        value.append(count - 1, '\0');
        value.append(message);
        return;
    }
}

void frame_frozen(std::string_view message, std::string& value) {
    const size_t start = value.size();
    const int bound = LZ4_compressBound(static_cast<int>(message.size()));
    value.resize(start + kFrozenHeader + static_cast<size_t>(bound));
    value[start] = kFrozenMark;
    for (size_t i = 0; i < sizeof(uint32_t); ++i) value[start + 1 + i] = static_cast<char>(message.size() >> (8 * i));
    const int size = LZ4_compress_default(message.data(), value.data() + start + kFrozenHeader,
                                          static_cast<int>(message.size()), bound);
    value.resize(start + kFrozenHeader + static_cast<size_t>(size));
}

bool is_frozen(std::string_view value) {
    return !value.empty() && value[0] == kFrozenMark;
}

std::string_view unframe_record(std::string_view value) {
    if (value.empty()) return {};
    const auto count = static_cast<uint8_t>(value[0]);
    if (count == 0 || count > kMaxPad || count > value.size()) return {};
    return value.substr(count);
}

std::string_view thaw_record(std::string_view value, std::vector<uint64_t>& memory) {
    if (!is_frozen(value) || value.size() < kFrozenHeader) return {};
    base::Le32 stored;
    std::memcpy(&stored, value.data() + 1, sizeof stored);
    const uint32_t size = stored;
    if (size > kMaxFrozen) return {};
    memory.resize((size + 7) / 8);
    auto* out = reinterpret_cast<char*>(memory.data());
    const int got = LZ4_decompress_safe(value.data() + kFrozenHeader, out,
                                        static_cast<int>(value.size() - kFrozenHeader), static_cast<int>(size));
    if (got < 0 || static_cast<uint32_t>(got) != size) return {};
    return {out, size};
}

}  // namespace strata::store
