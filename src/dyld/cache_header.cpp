#include "dyld/cache_header.h"

#include <algorithm>

namespace strata::dyld {
namespace {

using base::ByteView;
using base::hex;

constexpr std::string_view kMagicPrefix = "dyld_v1";
constexpr uint64_t kMagicLength = 16;
constexpr uint32_t kOldestHeader = 0x70;  // iOS 9, OS X 10.11
constexpr uint32_t kLargestHeader = 0x1000;
constexpr uint32_t kMaxMappings = 64;
constexpr uint32_t kMaxSubCaches = 1024;
constexpr uint64_t kMappingSize = 0x20;
constexpr uint64_t kMappingAndSlideSize = 0x38;
constexpr uint64_t kImageSize = 0x20;
constexpr uint64_t kMaxImages = 1U << 18;    // real caches list some thousand; each costs some hundred bytes of memory
constexpr uint32_t kImagesMoved = 0x1c8;     // from this header size on the image table is named at 0x1c0
constexpr uint32_t kSuffixesStored = 0x1d0;  // from here on sub-cache entries hold their file suffix

/// Field access by header offset, honouring the era.
class Fields {
  public:
    Fields(ByteView header, uint32_t size) : header_(header), size_(size) {}
    bool has(uint64_t offset, uint64_t length) const { return offset + length <= size_; }
    uint32_t u32(uint64_t offset) const { return has(offset, 4) ? header_.u32(offset, "cache header") : 0; }
    uint64_t u64(uint64_t offset) const { return has(offset, 8) ? header_.u64(offset, "cache header") : 0; }
    Uuid uuid(uint64_t offset) const {
        Uuid uuid{};
        if (has(offset, 16)) std::copy_n(header_.data() + offset, 16, uuid.begin());
        return uuid;
    }

  private:
    ByteView header_;
    uint32_t size_;
};

std::string read_arch(ByteView file) {
    auto text = file.sub(0, kMagicLength, "magic").text(0);
    text.remove_prefix(std::min(text.size(), kMagicPrefix.size()));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) throw file.error(7, "magic names no architecture", "an architecture after \"dyld_v1\"");
    return std::string(text);
}

Mapping checked(ByteView file, uint64_t at, Mapping mapping) {
    if (mapping.size == 0) throw file.error(at + 8, "mapping of no bytes", "a size above 0");
    if (mapping.size > UINT64_MAX - mapping.address)
        throw file.error(at, "mapping at " + hex(mapping.address) + " of " + hex(mapping.size) + " bytes wraps around",
                         "an end below 2^64");
    if (mapping.size > UINT64_MAX - mapping.file_offset)
        throw file.error(at + 16, "mapping's file range wraps around", "an end below 2^64");
    return mapping;
}

std::vector<Mapping> read_plain_mappings(ByteView file, uint32_t header_size) {
    const uint32_t count = file.u32(0x14, "mappingCount");
    if (count == 0 || count > kMaxMappings)
        throw file.error(0x14, "mappingCount is " + std::to_string(count), "1 to " + std::to_string(kMaxMappings));
    const auto table = file.sub(header_size, count * kMappingSize, "mapping table");
    std::vector<Mapping> mappings;
    for (uint64_t at = 0; at < table.size(); at += kMappingSize) {
        Mapping mapping;
        mapping.address = table.u64(at, "mapping");
        mapping.size = table.u64(at + 8, "mapping");
        mapping.file_offset = table.u64(at + 16, "mapping");
        mapping.max_prot = table.u32(at + 24, "mapping");
        mapping.init_prot = table.u32(at + 28, "mapping");
        mappings.push_back(checked(table, at, mapping));
    }
    if (mappings.front().file_offset != 0)
        throw table.error(16, "first mapping starts at file offset " + hex(mappings.front().file_offset),
                          "0: it holds the header");
    return mappings;
}

/// Adds what the second table knows (slide info); both describe the same regions in the same order.
void add_slide_table(ByteView file, const Fields& fields, std::vector<Mapping>& mappings) {
    const uint32_t count = fields.u32(0x13c);
    if (count == 0) return;
    if (count != mappings.size())
        throw file.error(0x13c, "mappingWithSlideCount is " + std::to_string(count),
                         "mappingCount, " + std::to_string(mappings.size()));
    const auto table = file.sub(fields.u32(0x138), count * kMappingAndSlideSize, "mapping and slide table");
    for (uint32_t i = 0; i < count; ++i) {
        const uint64_t at = i * kMappingAndSlideSize;
        Mapping& mapping = mappings[i];
        if (table.u64(at, "mapping") != mapping.address || table.u64(at + 8, "mapping") != mapping.size ||
            table.u64(at + 16, "mapping") != mapping.file_offset)
            throw table.error(at, "the two mapping tables disagree on mapping " + std::to_string(i),
                              "address " + hex(mapping.address) + ", size " + hex(mapping.size) + ", file offset " +
                                  hex(mapping.file_offset));
        mapping.slide_offset = table.u64(at + 24, "mapping");
        mapping.slide_size = table.u64(at + 32, "mapping");
    }
}

/// Before 0x140 the header itself names the slide info of the second mapping.
void add_old_slide_info(const Fields& fields, std::vector<Mapping>& mappings) {
    if (mappings.size() < 2) return;
    mappings[1].slide_offset = fields.u64(0x38);
    mappings[1].slide_size = fields.u64(0x40);
}

/// A suffix becomes part of a file name next to the main file: it must not lead anywhere else.
std::string read_suffix(ByteView entry) {
    // Copied first: the file may change between a look and the next.
    const std::string suffix(entry.sub(24, 32, "sub-cache suffix").text(0));
    if (suffix.size() < 2 || suffix.size() == 32 || suffix.front() != '.' || suffix.find('/') != std::string::npos ||
        suffix.find("..") != std::string::npos)
        throw entry.error(24, "sub-cache suffix is not a file suffix",
                          "'.' and at most 30 more characters, without '/' or \"..\"");
    return suffix;
}

std::vector<SubCacheEntry> read_sub_caches(ByteView file, const Fields& fields, uint32_t header_size) {
    std::vector<SubCacheEntry> entries;
    const uint32_t count = fields.u32(0x18c);
    if (count == 0) return entries;
    if (count > kMaxSubCaches)
        throw file.error(0x18c, "subCacheArrayCount is " + std::to_string(count),
                         "at most " + std::to_string(kMaxSubCaches));
    const bool stored = header_size >= kSuffixesStored;
    const uint64_t size = stored ? 56 : 24;
    const auto table = file.sub(fields.u32(0x188), count * size, "sub-cache array");
    for (uint32_t i = 0; i < count; ++i) {
        const auto record = table.sub(i * size, size, "sub-cache entry");
        SubCacheEntry entry;
        std::copy_n(record.data(), 16, entry.uuid.begin());
        entry.vm_offset = record.u64(16, "sub-cache entry");
        entry.suffix = stored ? read_suffix(record) : "." + std::to_string(i + 1);
        const auto same = [&](const SubCacheEntry& other) { return other.suffix == entry.suffix; };
        if (std::any_of(entries.begin(), entries.end(), same))
            throw record.error(24, "sub-cache suffix " + entry.suffix + " is listed twice", "each file once");
        entries.push_back(std::move(entry));
    }
    return entries;
}

FileRange checked_table(ByteView file, uint64_t field, uint64_t offset, uint64_t count, const char* what) {
    if (count == 0) return {};
    if (count > kMaxImages)
        throw file.error(field, std::string(what) + " of " + std::to_string(count) + " entries",
                         "at most " + std::to_string(kMaxImages));
    if (offset > file.size() || count > (file.size() - offset) / kImageSize)
        throw file.error(
            field,
            std::string(what) + " of " + std::to_string(count) + " entries at " + hex(offset) + " leaves the file",
            "a table inside " + hex(file.size()) + " bytes");
    return {offset, count};
}

void read_image_tables(ByteView file, const Fields& fields, CacheHeader& header) {
    const bool moved = header.size >= kImagesMoved;
    const uint64_t at = moved ? 0x1c0 : 0x18;
    header.images = checked_table(file, at, fields.u32(at), fields.u32(at + 4), "image table");
    if (fields.has(0x88, 16))
        header.images_text = checked_table(file, 0x88, fields.u64(0x88), fields.u64(0x90), "image text table");
}

}  // namespace

