#include "layout.h"

#include <cstdio>
#include <stdexcept>

namespace dscgen {

namespace {

constexpr u64 kGigabyte = u64{1} << 30;
constexpr u64 kRegionGap = u64{32} << 20;  // between read-only and writable regions on ARM

Mapping new_mapping(MappingKind kind, u32 max_prot, u32 init_prot, u64 flags = 0) {
    Mapping m{};
    m.kind = kind;
    m.max_prot = max_prot;
    m.init_prot = init_prot;
    m.flags = flags;
    return m;
}

struct FilePlanner {
    const Spec& spec;
    CacheLayout& layout;

    File& add(const std::string& suffix) {
        layout.files.push_back({});
        layout.files.back().suffix = suffix;
        return layout.files.back();
    }
    // Number of a sub-cache as its suffix spells it.
    std::string number() const {
        char text[16];
        std::snprintf(text, sizeof text, spec.era >= 0x200 ? ".%02u" : ".%u",
                      static_cast<unsigned>(layout.files.size()));
        return text;
    }
    void header(File& f, u32 protection) {
        f.mappings.push_back(new_mapping(MappingKind::header, protection, protection));
    }
    void text(File& f, u32 first, u32 last) {
        Mapping m = new_mapping(MappingKind::text, 5, 5);
        m.spans.push_back({kSegText, first, last, 0, 0});
        f.mappings.push_back(m);
    }
    void data(File& f, u32 first, u32 last) {
        const Profile p = profile(spec);
        const auto mapping = [&](std::initializer_list<Segment> segments, u64 flags) {
            const bool read_only = (flags & 4) != 0 && spec.era >= 0x208;
            Mapping m = new_mapping(MappingKind::data, 3, read_only ? 1U : 3U, flags);
            m.has_slide = spec.slide != 99;
            for (const Segment segment : segments) {
                if (segment == kSegDataConst && !p.const_segment) continue;
                if ((segment == kSegAuth || segment == kSegAuthConst) && !p.auth_segments) continue;
                m.spans.push_back({segment, first, last, 0, 0});
            }
            if (!m.spans.empty()) f.mappings.push_back(m);
        };
        if (spec.era <= 0x138) {
            mapping({kSegDataConst, kSegData, kSegAuth, kSegAuthConst}, 0);
        } else if (spec.era == 0x140) {
            mapping({kSegDataConst, kSegData}, 0);
            mapping({kSegAuth, kSegAuthConst}, 1);
        } else {
            mapping({kSegDataConst}, 4);
            mapping({kSegData}, 0);
            mapping({kSegAuth}, 1);
            mapping({kSegAuthConst}, 5);
        }
    }
    // A linkedit with tables of images [first, last); with none of them it holds slide info only.
    void linkedit(File& f, u32 first, u32 last) {
        Mapping m = new_mapping(MappingKind::linkedit, 1, 1);
        if (last > first) {
            m.group = static_cast<u32>(layout.groups.size());
            LinkeditGroup g;
            g.first = first;
            g.last = last;
            g.file = static_cast<u32>(layout.files.size()) - 1;
            g.mapping = static_cast<u32>(f.mappings.size());
            layout.groups.push_back(g);
        }
        f.mappings.push_back(m);
    }
    void complete(const std::string& suffix, u32 first, u32 last) {
        File& f = add(suffix);
        f.image_tables = true;  // for Rosetta the sub-caches repeat the tables
        text(f, first, last);
        data(f, first, last);
        linkedit(f, first, last);
    }
};

// Cuts the images into about `parts` runs of equal __TEXT size, none above `limit` bytes.
std::vector<std::pair<u32, u32>> cut_by_text(const CacheLayout& l, u64 parts, u64 limit) {
    u64 total = 0;
    for (const Image& image : l.images) total += align_up(image.shape.segment_size[kSegText], 0x1000);
    const u64 target = std::min(limit, total / parts + 1);
    std::vector<std::pair<u32, u32>> runs;
    u32 first = 0;
    u64 sum = 0;
    for (u32 i = 0; i < l.images.size(); ++i) {
        const u64 size = align_up(l.images[i].shape.segment_size[kSegText], 0x1000);
        if (i > first && sum + size > target) {
            runs.emplace_back(first, i);
            first = i;
            sum = 0;
        }
        sum += size;
    }
    runs.emplace_back(first, static_cast<u32>(l.images.size()));
    return runs;
}

void plan_single(FilePlanner& p, u32 n) {
    p.complete("", 0, n);
}

void plan_complete_files(FilePlanner& p, u64 parts, u64 limit) {
    for (const auto& [first, last] : cut_by_text(p.layout, parts, limit))
        p.complete(p.layout.files.empty() ? "" : p.number(), first, last);
}

// iOS 15 style: sub-caches have no kinds in their names, the linkedit file's header is in its read-only mapping.
void plan_split_v1(FilePlanner& p, u32 n) {
    p.text(p.add(""), 0, n);
    p.layout.files[0].image_tables = true;
    File& data = p.add(p.number());
    data.image_tables = true;
    p.header(data, 5);
    p.data(data, 0, n);
    p.linkedit(data, 0, 0);
    File& linkedit = p.add(p.number());
    linkedit.image_tables = true;
    p.linkedit(linkedit, 0, n);
}

void plan_split_v2(FilePlanner& p, u32 n, bool many) {
    const bool header_only = p.spec.platform != 1 || p.spec.era >= 0x238;
    auto runs = many ? cut_by_text(p.layout, 3, u64{110} << 20) : cut_by_text(p.layout, header_only ? 1 : 2, ~u64{0});
    File& main = p.add("");
    main.image_tables = true;
    if (header_only) {
        p.header(main, 5);
    } else {
        p.text(main, runs.front().first, runs.front().second);
        runs.erase(runs.begin());
    }
    for (const auto& [first, last] : runs) p.text(p.add(p.number()), first, last);
    const u32 half = many ? n / 2 : 0;
    for (const auto& [first, last] : {std::pair<u32, u32>{0, half}, {half, n}}) {
        if (last == first) continue;
        File& data = p.add(p.number() + ".dylddata");
        p.header(data, 5);
        p.data(data, first, last);
        p.linkedit(data, 0, 0);
    }
    if (many && p.spec.era >= 0x228) {
        File& f = p.add(p.number() + ".dyldreadonly");
        p.header(f, 5);
        f.mappings.push_back(new_mapping(MappingKind::read_only, 1, 1, 0x20));
        f.mappings.back().size = 0x4000;
    }
    File& linkedit = p.add(p.number() + ".dyldlinkedit");
    p.header(linkedit, 5);
    p.linkedit(linkedit, 0, n);
}

void plan_files(const Spec& spec, CacheLayout& l) {
    FilePlanner p{spec, l};
    const u32 n = static_cast<u32>(l.images.size());
    l.files.reserve(130);  // references to files stay valid while planning
    const bool many = spec.layout == Layout::many;
    if (spec.layout == Layout::single)
        plan_single(p, n);
    else if (is_x86(spec.arch))
        plan_complete_files(p, many ? 4 : 2, u64{512} << 20);
    else if (spec.era == 0x1C8 && many)
        plan_complete_files(p, 3, u64{1536} << 20);
    else if (spec.era == 0x1C8)
        plan_split_v1(p, n);
    else
        plan_split_v2(p, n, many);
    l.files[0].image_tables = true;
    l.sub_count = static_cast<u32>(l.files.size()) - 1;
    if (spec.locals == Locals::unmapped && spec.era >= 0x1C8) {
        File& f = p.add(".symbols");
        f.symbols_file = true;
        p.header(f, 5);
    }
    if (l.files.size() > 129) throw std::runtime_error("too many sub-caches");
}

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
    place_locals(spec, l);
    for (std::size_t i = 0; i < l.files.size(); ++i) {
        File& f = l.files[i];
        f.size = f.signature_offset + kSignatureSize;
        if (f.size > 0xFFFFFFFF)
            throw std::runtime_error("file dyld_shared_cache" + f.suffix + " would exceed 4 GB: use --layout many");
        put64(f.uuid.data(), hash(spec.seed, 0xF11E + generation, i));
        put64(f.uuid.data() + 8, hash(spec.seed, 0xF11F + generation, i));
        f.uuid[6] = static_cast<u8>((f.uuid[6] & 0x0F) | 0x30);
        f.uuid[8] = static_cast<u8>((f.uuid[8] & 0x3F) | 0x80);
    }
}

}  // namespace dscgen
