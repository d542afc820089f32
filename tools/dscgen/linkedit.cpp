// LINKEDIT tables: the dylibs trie, exports tries, nlists, function starts, indirect symbols, the string pool, and
// the table of unmapped locals.

#include "emit.h"
#include "macho.h"

namespace dscgen {

namespace {

constexpr u32 kNUndf = 0x0;
constexpr u32 kNExt = 0x1;
constexpr u32 kNAbs = 0x2;
constexpr u32 kNSect = 0xE;
constexpr u32 kNPrivate = 0x10;
constexpr u32 kWeakRef = 0x40;
constexpr u32 kWeakDef = 0x80;
constexpr u32 kThumbDef = 0x8;

class NlistWriter {
  public:
    NlistWriter(Out& out, const Spec& spec) : out_(out), wide_(is_64bit(spec.arch)) {}
    void entry(u64 strx, u32 type, u32 section, u32 desc, u64 value) {
        u8* p = out_.reserve(16);
        put32(p, strx);
        p[4] = static_cast<u8>(type);
        p[5] = static_cast<u8>(section);
        put16(p + 6, desc);
        put64(p + 8, value);
        out_.commit(wide_ ? 16 : 12);
    }

  private:
    Out& out_;
    bool wide_;
};

struct SymbolPlaces {
    std::array<u32, kSectionCount> number{};
    std::array<u64, kSectionCount> address{};
    u32 thumb = 0;

