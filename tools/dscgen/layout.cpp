#include "layout.h"

#include "signature.h"

#include <stdexcept>

namespace dscgen {

namespace {

constexpr u64 kGigabyte = u64{1} << 30;
constexpr u64 kRegionGap = u64{32} << 20;  // between read-only and writable regions on ARM

u64 slide_bytes(const Spec& spec, const CacheLayout& l, const Mapping& m) {
    const u64 pages = (m.size + slide_page_size(spec) - 1) / slide_page_size(spec);
    u64 breaks = 0;  // chains that 32-bit deltas cannot join, see slide.cpp
    for (const Span& s : m.spans) {
        breaks += 6 * u64{s.last - s.first};
        for (u32 i = s.first; i < s.last; ++i) {
            const auto& size = l.images[i].shape.size;
            breaks += (u64{size[kObjcConst]} + size[kObjcData]) / 16;
        }
    }
    switch (spec.slide) {
        case 1:
            return align_up(24 + 2 * pages, 16) + 128 * pages;
        case 3:
        case 5:
            return align_up(24 + 2 * pages, 16);
        default:
            return align_up(40 + 2 * pages + (is_64bit(spec.arch) ? 0 : 2 * (6 * pages + breaks)), 16);
    }
}

u64 paths_trie_bytes(const Spec& spec, const CacheLayout& l) {
    if (spec.era < 0x98 || spec.era == 0xF8) return 0;
    TrieBuilder trie;
    for (u32 i = 0; i < l.images.size(); ++i) {
        u8 payload[8];
        const std::size_t n = static_cast<std::size_t>(put_uleb(payload, i) - payload);
        trie.add(l.images[i].path, payload, n);
        if (!l.images[i].alias.empty()) trie.add(l.images[i].alias, payload, n);
    }
    return trie.finish();
}

// Offsets of all tables of a group; the images of a group are adjacent in each.
void place_tables(const Spec& spec, CacheLayout& l, LinkeditGroup& g) {
    u64 at = 0;
    if (&g == &l.groups[0]) {
        g.paths_trie_size = paths_trie_bytes(spec, l);
        // iOS 10 finds the trie through the accelerator tables' header, 72 bytes before it.
        g.paths_trie = spec.era == 0x98 ? 72 : 0;
        at = align_up(g.paths_trie + g.paths_trie_size, 16);
    }
    g.tries = at;
    const auto images = [&](auto f) {
        for (u32 i = g.first; i < g.last; ++i) f(l.images[i].shape);
    };
    images([&](ImageShape& s) { s.trie_at = static_cast<u32>(at), at += s.trie_size; });
    g.symbols = at = align_up(at, 16);
    u64 symbols = 0;
    u64 indirect = 0;
    images([&](ImageShape& s) {
        s.first_nlist = static_cast<u32>(symbols);
        s.first_indirect = static_cast<u32>(indirect);
        symbols += u64{s.own_locals} + s.exports + s.imports;
        indirect += indirect_count(s);
    });
    at += symbols * nlist_size(spec.arch);
    g.starts = at = align_up(at, 8);
    images([&](ImageShape& s) { s.starts_at = static_cast<u32>(at), at += s.starts_size; });
    g.indirect = at;
    at += 4 * indirect;
    g.pool = at;
    u64 pool = kPoolPrefix;
    images([&](ImageShape& s) { s.pool_at = static_cast<u32>(pool), pool += s.pool_size; });
    g.pool_size = pool;
    g.end = at + pool;
    g.symbol_count = static_cast<u32>(symbols);
    g.indirect_count = static_cast<u32>(indirect);
    if (g.end > 0xFFFF0000 || symbols > 0xFFFFFFFF) throw std::runtime_error("linkedit above 4 GB: use fewer symbols");
}

struct Placer {
    const Spec& spec;
    CacheLayout& l;
    u64 generation;
    u64 cursor = 0;
    bool last_writable = false;
    MappingKind last_kind = MappingKind::header;

    void choose_address(Mapping& m, bool first_in_cache) {
        const bool writable = (m.init_prot & 2) != 0;
        const u64 used = cursor;
        if (first_in_cache) {
            cursor = l.base;
        } else if (is_x86(spec.arch)) {
            if (spec.era <= 0x140) {
                if (m.kind == MappingKind::data && last_kind != MappingKind::data) cursor = 0x7FFF80000000;
                if (m.kind == MappingKind::linkedit) cursor = 0x7FFFC0000000;
            } else if (m.kind != last_kind) {
                cursor = align_up(cursor, kGigabyte);
            }
        } else if (writable != last_writable) {
            cursor += kRegionGap;
        }
        if (cursor < used) throw std::invalid_argument("more than this era's addresses have room for: use fewer bytes");
        m.address = cursor;
        last_writable = writable;
        last_kind = m.kind;
    }