bool looks_like_cache(ByteView file) {
    return file.as_text().starts_with(kMagicPrefix);
}

CacheHeader read_cache_header(ByteView file) {
    if (!looks_like_cache(file)) throw file.error(0, "is not a dyld shared cache", "\"dyld_v1\" and an architecture");
    CacheHeader header;
    header.magic = file.sub(0, kMagicLength, "magic").text(0);
    header.arch = read_arch(file);
    header.size = file.u32(0x10, "mappingOffset");
    if (header.size < kOldestHeader || header.size > kLargestHeader || header.size > file.size())
        throw file.error(
            0x10, "mappingOffset is " + hex(header.size),
            "a header size from " + hex(kOldestHeader) + " to " + hex(std::min<uint64_t>(kLargestHeader, file.size())));
    const Fields fields(file, header.size);
    header.uuid = fields.uuid(0x58);
    header.cache_type = fields.u64(0x68);
    header.platform = fields.u32(0xd8);
    header.os_version = fields.u32(0x16c);
    header.symbols_uuid = fields.uuid(0x190);
    header.local_symbols = {fields.u64(0x48), fields.u64(0x50)};
    header.code_signature = {fields.u64(0x28), fields.u64(0x30)};
    if (fields.has(0x108, 16)) {
        header.dylibs_trie_address = fields.u64(0x108);
        header.dylibs_trie_size = fields.u64(0x110);
    } else {
        header.accelerate_info_address = fields.u64(0x78);
    }
    header.mappings = read_plain_mappings(file, header.size);
    if (fields.has(0x138, 8)) {
        add_slide_table(file, fields, header.mappings);
    } else {
        add_old_slide_info(fields, header.mappings);
    }
    header.sub_caches = read_sub_caches(file, fields, header.size);
    read_image_tables(file, fields, header);
    return header;
}

}  // namespace strata::dyld
