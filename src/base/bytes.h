// Checked views of file bytes. Every cut and every load is checked against the view, so no reader above this file does
// arithmetic on untrusted sizes by hand; a failed check names the file, the offset and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/endian.h"
#include "base/error.h"

namespace strata::base {

/// Where bytes come from: a name for messages, and the address of the byte at offset 0. Owned by whoever owns the bytes
/// (a MappedFile, a test's buffer); must outlive every view of them.
struct ByteSource {
    std::string name;
    const uint8_t* base = nullptr;
};

/// A borrowed range of bytes of one source. Copying is free; never outlives the source.
class ByteView {
  public:
    ByteView() = default;
    ByteView(const ByteSource* source, const uint8_t* data, uint64_t size)
        : source_(source), data_(data), size_(size) {}

    const uint8_t* data() const { return data_; }
    uint64_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const ByteSource* source() const { return source_; }

    /// Offset of `at` (relative to this view) in the source file.
    uint64_t file_offset(uint64_t at = 0) const {
        return source_ == nullptr ? at : static_cast<uint64_t>(data_ - source_->base) + at;
    }

    bool contains(uint64_t offset, uint64_t length) const { return offset <= size_ && length <= size_ - offset; }

    /// [offset, offset+length) of this view. Throws Error(kInput) naming `what` when it does not fit.
    ByteView sub(uint64_t offset, uint64_t length, const char* what) const {
        if (!contains(offset, length)) fail_bounds(offset, length, what);
        return ByteView(source_, data_ + offset, length);
    }

    /// The same, from `offset` to the end.
    ByteView from(uint64_t offset, const char* what) const {
        if (offset > size_) fail_bounds(offset, 0, what);
        return ByteView(source_, data_ + offset, size_ - offset);
    }

    /// An on-disk structure in place. T must be made of LittleEndian and byte fields (alignment 1).
    template <typename T>
    const T& get(uint64_t offset, const char* what) const {
        static_assert(alignof(T) == 1 && std::is_trivially_copyable_v<T>);
        if (!contains(offset, sizeof(T))) fail_bounds(offset, sizeof(T), what);
        return *reinterpret_cast<const T*>(data_ + offset);
    }

    uint8_t u8(uint64_t offset, const char* what) const { return get<uint8_t>(offset, what); }
    uint16_t u16(uint64_t offset, const char* what) const { return get<Le16>(offset, what); }
    uint32_t u32(uint64_t offset, const char* what) const { return get<Le32>(offset, what); }
    uint64_t u64(uint64_t offset, const char* what) const { return get<Le64>(offset, what); }

    /// Text from `offset` up to the first NUL or the end of the view; `terminated` tells which. Never reads further.
    /// An offset outside the view gives an empty, unterminated text.
    std::string_view text(uint64_t offset, bool* terminated = nullptr) const {
        if (terminated != nullptr) *terminated = false;
        if (offset >= size_) return {};
        const auto* start = reinterpret_cast<const char*>(data_ + offset);
        const auto* end = static_cast<const char*>(std::memchr(start, 0, size_ - offset));
        if (terminated != nullptr) *terminated = end != nullptr;
        return {start, end == nullptr ? static_cast<size_t>(size_ - offset) : static_cast<size_t>(end - start)};
    }

    std::string_view as_text() const { return {reinterpret_cast<const char*>(data_), static_cast<size_t>(size_)}; }

    /// An error about the bytes at `at` (relative to this view).
    Error error(uint64_t at, std::string message, std::string expected) const;

  private:
    [[noreturn]] void fail_bounds(uint64_t offset, uint64_t length, const char* what) const;

    const ByteSource* source_ = nullptr;
    const uint8_t* data_ = nullptr;
    uint64_t size_ = 0;
};

/// A fixed-width name field (16-byte segment and section names): not NUL-terminated when it fills the field.
template <size_t N>
std::string_view fixed_name(const char (&field)[N]) {
    return {field, strnlen(field, N)};
}

}  // namespace strata::base
