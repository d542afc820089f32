// Damage to whole files: truncated at every table edge, missing, swapped, not a cache at all.

#include "damage_patient.h"

#include <stdexcept>

namespace dscgen {

namespace {

// Index of a sub-cache file, by position in the array.
u32 sub_file(const Patient& p, u32 index) {
    if (index >= p.sub_count()) throw std::invalid_argument("damage: this cache has no such sub-cache");
    const Place entry = p.sub_entry(index, 0);
    for (u32 f = 1; f < p.files.size(); ++f) {
        if (p.files[f].is_cache &&
            std::memcmp(p.files[f].bytes.data() + 0x58, p.files[0].bytes.data() + entry.offset, 16) == 0)
            return f;
    }
    throw std::invalid_argument("damage: a sub-cache is missing already");
}

void add_truncations(std::vector<Kind>& kinds) {
    const auto cut = [&](const char* name, Fatal fatal, const char* what, std::function<u64(const Patient&)> size) {
        add_kind(kinds, std::string("truncate.") + name, fatal, std::string("main file ends ") + what,
                 [size](Patient& p) { p.truncate(0, size(p)); });
    };
    cut("empty", Fatal::cache, "at 0", [](const Patient&) { return 0; });
    cut("magic", Fatal::cache, "inside the magic", [](const Patient&) { return 7; });
    cut("smallest", Fatal::cache, "after 0x27 bytes", [](const Patient&) { return 0x27; });
    cut("uuid", Fatal::cache, "inside the uuid", [](const Patient&) { return 0x60; });
    cut("header", Fatal::cache, "one byte before the header's end", [](const Patient& p) { return p.era() - 1; });
    cut("mappings", Fatal::cache, "where the mapping table begins", [](const Patient& p) { return p.era(); });
    cut("mapping-record", Fatal::cache, "inside the first mapping record",
        [](const Patient& p) { return p.era() + 0x1F; });
    cut("slide-mappings", Fatal::cache, "inside the slide mapping table",
        [](const Patient& p) { return p.slide_mapping(0, 0x37).offset; });
    cut("images", Fatal::cache, "inside the image table",
        [](const Patient& p) { return p.image_record(1).offset + 1; });
    cut("images-text", Fatal::cache, "inside imagesText", [](const Patient& p) { return p.text_record(1).offset + 1; });
    cut("sub-caches", Fatal::cache, "inside the sub-cache array",
        [](const Patient& p) { return p.sub_entry(0, 23).offset; });
    cut("paths", Fatal::any, "inside the last image's path", [](const Patient& p) {
        return p.get({0, p.text_record(p.image_count() - 1).offset + 28}, 4) + 5;
    });
    cut("half", Fatal::any, "in its middle", [](const Patient& p) { return p.files[0].bytes.size() / 2; });
    cut("last-byte", Fatal::any, "one byte early", [](const Patient& p) { return p.files[0].bytes.size() - 1; });
    cut("victim-header", Fatal::any, "inside the victim's Mach-O header (when that is in the main file)",
        [](const Patient& p) {
            const Place at = p.macho(p.victim());
            if (at.file != 0) throw std::invalid_argument("damage: the image is not in the main file");
            return at.offset + 16;
        });
    add_kind(kinds, "truncate.sub-half", Fatal::any, "last sub-cache ends in its middle", [](Patient& p) {
        const u32 f = sub_file(p, p.sub_count() - 1);
        p.truncate(f, p.files[f].bytes.size() / 2);
    });
    add_kind(kinds, "truncate.sub-header", Fatal::any, "first sub-cache ends inside its header",
             [](Patient& p) { p.truncate(sub_file(p, 0), 0x100); });
    add_kind(kinds, "truncate.sub-empty", Fatal::any, "first sub-cache is empty",
             [](Patient& p) { p.truncate(sub_file(p, 0), 0); });
    add_kind(kinds, "truncate.symbols", Fatal::any, ".symbols ends in its middle", [](Patient& p) {
        const u32 f = p.file_named(".symbols");
        p.truncate(f, p.files[f].bytes.size() / 2);
    });
    add_kind(kinds, "truncate.symbols-info", Fatal::any, ".symbols ends inside the locals info", [](Patient& p) {
        const Place at = p.locals();
        if (at.file == 0) throw std::invalid_argument("damage: this cache has no .symbols");
        p.truncate(at.file, at.offset + 20);
    });
}

void add_missing(std::vector<Kind>& kinds) {
    add_kind(kinds, "missing.first-sub", Fatal::any, "first sub-cache is missing",
             [](Patient& p) { p.remove(sub_file(p, 0)); });
    add_kind(kinds, "missing.last-sub", Fatal::any, "last sub-cache is missing",
             [](Patient& p) { p.remove(sub_file(p, p.sub_count() - 1)); });
    add_kind(kinds, "missing.data", Fatal::any, "a .dylddata file is missing",
             [](Patient& p) { p.remove(p.file_named(".dylddata")); });
    add_kind(kinds, "missing.linkedit", Fatal::any, "the .dyldlinkedit file is missing",
             [](Patient& p) { p.remove(p.file_named(".dyldlinkedit")); });
    add_kind(kinds, "missing.symbols", Fatal::none, ".symbols is missing: redacted names stay unknown",
             [](Patient& p) { p.remove(p.file_named(".symbols")); });
    add_kind(kinds, "missing.main", Fatal::cache, "the main file is missing", [](Patient& p) { p.remove(0); });
}

void add_wrong(std::vector<Kind>& kinds) {
    add_kind(kinds, "magic.text", Fatal::cache, "magic is no dyld_v1", [](Patient& p) { p.set({0, 0}, 1, 'x'); });
    add_kind(kinds, "magic.arch", Fatal::cache, "magic names an unknown architecture", [](Patient& p) {
        p.set({0, 12}, 1, '?');
    });
    add_kind(kinds, "magic.version", Fatal::cache, "magic says dyld_v9", [](Patient& p) { p.set({0, 6}, 1, '9'); });
    add_kind(kinds, "magic.sub", Fatal::any, "first sub-cache's magic names another architecture", [](Patient& p) {
        p.set({sub_file(p, 0), 14}, 1, 'z');
    });
    add_kind(kinds, "sub.uuid-of-file", Fatal::any, "first sub-cache is of another build: its own uuid differs",
             [](Patient& p) {
                 p.set({sub_file(p, 0), 0x58}, 1, ~p.get({sub_file(p, 0), 0x58}, 1));
             });
    add_kind(kinds, "symbols.uuid-of-file", Fatal::any, ".symbols is of another build: its own uuid differs",
             [](Patient& p) {
                 const u32 f = p.file_named(".symbols");
                 p.set({f, 0x58}, 1, ~p.get({f, 0x58}, 1));
             });
    add_kind(kinds, "sub.has-subs", Fatal::any, "first sub-cache claims sub-caches of its own", [](Patient& p) {
        p.sub_entry(0, 0);
        p.set({sub_file(p, 0), 0x18C}, 4, 3);
    });
    add_kind(kinds, "sub.is-main", Fatal::any, "first sub-cache is a copy of the main file", [](Patient& p) {
        const u32 f = sub_file(p, 0);
        p.files[f].bytes = p.files[0].bytes;
        p.report.file = p.files[f].name;
    });
}

}  // namespace

void add_file_kinds(std::vector<Kind>& kinds) {
    add_truncations(kinds);
    add_missing(kinds);
    add_wrong(kinds);
}

}  // namespace dscgen
