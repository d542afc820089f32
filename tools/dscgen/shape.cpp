#include "shape.h"

#include "macho.h"
#include "objc.h"

#include <stdexcept>

namespace dscgen {

namespace {

u32 pool_bytes(const std::vector<u32>& offsets) {
    return offsets.back();
}

struct Place {
    Section section;
    u32 alignment;
};

// Lays sections of one segment one after the other; returns the end.
u32 place(ImageShape& s, u32 at, std::initializer_list<Place> places) {
    for (const Place& p : places) {
        if (s.size[p.section] == 0) continue;
        at = static_cast<u32>(align_up(at, p.alignment));
        s.offset[p.section] = at;
        at += s.size[p.section];
    }
    return at;
}

void measure_sections(const Content& content, u32 pool, ImageShape& s) {
    const Spec& spec = content.scale().spec();
    s.size[kText] = content.text_size();
    s.size[kStubs] = stub_size(spec.arch) * s.imports;
    s.size[kCString] = pool_bytes(content.string_offsets(Pool::cstring));
    s.size[kOsLog] = pool_bytes(content.string_offsets(Pool::oslog));
    s.size[kMethName] = pool_bytes(content.string_offsets(Pool::methname));
    s.size[kUString] = content.ustring_offsets().back();
    s.size[kUnwind] = unwind_size(s.functions);
    for (const Section section : {kTextConst, kGot, kConst, kCfString, kData, kBss, kAuthData, kAuthGot, kAuthConst})
        s.size[section] = static_cast<u32>(content.section_bytes(section));
    const ObjcPlan objc(content);
    for (u32 section = kMethList; section <= kObjcData; ++section)
        s.size[section] = static_cast<u32>(objc.section_bytes(static_cast<Section>(section)));
    s.size[kObjcOptRo] += pool;
    s.strings = objc.string_count();
    if (spec.objc_strings == ObjcStrings::pool) {
        for (const Section section : kPooledSections) std::swap(s.size[section], s.pooled[section]);
        s.strings = 0;
    }
    s.objc_facts = objc.fact_count();
}

void place_sections(const Content& content, ImageShape& s, const std::string& path) {
    const Profile p = profile(content.scale().spec());
    // Header pad, as ld leaves some: it makes the code's place independent of the path's length, so that a moved image
    // keeps every offset.
    constexpr u32 kPad = 256;
    const u32 own_path = static_cast<u32>(align_up(path.size() + 25, p.pointer));
    if (own_path > kPad) throw std::length_error("dscgen: install name too long");
    const u32 code_start = (p.pointer == 8 ? 32 : 28) + s.commands_size + kPad - own_path;
    s.segment_size[kSegText] = place(s, code_start,
                                     {{kText, 16},
                                      {kStubs, 4},
                                      {kTextConst, 16},
                                      {kCString, 1},
                                      {kOsLog, 1},
                                      {kMethName, 1},
                                      {kUString, 2},
                                      {kUnwind, 4},
                                      {kMethList, 8},
                                      {kObjcNames, 1},
                                      {kObjcTypes, 1},
                                      {kObjcOptRo, 8}});
    s.first_extra = static_cast<u32>(align_up(s.segment_size[kSegText], 16));
    for (const u32 size : content.mutations().sections_added)
        s.segment_size[kSegText] = static_cast<u32>(align_up(s.segment_size[kSegText], 16)) + size;
    // What is empty lies behind the last one.
    for (const Section section : kPooledSections)
        if (s.pooled[section] != 0) s.offset[section] = s.segment_size[kSegText];
    std::array<u32, kSegmentCount> end{};
    for (const Section section : {kGot, kConst, kAuthGot, kAuthConst, kCfString, kClassList, kCategoryList,
                                  kProtocolList, kObjcImageInfo, kObjcConst, kObjcData, kData, kAuthData, kBss}) {
        u32& at = end[segment_of(p, section)];
        at = place(s, at, {{section, 16}});
    }
    for (const Segment segment : {kSegDataConst, kSegData, kSegAuth, kSegAuthConst})
        s.segment_size[segment] = end[segment];
}

void measure_names(const Content& content, bool share_imports, ImageShape& s) {
    const Locals mode = content.scale().spec().locals;
    const u64 seed = content.image().seed;
    u8 name[kMaxName];
    u32 at = 0;
    content.for_each_export([&](const Symbol& symbol) {
        if (symbol.item == Item::exported_function && symbol.ordinal < kPopular) {
            s.popular_text[symbol.ordinal] = static_cast<u32>(symbol.value);
            s.popular_string[symbol.ordinal] = at;
        }
        ++s.trie_names;
        if (!symbol.in_nlist) {
            ++s.trie_only;
            return;
        }
        ++s.exports;
        at += static_cast<u32>(symbol_name(name, seed, symbol.item, symbol.ordinal)) + 1;
    });
    if (!share_imports) {
        for (const Import& import : content.imports()) {
            const u64 exporter = new_image(content.scale().spec(), content.dependencies()[import.dependency].id).seed;
            at += static_cast<u32>(symbol_name(name, exporter, Item::exported_function, import.popular)) + 1;
        }
    }
    u32 locals_bytes = 0;
    content.for_each_local([&](const Symbol& symbol) {
        ++s.all_locals;
        if (mode == Locals::kept || symbol.section == kText) ++s.own_locals;
        locals_bytes += static_cast<u32>(symbol_name(name, seed, symbol.item, symbol.ordinal)) + 1;
    });
    s.pool_size = mode == Locals::kept ? at + locals_bytes : at;
    if (mode == Locals::unmapped) {
        s.unmapped_locals = s.all_locals;
        s.locals_pool_size = locals_bytes;
    }
}

u32 measure_starts(const Content& content, const ImageShape& s) {
    u32 size = 0;
    u32 last = 0;
    const u32 thumb = is_thumb(content.scale().spec().arch) ? 1 : 0;
    for (u32 slot = 0; slot < content.function_slots(); ++slot) {
        if (!content.function_exists(slot)) continue;
        const u32 at = s.offset[kText] + content.function_offset(slot) + thumb;
        size += uleb_size(at - last);
        last = at;
    }
    return static_cast<u32>(align_up(size + 1, 8));
}

}  // namespace

u32 unwind_size(u32 functions) {
    return 28 + 12 + 8 * (functions / 8 + 1);
}

void fill_trie(TrieBuilder& trie, const Content& content, const ImageShape& shape) {
    trie.clear();
    const Spec& spec = content.scale().spec();
    const Profile p = profile(spec);
    const u64 seed = content.image().seed;
    const u64 header = shape.segment_address[kSegText];
    u8 name[kMaxName];
    u8 payload[kMaxName + 16];
    const auto add = [&](Item item, u32 ordinal, const u8* end) {
        const std::size_t length = symbol_name(name, seed, item, ordinal);
        trie.add({reinterpret_cast<const char*>(name), length}, payload, static_cast<std::size_t>(end - payload));
    };
    content.for_each_export([&](const Symbol& s) {
        u8* end = payload;
        if (s.item == Item::absolute) {
            *end++ = 2;
            end = put_uleb(end, s.value);
        } else {
            // Before the layout the distance to data is not known: reserve for the longest.
            const u64 base = s.section == kText ? header : shape.segment_address[segment_of(p, s.section)];
            u64 offset =
                (header == 0 && s.section != kText ? u64{1} << 34 : base - header) + shape.offset[s.section] + s.value;
            if (s.section == kText && is_thumb(spec.arch)) offset |= 1;
            // One resolver in libSystem: stub offset, then resolver offset.
            const bool resolver = content.image().id == 0 && s.item == Item::exported_function && s.ordinal == 5;
            *end++ = static_cast<u8>((s.weak ? 4 : 0) | (resolver ? 0x10 : 0));
            end = put_uleb(end, offset);
            if (resolver) end = put_uleb(end, shape.offset[kText]);
        }
        add(s.item, s.ordinal, end);
    });
    for (u32 n = 0; n < content.reexport_count(); ++n) {
        const Import& import = content.imports()[n];
        const u64 exporter = new_image(spec, content.dependencies()[import.dependency].id).seed;
        u8* end = payload;
        *end++ = 8;
        end = put_uleb(end, import.dependency + 1);
        end += symbol_name(end, exporter, Item::exported_function, import.popular);
        *end++ = 0;
        add(Item::reexport, n, end);
    }
}

namespace {

void count_facts(const Content& content, ImageShape& s) {
    const Mutations& m = content.mutations();
    s.sections = s.extra_count;
    for (u32 section = 0; section < kSectionCount; ++section)
        s.sections += s.has(static_cast<Section>(section)) ? 1 : 0;
    s.strings += content.string_slots(Pool::cstring) - static_cast<u32>(m.strings_removed.size()) +
                 content.counts().oslogs + (s.pooled[kMethName] == 0 ? content.counts().methnames : 0) +
                 content.cfstring_count();
    s.reexports = content.reexport_count();
    s.trie_names += s.reexports;
}

}  // namespace

ImageShape measure(const Content& content, const std::string& path, bool share_imports, TrieBuilder& trie, u32 pool) {
    ImageShape s;
    s.functions = content.function_count();
    s.imports = static_cast<u32>(content.imports().size());
    s.extra_count = static_cast<u32>(content.mutations().sections_added.size());
    measure_names(content, share_imports, s);
    measure_sections(content, pool, s);
    count_facts(content, s);
    std::vector<u8> commands;
    s.path_at = write_macho(commands, content, s, LinkeditPlace{}, path);
    s.commands_size = static_cast<u32>(commands.size()) - (is_64bit(content.scale().spec().arch) ? 32 : 28);
    place_sections(content, s, path);
    fill_trie(trie, content, s);
    s.trie_size = static_cast<u32>(align_up(trie.finish(), 8));
    s.starts_size = measure_starts(content, s);
    return s;
}

}  // namespace dscgen
