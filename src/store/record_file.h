// Framing of records inside RocksDB values: aligned for reading in place, or compressed for keeping.
//
// In place: Cap'n Proto refuses unaligned messages. With one entry a block (database.cpp) a value starts after:
// varint(0), varint(key size + 8), varint(value size), the key, and an 8-byte trailer; all known when writing. So the
// value is written as [count byte, count - 1 zeros][message] with the count (1 to 16) that makes the message's offset a
// multiple of 8.
//
// Frozen: [0x80][u32 message size, little-endian][LZ4 block of the message].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata::store {

/// Appends the framed `message` to `value`, for an entry whose key has `key_size` bytes.
void frame_record(size_t key_size, std::string_view message, std::string& value);

/// Appends the frozen form of `message` to `value`.
void frame_frozen(std::string_view message, std::string& value);

/// Whether a value is in the frozen form.
bool is_frozen(std::string_view value);

/// The message inside a value framed for reading in place; empty when the frame is damaged.
std::string_view unframe_record(std::string_view value);

/// Decompresses a frozen value into aligned memory and returns the message there; empty when it is damaged.
std::string_view thaw_record(std::string_view value, std::vector<uint64_t>& memory);

}  // namespace strata::store