    // Consecutive generations get different gaps before the first image, so that everything moves.
    u64 gap(const Mapping& m) const {
        if (m.kind == MappingKind::text) return 0x1000 * (1 + (hash(spec.seed, 0x6A9) + 3 * generation) % 7);
        return 16 * (1 + (hash(spec.seed, 0xD6A9) + 5 * generation) % 97);
    }

    void place_spans(Mapping& m, u64 header, u64 file_offset) {
        u64 at = header;
        if (m.kind == MappingKind::data) at = 0;
        at += gap(m);
        const u64 alignment = m.kind == MappingKind::text ? 0x1000 : 16;
        for (Span& span : m.spans) {
            at = align_up(at, alignment);
            span.address = m.address + at;
            for (u32 i = span.first; i < span.last; ++i) {
                ImageShape& s = l.images[i].shape;
                at = align_up(at, alignment);
                s.segment_address[span.segment] = m.address + at;
                s.segment_file_offset[span.segment] = static_cast<u32>(file_offset + at);
                at += s.segment_size[span.segment];
            }
            span.size = m.address + at - span.address;
        }
        m.size = align_up(at, page_size(spec));
    }

    void place_linkedit(File& f, Mapping& m, u64 header) {
        u64 at = header;
        for (Mapping& data : f.mappings) {
            if (!data.has_slide) continue;
            data.slide_offset = m.file_offset + at;
            data.slide_size = slide_bytes(spec, l, data);
            at += data.slide_size;
        }
        if (m.group != ~0U) {
            LinkeditGroup& g = l.groups[m.group];
            g.tables = align_up(at, 16);
            place_tables(spec, l, g);
            at = g.tables + g.end;
            for (u32 i = g.first; i < g.last; ++i) l.images[i].shape.linkedit = m.group;
        }
        m.size = std::max(align_up(at, page_size(spec)), page_size(spec));
    }