    SymbolPlaces(const Content& content, const ImageShape& shape) {
        const Spec& spec = content.scale().spec();
        const Profile p = profile(spec);
        for (u32 s = 0; s < kSectionCount; ++s) {
            const Section section = static_cast<Section>(s);
            number[s] = section_number(content, shape, section);
            address[s] = shape.section_address(p, section);
        }
        thumb = is_thumb(spec.arch) ? kThumbDef : 0;
    }
    u32 desc(const Symbol& s) const {
        return (s.section == kText && s.item != Item::absolute ? thumb : 0) | (s.weak ? kWeakDef : 0);
    }
};

// One local in sixteen was private-extern before linking.
u32 local_type(const Symbol& s) {
    return (s.ordinal & 15) == 3 ? kNSect | kNPrivate : kNSect;
}

void emit_symbols(Out& out, const Emission& e, const Image& image) {
    const Content content(e.scale, image.record);
    const ImageShape& shape = image.shape;
    const SymbolPlaces places(content, shape);
    NlistWriter nlist(out, e.spec);
    u8 name[kMaxName];
    const u64 seed = image.record.seed;
    // Names lie in the pool in the order exports, imports (when not shared), locals.
    u64 exports_bytes = 0;
    content.for_each_export([&](const Symbol& s) {
        if (s.in_nlist) exports_bytes += symbol_name(name, seed, s.item, s.ordinal) + 1;
    });
    u64 imports_bytes = 0;
    std::vector<u64> import_strx;
    for (const Import& import : content.imports()) {
        const Image& exporter = e.layout.by_id(content.dependencies()[import.dependency].id);
        if (e.layout.share_imports) {
            import_strx.push_back(u64{exporter.shape.pool_at} + exporter.shape.popular_string[import.popular]);
        } else {
            import_strx.push_back(shape.pool_at + exports_bytes + imports_bytes);
            imports_bytes += symbol_name(name, exporter.record.seed, Item::exported_function, import.popular) + 1;
        }
    }
    u64 strx = shape.pool_at + exports_bytes + imports_bytes;
    const bool kept = e.spec.locals == Locals::kept;
    content.for_each_local([&](const Symbol& s) {
        if (!kept && s.section != kText) return;
        nlist.entry(kept ? strx : kRedactedString, local_type(s), places.number[s.section], places.desc(s),
                    places.address[s.section] + s.value);
        if (kept) strx += symbol_name(name, seed, s.item, s.ordinal) + 1;
    });
    strx = shape.pool_at;
    content.for_each_export([&](const Symbol& s) {
        if (!s.in_nlist) return;
        if (s.item == Item::absolute)
            nlist.entry(strx, kNAbs | kNExt, 0, 0, s.value);
        else
            nlist.entry(strx, kNSect | kNExt, places.number[s.section], places.desc(s),
                        places.address[s.section] + s.value);
        strx += symbol_name(name, seed, s.item, s.ordinal) + 1;
    });
    for (std::size_t i = 0; i < import_strx.size(); ++i) {
        const Import& import = content.imports()[i];
        nlist.entry(import_strx[i], kNUndf | kNExt, 0, (import.dependency + 1) << 8 | (import.weak ? kWeakRef : 0), 0);
    }
}

void emit_starts(Out& out, const Emission& e, const Image& image) {
    const Content content(e.scale, image.record);
    const u64 end = out.offset() + image.shape.starts_size;
    const u32 thumb = is_thumb(e.spec.arch) ? 1 : 0;
    u32 last = 0;
    for (u32 slot = 0; slot < content.function_slots(); ++slot) {
        if (!content.function_exists(slot)) continue;
        const u32 at = image.shape.offset[kText] + content.function_offset(slot) + thumb;
        u8* p = out.reserve(8);
        out.commit(static_cast<std::size_t>(put_uleb(p, at - last) - p));
        last = at;
    }
    out.zero_to(end, "function starts");
}

void emit_name(Out& out, u64 seed, Item item, u32 ordinal) {
    u8* p = out.reserve(kMaxName);
    const std::size_t n = symbol_name(p, seed, item, ordinal);
    p[n] = 0;
    out.commit(n + 1);
}

void emit_pool(Out& out, const Emission& e, const Image& image) {
    const Content content(e.scale, image.record);
    const u64 seed = image.record.seed;
    content.for_each_export([&](const Symbol& s) {
        if (s.in_nlist) emit_name(out, seed, s.item, s.ordinal);
    });
    if (!e.layout.share_imports) {
        for (const Import& import : content.imports()) {
            const Image& exporter = e.layout.by_id(content.dependencies()[import.dependency].id);
            emit_name(out, exporter.record.seed, Item::exported_function, import.popular);
        }
    }
    if (e.spec.locals == Locals::kept)
        content.for_each_local([&](const Symbol& s) { emit_name(out, seed, s.item, s.ordinal); });
}

void emit_paths_trie(Out& out, const Emission& e, const LinkeditGroup& g, u64 tables) {
    if (g.paths_trie_size == 0) return;
    if (e.spec.era == 0x98) {
        // dyld_cache_accelerator_info: only the trie is filled in, every array is empty and at the end.
        const u64 end = g.paths_trie + g.paths_trie_size;
        const u64 fields[] = {1,   0, end, end, g.paths_trie, g.paths_trie_size, end, 0, end, 0, end, 0, end, 0,
                              end, 0, 0,   0};
        for (const u64 v : fields) out.w32(v);
    }
    out.zero_to(tables + g.paths_trie, "paths trie");
    TrieBuilder trie;
    for (u32 i = 0; i < e.layout.images.size(); ++i) {
        const Image& image = e.layout.images[i];
        u8 payload[8];
        const std::size_t n = static_cast<std::size_t>(put_uleb(payload, i) - payload);
        trie.add(image.path, payload, n);
        if (!image.alias.empty()) trie.add(image.alias, payload, n);
    }
    trie.finish();
    const std::vector<u8>& bytes = trie.encode();
    out.bytes(bytes.data(), bytes.size());
}

}  // namespace

void emit_linkedit_tables(Out& out, const Emission& e, const LinkeditGroup& g, u64 tables) {
    out.zero_to(tables, "slide info");
    emit_paths_trie(out, e, g, tables);
    const auto images = [&](auto f) {
        for (u32 i = g.first; i < g.last; ++i) f(e.layout.images[i]);
    };
    out.zero_to(tables + g.tries, "paths trie");
    TrieBuilder trie;
    images([&](const Image& image) {
        const u64 start = tables + image.shape.trie_at;
        out.zero_to(start, "exports trie");
        fill_trie(trie, Content(e.scale, image.record), image.shape);
        trie.finish();
        const std::vector<u8>& bytes = trie.encode();
        out.bytes(bytes.data(), bytes.size());
        out.zero_to(start + image.shape.trie_size, "exports trie");
    });
    out.zero_to(tables + g.symbols, "exports tries");
    images([&](const Image& image) { emit_symbols(out, e, image); });
    out.zero_to(tables + g.starts, "symbols");
    images([&](const Image& image) { emit_starts(out, e, image); });
    out.zero_to(tables + g.indirect, "function starts");
    images([&](const Image& image) {
        const u32 first = image.shape.own_locals + image.shape.exports;
        for (u32 twice = 0; twice < 2; ++twice) {
            for (u32 i = 0; i < image.shape.imports; ++i) out.w32(first + i);
        }
    });
    out.zero_to(tables + g.pool, "indirect symbols");
    out.bytes("\0<redacted>", kPoolPrefix);
    images([&](const Image& image) {
        out.zero_to(tables + g.pool + image.shape.pool_at, "string pool");
        emit_pool(out, e, image);
    });
    out.zero_to(tables + g.end, "string pool");
}

void emit_locals(Out& out, const Emission& e, const LocalsTable& t) {
    const Spec& spec = e.spec;
    out.zero_to(t.offset, "before locals");
    for (const u64 v : {t.symbols, u64{t.count}, t.strings, t.strings_size, u64{0x18}, u64{e.layout.images.size()}})
        out.w32(v);
    for (const Image& image : e.layout.images) {
        const u64 offset = image.shape.segment_address[kSegText] - e.layout.base;
        if (spec.era >= 0x190)
            out.w64(offset);
        else
            out.w32(offset);
        out.w32(image.shape.first_local);
        out.w32(image.shape.unmapped_locals);
    }
    out.zero_to(t.offset + t.symbols, "locals entries");
    NlistWriter nlist(out, spec);
    u8 name[kMaxName];
    for (const Image& image : e.layout.images) {
        const Content content(e.scale, image.record);
        const SymbolPlaces places(content, image.shape);
        u64 strx = image.shape.locals_pool_at;
        content.for_each_local([&](const Symbol& s) {
            nlist.entry(strx, local_type(s), places.number[s.section], places.desc(s),
                        places.address[s.section] + s.value);
            strx += symbol_name(name, image.record.seed, s.item, s.ordinal) + 1;
        });
    }
    out.zero_to(t.offset + t.strings, "locals");
    out.w8(0);
    for (const Image& image : e.layout.images) {
        const Content content(e.scale, image.record);
        content.for_each_local([&](const Symbol& s) { emit_name(out, image.record.seed, s.item, s.ordinal); });
    }
    out.zero_to(t.offset + t.size, "locals strings");
}

}  // namespace dscgen
