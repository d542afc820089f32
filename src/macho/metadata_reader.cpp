#include "macho/metadata_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace strata::macho {

using base::ByteView;

std::string MetadataSummary::text() const {
    if (unreadable == 0) return {};
    std::string out = std::to_string(unreadable) + " of " + std::to_string(items) + ", first: " + first;
    if (stopped) out += "; the rest was not read";
    return out;
}

ByteView MetadataReader::find(uint64_t address, const char* what) {
    ByteView bytes;
    try {
        bytes = space_.rest(address, what);
    } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::kInput) throw;
        throw MetadataDamage{what, "is in no mapping"};
    }
    if (bytes.empty()) throw MetadataDamage{what, "is in no mapping"};
    // One window a mapping, from the lowest address asked for so far: mappings are told apart by where they end.
    for (auto& window : windows_) {
        if (window.bytes.empty() || window.address + window.bytes.size() != address + bytes.size()) continue;
        if (window.address > address) window = {address, bytes};
        return bytes;
    }
    windows_[next_window_++ % windows_.size()] = {address, bytes};
    return bytes;
}

ByteView MetadataReader::rest(uint64_t address, const char* what) {
    for (const auto& window : windows_)
        if (address - window.address < window.bytes.size()) return window.bytes.from(address - window.address, what);
    return find(address, what);
}

ByteView MetadataReader::at(uint64_t address, uint64_t size, const char* what) {
    const ByteView bytes = rest(address, what);
    if (bytes.size() < size) throw MetadataDamage{what, "leaves its mapping"};
    return bytes.sub(0, size, what);
}

uint32_t MetadataReader::u32(uint64_t address, const char* what) {
    return at(address, 4, what).u32(0, what);
}

uint64_t MetadataReader::word(uint64_t address, const char* what) {
    const ByteView bytes = at(address, pointer_size(), what);
    return is_64_ ? bytes.u64(0, what) : bytes.u32(0, what);
}

uint64_t MetadataReader::pointer(uint64_t address, const char* what) {
    return space_.decode_pointer(word(address, what), address);
}

uint64_t MetadataReader::pointer_to(uint64_t address, const char* what) {
    const StoredPointer target = space_.stored_pointer(word(address, what), address);
    if (target.kind == StoredPointer::Kind::kAddress) return target.value;  // of an object file it may be 0
    throw MetadataDamage{what, "is null"};
}

uint64_t MetadataReader::relative(uint64_t address, const char* what) {
    const auto offset = static_cast<int32_t>(u32(address, what));
    if (offset == 0) return 0;
    const uint64_t target = address + static_cast<uint64_t>(static_cast<int64_t>(offset));
    return is_64_ ? target : target & UINT32_MAX;
}

std::string_view MetadataReader::text(uint64_t address, const char* what) {
    const ByteView bytes = rest(address, what);
    const uint64_t limit = std::min({bytes.size(), kLongestText, text_left_});
    const auto* start = reinterpret_cast<const char*>(bytes.data());
    const auto* end = static_cast<const char*>(std::memchr(start, 0, limit));
    // What was searched counts, found or not: a million names could all point at one unterminated run.
    const uint64_t searched = end == nullptr ? limit : static_cast<uint64_t>(end - start) + 1;
    text_left_ -= searched;
    text_bytes_ += searched;
    if (end != nullptr) return {start, static_cast<size_t>(searched - 1)};
    if (text_left_ == 0) throw MetadataLimit{"names and types"};
    throw MetadataDamage{what, "is not NUL-terminated"};
}

void MetadataReader::count_entries(uint64_t count) {
    if (count > entries_left_) throw MetadataLimit{"list entries"};
    entries_left_ -= count;
}

uint64_t MetadataReader::take_text_bytes() {
    return std::exchange(text_bytes_, 0);
}

}  // namespace strata::macho