    void place_file(File& f, bool main) {
        f.header_size = align_up(plan_header(spec, l, f).end, page_size(spec));
        // Slide version 4 reads offsets below 0x8000 as small integers: no pointer may need one.
        if (main && spec.slide == 4) f.header_size = std::max<u64>(f.header_size, 0x8000);
        u64 offset = 0;
        for (std::size_t i = 0; i < f.mappings.size(); ++i) {
            Mapping& m = f.mappings[i];
            choose_address(m, main && i == 0);
            m.file_offset = offset;
            const u64 header = i == 0 ? f.header_size : 0;
            if (m.kind == MappingKind::header) m.size = header;
            if (m.kind == MappingKind::text || m.kind == MappingKind::data) place_spans(m, header, offset);
            if (m.kind == MappingKind::linkedit) place_linkedit(f, m, header);
            offset += m.size;
            cursor += m.size;
        }
        f.signature_offset = offset;
    }
};

// Unmapped locals: at the end of a single-file cache, or in the .symbols file.
void place_locals(const Spec& spec, CacheLayout& l) {
    if (spec.locals != Locals::unmapped) return;
    File& f = l.files.back();
    LocalsTable& t = f.locals;
    u64 count = 0;
    u64 strings = 1;
    for (Image& image : l.images) {
        image.shape.first_local = static_cast<u32>(count);
        image.shape.locals_pool_at = strings;
        count += image.shape.unmapped_locals;
        strings += image.shape.locals_pool_size;
    }
    t.offset = f.signature_offset;
    t.count = static_cast<u32>(count);
    // Old builders leave room for 24 bytes an entry though an entry takes 12.
    const u64 entry = spec.era <= 0x140 ? 0x18 : 16;
    t.symbols = align_up(0x18 + entry * l.images.size(), 16);
    t.strings = t.symbols + count * nlist_size(spec.arch);
    t.strings_size = strings;
    t.size = t.strings + strings;
    f.signature_offset = align_up(t.offset + t.size, 0x4000);
}

}  // namespace

u32 slide_page_size(const Spec& spec) {
    return (spec.slide == 3 || spec.slide == 5) && spec.era >= 0x1C8 ? 0x4000 : 0x1000;
}

u64 page_size(const Spec& spec) {
    return is_x86(spec.arch) ? 0x1000 : 0x4000;
}

u64 cache_base(const Spec& spec) {
    if (is_x86(spec.arch)) return spec.era <= 0x140 ? 0x7FFF20000000 : 0x7FF800000000;
    if (is_64bit(spec.arch)) return 0x180000000;
    return spec.arch == Arch::armv7k ? 0x40000000 : 0x1A000000;
}

bool shares_pool(const Spec& spec) {
    if (spec.layout == Layout::single) return true;
    return !is_x86(spec.arch) && !(spec.era == 0x1C8 && spec.layout == Layout::many);
}

HeaderPlan plan_header(const Spec& spec, const CacheLayout& l, const File& f) {
    HeaderPlan p{};
    const u64 n = f.mappings.size();
    u64 at = p.mappings = spec.era;
    at += n * 0x20;
    if (spec.era >= 0x140) {
        p.slide_mappings = spec.era + n * 0x38;  // the builder sizes both tables by the larger record
        at = p.slide_mappings + n * 0x38;
    }
    const bool main = &f == l.files.data();
    if (f.image_tables) {
        p.images = at;
        p.image_count = l.images.size();
        u64 alias_bytes = 0;
        u64 path_bytes = 0;
        for (const Image& image : l.images) {
            path_bytes += image.path.size() + 1;
            if (spec.era > 0x138 || image.alias.empty()) continue;
            ++p.image_count;
            alias_bytes += image.alias.size() + 1;
        }
        at += p.image_count * 0x20;
        p.alias_paths = at;
        at += alias_bytes;
        if (spec.era >= 0x98) {
            p.images_text = at = align_up(at, 8);
            at += l.images.size() * 0x20;
            if (main && spec.era >= 0x1C8) {
                p.subs = at;
                at += l.sub_count * (spec.era <= 0x1C8 ? u64{24} : u64{56});
            }
            p.tpro = at = align_up(at, 8);
            if (spec.era >= 0x208 && main) at += 0x10;
            p.paths = at;
            at += path_bytes;
        }
    }
    p.end = std::max<u64>(at, spec.era);
    return p;
}

LinkeditPlace linkedit_place(const Spec& spec, const CacheLayout& l, const ImageShape& s) {
    const LinkeditGroup& g = l.groups[s.linkedit];
    const Mapping& m = l.files[g.file].mappings[g.mapping];
    const u64 tables = m.file_offset + g.tables;
    LinkeditPlace p;
    if (spec.era <= 0x140) {
        p = {m.address + g.tables, g.end, tables, 0, 0, 0, 0, 0, 0};
    } else {
        p = {m.address, m.size, m.file_offset, 0, 0, 0, 0, 0, 0};
    }
    p.symbols = tables + g.symbols + u64{s.first_nlist} * nlist_size(spec.arch);
    p.pool = tables + g.pool;
    p.pool_size = g.pool_size;
    p.trie = tables + s.trie_at;
    p.starts = tables + s.starts_at;
    p.indirect = tables + g.indirect + 4 * u64{s.first_indirect};
    return p;
}

void lay_out(const Scale& scale, CacheLayout& l, u64 generation) {
    const Spec& spec = scale.spec();
    l.base = cache_base(spec);
    plan_files(spec, l);
    l.share_imports = shares_pool(spec);
    Placer placer{spec, l, generation};
    for (File& f : l.files) placer.place_file(f, &f == l.files.data());
    l.end = placer.cursor;
    check_reach(spec, l);
    place_locals(spec, l);
    for (std::size_t i = 0; i < l.files.size(); ++i) {
        File& f = l.files[i];
        f.size = f.signature_offset + signature_room(spec.arch, f.signature_offset);
        if (f.size > 0xFFFFFFFF)
            throw std::runtime_error("file dyld_shared_cache" + f.suffix + " would exceed 4 GB: use --layout many");
        put64(f.uuid.data(), hash(spec.seed, 0xF11E + generation, i));
        put64(f.uuid.data() + 8, hash(spec.seed, 0xF11F + generation, i));
        f.uuid[6] = static_cast<u8>((f.uuid[6] & 0x0F) | 0x30);
        f.uuid[8] = static_cast<u8>((f.uuid[8] & 0x3F) | 0x80);
    }
}

}  // namespace dscgen
