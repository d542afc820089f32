// Framing of records inside RocksDB values, so that the message in a mapped table file is 8-byte aligned.
//
// Cap'n Proto refuses unaligned messages. With one entry a block (database.cpp) a value starts after: varint(0), varint(key
// size + 8), varint(value size), the key, and an 8-byte trailer; all known when writing. So the value is written as
// [count byte, count - 1 zeros][message] with the count that makes the message's offset a multiple of 8.
#pragma once

#include <string>
#include <string_view>

namespace strata::store {

/// Appends the framed `message` to `value`, for an entry whose key has `key_size` bytes.
void frame_record(size_t key_size, std::string_view message, std::string& value);

/// The message inside a framed value; empty when the frame is damaged.
std::string_view unframe_record(std::string_view value);

}  // namespace strata::store
