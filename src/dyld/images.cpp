#include "dyld/images.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "macho/exports.h"

namespace strata::dyld {
namespace {

using base::ByteView;

constexpr uint64_t kEntrySize = 0x20;  // dyld_cache_image_info and dyld_cache_image_text_info alike
constexpr uint64_t kMaxPathLength = 4096;
// Entries may share one long text, or its tails: what they add up to is bounded, not only the file. Real caches have
// some hundred kilobytes of paths.
constexpr uint64_t kMaxPathBytes = 16U << 20;

/// A path at a file offset: bounded, NUL-terminated, or empty.
std::string_view path_at(ByteView file, uint64_t offset) {
    if (offset >= file.size()) return {};
    bool terminated = false;
    const auto text =
        file.sub(offset, std::min(kMaxPathLength, file.size() - offset), "image path").text(0, &terminated);
    return terminated ? text : std::string_view{};
}

struct ImageRecord {  // dyld_cache_image_info
    uint64_t address;
    uint32_t path_offset;
    uint64_t field;
};

ImageRecord image_record(ByteView file, const CacheHeader& header, uint64_t index) {
    const uint64_t at = header.images.offset + index * kEntrySize;
    return {file.u64(at, "image entry"), file.u32(at + 24, "image entry"), at + 24};
}

/// From iOS 10 on a second table lists every image once, with its uuid.
std::vector<ImageEntry> from_text_table(ByteView file, const CacheHeader& header) {
    std::vector<ImageEntry> images(header.images_text.size);
    for (uint64_t i = 0; i < images.size(); ++i) {
        const uint64_t at = header.images_text.offset + i * kEntrySize;
        std::copy_n(file.sub(at, 16, "image text entry").data(), 16, images[i].uuid.begin());
        images[i].address = file.u64(at + 16, "image text entry");
        images[i].path_offset = file.u32(at + 28, "image text entry");
        images[i].path_field = at + 28;
        images[i].path = path_at(file, images[i].path_offset);
    }
    return images;
}

/// The oldest era: the plain table; a repeated address is an alias.
std::vector<ImageEntry> from_plain_table(ByteView file, const CacheHeader& header) {
    std::vector<ImageEntry> images(header.images.size);
    for (uint64_t i = 0; i < images.size(); ++i) {
        const auto record = image_record(file, header, i);
        images[i].address = record.address;
        images[i].path_offset = record.path_offset;
        images[i].path_field = record.field;
        images[i].path = path_at(file, record.path_offset);
    }
    return images;
}

/// Address -> index in the list.
using ByAddress = std::unordered_map<uint64_t, uint32_t>;

ByAddress drop_repeated_addresses(std::vector<ImageEntry>& images) {
    ByAddress seen;
    seen.reserve(images.size());
    uint32_t kept = 0;
    for (const auto& image : images)
        if (seen.emplace(image.address, kept).second) images[kept++] = image;
    images.resize(kept);
    return seen;
}

void check_path_bytes(ByteView file, const std::vector<ImageEntry>& images) {
    uint64_t total = 0;
    for (const auto& image : images) {
        total += image.path.size();
        if (total > kMaxPathBytes)
            throw file.error(image.path_field, "image paths add up to more than " + base::hex(kMaxPathBytes) + " bytes",
                             "paths that do not share their text");
    }
}

/// Collects aliases up to the same bound.
class AliasList {
  public:
    AliasList(ByteView file, ImageList& list) : file_(file), list_(list) {}
    void add(uint32_t image, std::string_view name) {
        total_ += name.size();
        if (total_ > kMaxPathBytes)
            throw file_.error(0, "aliases add up to more than " + base::hex(kMaxPathBytes) + " bytes",
                              "names that do not share their text");
        list_.aliases.push_back({image, std::string(name)});
    }

  private:
    ByteView file_;
    ImageList& list_;
    uint64_t total_ = 0;
};

/// Up to iOS 14 aliases are appended records that repeat an address.
void add_record_aliases(ByteView file, const CacheHeader& header, const ByAddress& by_address, const ImageList& list,
                        AliasList& aliases) {
    for (uint64_t i = 0; i < header.images.size; ++i) {
        const auto record = image_record(file, header, i);
        const auto found = by_address.find(record.address);
        const auto path = path_at(file, record.path_offset);
        if (found != by_address.end() && !path.empty() && path != list.images[found->second].path)
            aliases.add(found->second, path);
    }
}

struct TrieRange {
    uint64_t address = 0;
    uint64_t size = 0;
};

/// Where the dylibs trie is: named by the header, or (iOS 10) by the accelerator tables.
TrieRange dylibs_trie(const CacheHeader& header, const macho::AddressSpace& space) {
    if (header.dylibs_trie_size != 0) return {header.dylibs_trie_address, header.dylibs_trie_size};
    if (header.accelerate_info_address == 0) return {};
    const auto info = space.rest(header.accelerate_info_address, "accelerator tables");
    const uint32_t offset = info.u32(0x10, "accelerator tables");
    return {header.accelerate_info_address + offset, info.u32(0x14, "accelerator tables")};
}

/// From iOS 15 on aliases are only in the trie, whose payload is the index in the plain table.
void add_trie_aliases(ByteView file, const CacheHeader& header, const macho::AddressSpace& space,
                      const ByAddress& by_address, const ImageList& list, AliasList& aliases) {
    const TrieRange range = dylibs_trie(header, space);
    if (range.size == 0) return;
    macho::walk_trie(space.at(range.address, range.size, "dylibs trie"),
                     [&](std::string_view name, base::Cursor payload) {
                         const uint64_t index = payload.uleb("image index");
                         if (index >= header.images.size) return;
                         const auto found = by_address.find(image_record(file, header, index).address);
                         if (found == by_address.end() || name == list.images[found->second].path) return;
                         aliases.add(found->second, name);
                     });
}

void sort_aliases(std::vector<Alias>& aliases) {
    const auto key = [](const Alias& alias) { return std::tie(alias.image, alias.name); };
    std::sort(aliases.begin(), aliases.end(), [&](const Alias& a, const Alias& b) { return key(a) < key(b); });
    aliases.erase(
        std::unique(aliases.begin(), aliases.end(), [&](const Alias& a, const Alias& b) { return key(a) == key(b); }),
        aliases.end());
}

}  // namespace

ImageList read_images(ByteView main_file, const CacheHeader& header, const macho::AddressSpace& space) {
    ImageList list;
    list.images =
        header.images_text.size != 0 ? from_text_table(main_file, header) : from_plain_table(main_file, header);
    const ByAddress by_address = drop_repeated_addresses(list.images);
    if (list.images.empty()) throw main_file.error(0, "lists no images", "at least one");
    check_path_bytes(main_file, list.images);
    AliasList aliases(main_file, list);
    try {
        add_record_aliases(main_file, header, by_address, list, aliases);
        add_trie_aliases(main_file, header, space, by_address, list, aliases);
    } catch (const base::Error& error) {
        list.warnings.push_back("aliases are missing: " + std::string(error.what()));
    }
    sort_aliases(list.aliases);
    return list;
}

}  // namespace strata::dyld
