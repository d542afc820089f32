// Parts to fill mini caches with: symbol tables, tries, slide infos.
#include <utility>

#include "mini_cache.h"

namespace strata::testing {

void add_nlist(Bytes& out, bool is_64, uint32_t strx, uint8_t type, uint8_t section, uint16_t desc, uint64_t value) {
    out.add(strx, 4);
    out.add(type, 1);
    out.add(section, 1);
    out.add(desc, 2);
    out.add(value, is_64 ? 8 : 4);
}

std::string flat_trie(const std::vector<std::pair<std::string, std::string>>& entries) {
    // Node offsets are written as two-byte ULEBs, so that the root's size does not depend on them.
    uint64_t root = 2;
    for (const auto& [name, payload] : entries) root += name.size() + 1 + 2;
    Bytes trie;
    trie.add(0, 1);
    trie.add(entries.size(), 1);
    uint64_t node = root;
    for (const auto& [name, payload] : entries) {
        trie.add(name);
        trie.add(0, 1);
        trie.add((node & 0x7f) | 0x80, 1);
        trie.add(node >> 7, 1);
        node += payload.size() + 2;
    }
    for (const auto& [name, payload] : entries) {
        trie.add(payload.size(), 1);
        trie.add(payload);
        trie.add(0, 1);
    }
    return trie.text();
}

std::string slide_info(const MiniCache& cache, uint32_t version, uint16_t start) {
    Bytes info;
    info.add(version, 4);
    if (version == 1) {
        for (const uint64_t field : {24U, 1U, 32U, 1U, 128U}) info.add(field, 4);
        info.add(0, 8);
        info.add(std::string(128, '\x11'));
        return info.text();
    }
    info.add(0x1000, 4);
    if (version == 2 || version == 4) {
        // Page starts at 0x28, extras after them.
        for (const uint64_t field : {0x28U, 1U, 0x2aU, 2U}) info.add(field, 4);
        info.add(version == 2 ? 0x00ffff0000000000 : 0xc0000000, 8);
        info.add(0, 8);
        info.add(start, 2);
        info.add(0x0000, 2);
        info.add(0x8001, 2);
    } else {
        info.add(1, 4);
        info.add(0, 4);
        info.add(version == 5 ? cache.base() : 0, 8);
        info.add(start, 2);
    }
    return info.text();
}

std::string local_symbols(bool wide, bool is_64, uint64_t vm_offset, uint64_t value) {
    Bytes nlists;
    add_nlist(nlists, is_64, 1, 0x0e, 1, 0, value);
    const std::string strings("\0_real_name\0", 12);
    const uint64_t entries = 24;
    const uint64_t nlist_at = 48;
    Bytes info;
    for (const uint64_t field :
         {nlist_at, uint64_t{1}, nlist_at + nlists.size(), uint64_t{strings.size()}, entries, uint64_t{1}})
        info.add(field, 4);
    info.add(vm_offset, wide ? 8 : 4);
    info.add(0, 4);
    info.add(1, 4);
    info.align(nlist_at);
    info.add(nlists.text());
    info.add(strings);
    return info.text();
}

namespace {

/// Names of the symbol table, each with its own NUL; returns offsets of the pool.
Piece add_pool(MiniCache& cache) {
    return cache.place(Region::kLinkedit,
                       std::string_view("\0_exported\0_local\0_imported\0<redacted>\0_weak\0_absolute\0", 55));
}

Piece add_symbols(MiniCache& cache, uint64_t code) {
    const bool is_64 = cache.is_64();
    Bytes nlists;
    add_nlist(nlists, is_64, 1, 0x0f, 1, 0, code);           // exported
    add_nlist(nlists, is_64, 11, 0x0e, 1, 0, code + 4);      // local
    add_nlist(nlists, is_64, 28, 0x0e, 1, 0, code + 8);      // redacted
    add_nlist(nlists, is_64, 39, 0x0f, 1, 0x80, code + 12);  // weak definition
    add_nlist(nlists, is_64, 45, 0x03, 0, 0, 0x7ffffff8);    // absolute
    add_nlist(nlists, is_64, 18, 0x0b, 0, 0, 1);             // indirect: the value is a name
    add_nlist(nlists, is_64, 11, 0x24, 1, 0, code);          // a stab
    add_nlist(nlists, is_64, 18, 0x01, 0, 0x0140, 0);        // import from the first dependency, weak
    Piece piece = cache.place(Region::kLinkedit, nlists.text());
    piece.size = 8;
    return piece;
}

std::string export_payload(uint64_t flags, uint64_t value, std::string_view text = {}) {
    Bytes payload;
    payload.uleb(flags);
    payload.uleb(value);
    if (!text.empty()) {
        payload.add(text);
        payload.add(0, 1);
    }
    return payload.text();
}

void add_cf_strings(MiniCache& cache, MiniImage& image) {
    const unsigned pointer = cache.is_64() ? 8 : 4;
    const Piece units = cache.place(Region::kData, std::string_view("h\0i\0=\xd8\0\xde", 8));
    Bytes records;
    for (const auto& [flags, length] : {std::pair<uint64_t, uint64_t>{0x7c8, 5}, {0x7d0, 4}}) {
        records.add(0, pointer);
        records.add(flags, pointer);
        records.add(cache.pointer_to(cache.address(Region::kData, units.offset)), pointer);
        records.add(length, pointer);
    }
    image.sections.push_back({"__DATA", "__cfstring", Region::kData, cache.place(Region::kData, records.text()), 0});
}

}  // namespace

MiniImage rich_image(MiniCache& cache, const std::string& path) {
    MiniImage image;
    image.path = path;
    image.dependencies = {"/usr/lib/libSystem.B.dylib"};
    const Piece code = cache.place(Region::kText, std::string(32, '\xc0'));
    image.sections.push_back({"__TEXT", "__text", Region::kText, code, 0x80000400});
    image.sections.push_back({"__TEXT", "__cstring", Region::kText,
                              cache.place(Region::kText, std::string_view("one\0two\0one\0\0", 13)), 2});
    add_cf_strings(cache, image);
    image.strings = add_pool(cache);
    image.nlists = add_symbols(cache, cache.address(Region::kText, code.offset));
    const uint64_t to_code = cache.address(Region::kText, code.offset) - cache.image_address(cache.images.size());
    image.exports = cache.place(Region::kLinkedit, flat_trie({{"_exported", export_payload(0, to_code)},
                                                              {"_weak", export_payload(4, to_code + 12)},
                                                              {"_elsewhere", export_payload(8, 1, "_there")},
                                                              {"_absolute", export_payload(2, 0x7ffffff8)}}));
    Bytes starts;
    for (const uint64_t delta : {to_code, uint64_t{4}, uint64_t{8}}) starts.uleb(delta);
    starts.align(8);
    image.starts = cache.place(Region::kLinkedit, starts.text());
    return image;
}

}  // namespace strata::testing
