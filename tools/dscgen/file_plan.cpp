// Which files a cache has, and what is in each: by era, layout and architecture.

#include "layout.h"

#include <cstdio>
#include <stdexcept>

namespace dscgen {

namespace {

constexpr std::size_t kMaxFiles = 129;
// Code finds its data by adrp, 4 GB either way, however large the cache: after so much __TEXT its data files follow.
constexpr u64 kGroupText = u64{2} << 30;

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
        if (layout.files.size() == kMaxFiles) throw std::invalid_argument("this cache needs too many sub-caches");
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

u64 text_bytes(const CacheLayout& l, u32 first, u32 last) {
    u64 total = 0;
    for (u32 i = first; i < last; ++i) total += align_up(l.images[i].shape.segment_size[kSegText], 0x1000);
    return total;
}

// Cuts the images into about `parts` runs of equal __TEXT size, none above `limit` bytes.
std::vector<std::pair<u32, u32>> cut_by_text(const CacheLayout& l, u64 parts, u64 limit) {
    const u32 n = static_cast<u32>(l.images.size());
    const u64 target = std::min(limit, text_bytes(l, 0, n) / parts + 1);
    std::vector<std::pair<u32, u32>> runs;
    u32 first = 0;
    u64 sum = 0;
    for (u32 i = 0; i < n; ++i) {
        const u64 size = text_bytes(l, i, i + 1);
        if (i > first && sum + size > target) {
            runs.emplace_back(first, i);
            first = i;
            sum = 0;
        }
        sum += size;
    }
    runs.emplace_back(first, n);
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

void plan_data_files(FilePlanner& p, u32 begin, u32 end, bool many) {
    const u32 half = many ? begin + (end - begin) / 2 : begin;
    for (const auto& [first, last] : {std::pair<u32, u32>{begin, half}, {half, end}}) {
        if (last == first) continue;
        File& data = p.add(p.number() + ".dylddata");
        p.header(data, 5);
        p.data(data, first, last);
        p.linkedit(data, 0, 0);
    }
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
    u32 begin = 0;  // of the group's images
    u64 text = 0;
    for (const auto& [first, last] : runs) {
        const u64 size = text_bytes(p.layout, first, last);
        if (text + size > kGroupText && first > begin) {
            plan_data_files(p, begin, first, many);
            begin = first;
            text = 0;
        }
        p.text(p.add(p.number()), first, last);
        text += size;
    }
    plan_data_files(p, begin, n, many);
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

}  // namespace

void plan_files(const Spec& spec, CacheLayout& l) {
    FilePlanner p{spec, l};
    const u32 n = static_cast<u32>(l.images.size());
    l.files.reserve(kMaxFiles);  // references to files stay valid while planning
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
}

}  // namespace dscgen
