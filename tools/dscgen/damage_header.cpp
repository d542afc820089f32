// Damage to the header's own fields and to the two mapping tables.

#include "damage_patient.h"

namespace dscgen {

namespace {

std::function<Place(const Patient&)> header_field(u64 offset, u32 width) {
    return [=](const Patient& p) { return p.header(offset, width); };
}

void add_header_fields(std::vector<Kind>& kinds) {
    const auto field = [&](const char* name, u64 offset, u32 width, const char* fatal) {
        add_field(kinds, std::string("header.") + name, width, fatal, header_field(offset, width), false);
    };
    //                                                     0 1 max-1 max size-1 size size+1
    field("mappingOffset", 0x10, 4, "ccccccc");
    field("mappingCount", 0x14, 4, "caccccc");
    field("slideMappingOffset", 0x138, 4, "ccccccc");
    field("slideMappingCount", 0x13C, 4, "aaccccc");
    field("imagesTextOffset", 0x88, 8, "aaccccc");
    field("imagesTextCount", 0x90, 8, "aaccccc");
    field("imagesOffset", 0x1C0, 4, "aaaaaaa");
    field("imagesCount", 0x1C4, 4, "aaaaaaa");
    field("imagesOffsetOld", 0x18, 4, "aaaaaaa");
    field("imagesCountOld", 0x1C, 4, "aaaaaaa");
    add_field(
        kinds, "header.subCacheArrayOffset", 4, "aaccccc",
        [](const Patient& p) {
            p.sub_entry(0, 0);  // without sub-caches the offset means nothing
            return p.header(0x188, 4);
        },
        false);
    field("subCacheArrayCount", 0x18C, 4, "aaccccc");
    field("codeSignatureOffset", 0x28, 8, "aaaaaaa");
    field("codeSignatureSize", 0x30, 8, "aaaaaaa");
    field("localSymbolsOffset", 0x48, 8, "aaaaaaa");
    field("localSymbolsSize", 0x50, 8, "aaaaaaa");
    field("slideInfoOffset", 0x38, 8, "aaaaaaa");
    field("slideInfoSize", 0x40, 8, "aaaaaaa");
    field("accelerateInfoAddr", 0x78, 8, "aaaaaaa");
    field("dylibsTrieAddr", 0x108, 8, "aaaaaaa");
    field("dylibsTrieSize", 0x110, 8, "aaaaaaa");
    field("sharedRegionStart", 0xE0, 8, "aaaaaaa");
    field("sharedRegionSize", 0xE8, 8, "aaaaaaa");
    field("tproMappingsOffset", 0x200, 4, "aaaaaaa");
    field("tproMappingsCount", 0x204, 4, "a-aaaaa");
    field("platform", 0xD8, 4, "aaaaaaa");
    field("cacheType", 0x68, 8, "aaaaaaa");
    add_kind(kinds, "header.both-image-tables", Fatal::any, "old and new image table fields are both set",
             [](Patient& p) {
                 const bool is_new = p.era() >= 0x1C8;
                 const Place old_field = is_new ? Place{0, 0x18} : p.header(0x1C0, 4);
                 p.set(old_field, 4, 0x1000);
                 p.set({0, old_field.offset + 4}, 4, 7);
             });
    add_kind(kinds, "header.symbolFileUUID", Fatal::any, "symbolFileUUID is another file's", [](Patient& p) {
        p.set(p.header(0x190, 16), 1, ~p.get({0, 0x190}, 1));
    });
    add_kind(kinds, "header.symbolFileUUID=0", Fatal::any, "symbolFileUUID is zero", [](Patient& p) {
        const Place at = p.header(0x190, 16);
        p.set(at, 8, 0);
        p.set({0, at.offset + 8}, 8, 0);
    });
}

// The same value in both tables where there are two: the contradiction between them is a kind of its own.
void add_mapping_field(std::vector<Kind>& kinds, const std::string& name, u64 field, const char* fatal) {
    constexpr const char* kValues[] = {"0", "1", "max-1", "max", "size-1", "size", "size+1"};
    for (u32 v = 0; v < 7; ++v) {
        if (fatal[v] == '-') continue;
        const auto apply = [field, v](Patient& p) {
            const u64 size = p.files[0].bytes.size();
            const u64 values[] = {0, 1, ~u64{1}, ~u64{0}, size - 1, size, size + 1};
            p.set(p.mapping(0, field), 8, values[v]);
            if (p.era() >= 0x140) p.set(p.slide_mapping(0, field), 8, values[v]);
        };
        const Fatal f = fatal[v] == 'c' ? Fatal::cache : Fatal::any;
        add_kind(kinds, name + "=" + kValues[v], f, name + " of the first mapping, in all tables, set to " + kValues[v],
                 apply);
    }
}

void add_mappings(std::vector<Kind>& kinds) {
    add_mapping_field(kinds, "mapping.address", 0, "aaccaaa");
    add_mapping_field(kinds, "mapping.size", 8, "caccaaa");
    add_mapping_field(kinds, "mapping.fileOffset", 16, "-cccccc");
    add_kind(kinds, "mapping.tables-disagree", Fatal::cache,
             "the two mapping tables give one mapping different addresses", [](Patient& p) {
                 const Place at = p.slide_mapping(0, 0);
                 p.set(at, 8, p.get(at, 8) + 0x4000);
             });
    add_kind(kinds, "mapping.overlap", Fatal::cache, "second mapping begins inside the first", [](Patient& p) {
        const u64 address = p.get(p.mapping(0, 0), 8);
        p.set(p.mapping(1, 0), 8, address + 0x1000);
        if (p.era() >= 0x140) p.set(p.slide_mapping(1, 0), 8, address + 0x1000);
    });
    add_kind(
        kinds, "mapping.overlap-other-file", Fatal::any, "first sub-cache's first mapping lies over the main file's",
        [](Patient& p) {
            const u64 address = p.get(p.mapping(0, 0), 8);
            p.set(p.sub_entry(0, 16), 8, 0);
            for (u32 f = 1; f < p.files.size(); ++f) {
                if (!p.files[f].is_cache || std::memcmp(p.files[f].bytes.data() + 0x58,
                                                        p.files[0].bytes.data() + p.sub_entry(0, 0).offset, 16) != 0)
                    continue;
                p.set({f, p.era()}, 8, address);
                p.set({f, p.get({f, 0x138}, 4)}, 8, address);
            }
        });
    add_kind(kinds, "mapping.size-beyond-file", Fatal::any, "last mapping is longer than the file", [](Patient& p) {
        const u32 last = static_cast<u32>(p.get({0, 0x14}, 4)) - 1;
        const u64 size = p.get(p.mapping(last, 8), 8) + 0x100000;
        p.set(p.mapping(last, 8), 8, size);
        if (p.era() >= 0x140) p.set(p.slide_mapping(last, 8), 8, size);
    });
    add_kind(kinds, "mapping.no-protection", Fatal::any, "first mapping has no protections", [](Patient& p) {
        p.set(p.mapping(0, 24), 8, 0);
        if (p.era() >= 0x140) p.set(p.slide_mapping(0, 48), 8, 0);
    });
    for (const auto& [name, offset] :
         {std::pair<const char*, u64>{"slideInfoFileOffset", 24}, {"slideInfoFileSize", 32}}) {
        const u64 field = offset;
        const auto locate = [field](const Patient& p) {
            p.slide();
            return p.slide_mapping(static_cast<u32>(p.get({0, 0x13C}, 4)) - 1, field);
        };
        add_field(kinds, std::string("slideMapping.") + name, 8, "-aaaaaa", locate, false);
    }
}

}  // namespace

void add_header_kinds(std::vector<Kind>& kinds) {
    add_header_fields(kinds);
    add_mappings(kinds);
}

}  // namespace dscgen
