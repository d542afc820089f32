// Damage to the tables of images, sub-caches, local symbols and slide info.

#include "damage_patient.h"

#include <stdexcept>

namespace dscgen {

namespace {

void add_images(std::vector<Kind>& kinds) {
    const auto text_field = [](u64 offset) {
        return [offset](const Patient& p) { return Place{0, p.text_record(p.victim()).offset + offset}; };
    };
    const auto image_field = [](u64 offset) {
        return [offset](const Patient& p) { return Place{0, p.image_record(p.victim()).offset + offset}; };
    };
    add_field(kinds, "imagesText.loadAddress", 8, "aaaaaaa", text_field(16), true);
    add_field(kinds, "imagesText.textSegmentSize", 4, "aaaaaaa", text_field(24), true);
    add_field(kinds, "imagesText.pathOffset", 4, "aaaaaaa", text_field(28), true);
    add_field(kinds, "images.address", 8, "aaaaaaa", image_field(0), true);
    add_field(kinds, "images.pathFileOffset", 4, "aaaaaaa", image_field(24), true);
    add_kind(kinds, "images.unmapped-address", Fatal::image, "the image's address lies in no mapping", [](Patient& p) {
        p.hit_victim();
        p.set({0, p.image_record(p.victim()).offset}, 8, 0x7000000000);
        if (p.era() >= 0x98) p.set({0, p.text_record(p.victim()).offset + 16}, 8, 0x7000000000);
    });
    add_kind(kinds, "images.same-address", Fatal::any, "two images at one address", [](Patient& p) {
        if (p.image_count() < 2) throw std::invalid_argument("damage: this cache has one image only");
        p.hit_victim();
        const u64 address = p.image_address(p.victim() == 0 ? 1 : p.victim() - 1);
        p.set({0, p.image_record(p.victim()).offset}, 8, address);
        if (p.era() >= 0x98) p.set({0, p.text_record(p.victim()).offset + 16}, 8, address);
    });
    add_kind(kinds, "images.same-path", Fatal::any, "two images with one path", [](Patient& p) {
        p.hit_victim();
        const u32 other = p.victim() == 0 ? 1 : p.victim() - 1;
        p.set({0, p.text_record(p.victim()).offset + 28}, 4, p.get({0, p.text_record(other).offset + 28}, 4));
        p.set({0, p.image_record(p.victim()).offset + 24}, 4, p.get({0, p.image_record(other).offset + 24}, 4));
    });
    add_kind(kinds, "path.not-utf8", Fatal::any, "a path with bytes that are no UTF-8, a newline and an escape",
             [](Patient& p) {
                 p.hit_victim();
                 const u64 at = p.get({0, p.text_record(p.victim()).offset + 28}, 4);
                 p.set({0, at + 1}, 4, 0x1B0AFEFF);
             });
    add_kind(kinds, "path.empty", Fatal::any, "a path of no characters", [](Patient& p) {
        p.hit_victim();
        p.set({0, p.get({0, p.text_record(p.victim()).offset + 28}, 4)}, 1, 0);
    });
    add_kind(kinds, "path.unterminated", Fatal::any, "a path without NUL up to the end of the file", [](Patient& p) {
        p.hit_victim();
        std::vector<u8>& b = p.files[0].bytes;
        const u64 at = b.size() - 8;
        for (u64 i = at; i < b.size(); ++i) b[i] = 'A';
        p.set({0, p.text_record(p.victim()).offset + 28}, 4, at);
    });
}

void add_subs(std::vector<Kind>& kinds) {
    const auto suffix = [&](const char* name, Fatal fatal, const char* what, const std::string& value, bool whole) {
        add_kind(kinds, std::string("sub.suffix-") + name, fatal, what, [value, whole](Patient& p) {
            const Place at = p.sub_entry(0, 24);
            for (u32 i = 0; i < 32; ++i) {
                const u64 c = i < value.size() ? static_cast<u8>(value[i]) : whole ? 'A' : 0;
                if (p.get({0, at.offset + i}, 1) != c) p.set({0, at.offset + i}, 1, c);
            }
        });
    };
    suffix("slash", Fatal::any, "suffix leads into another directory: .01/../../x", ".01/../../x", false);
    suffix("dotdot", Fatal::any, "suffix is /../../../etc/passwd", "/../../../etc/passwd", false);
    suffix("absolute", Fatal::any, "suffix is an absolute path", "/etc/passwd", false);
    suffix("empty", Fatal::any, "suffix is empty: the main file again", "", false);
    suffix("unterminated", Fatal::any, "suffix of 32 characters without NUL", ".", true);
    suffix("no-dot", Fatal::any, "suffix does not begin with a dot", "01", false);
    suffix("newline", Fatal::any, "suffix holds control characters", ".\n\x1B[2J", false);
    add_kind(kinds, "sub.suffix-twice", Fatal::any, "two entries name one file", [](Patient& p) {
        for (u64 i = 0; i < 32; i += 8) {
            const u64 v = p.get(p.sub_entry(0, 24 + i), 8);
            if (p.get(p.sub_entry(1, 24 + i), 8) != v) p.set(p.sub_entry(1, 24 + i), 8, v);
        }
    });
    add_kind(kinds, "sub.uuid", Fatal::any, "first entry's uuid is not the sub-cache's", [](Patient& p) {
        const Place at = p.sub_entry(0, 0);
        p.set(at, 1, ~p.get(at, 1));
    });
    add_field(
        kinds, "sub.cacheVMOffset", 8, "aaaaaaa", [](const Patient& p) { return p.sub_entry(0, 16); }, false);
}

void add_locals(std::vector<Kind>& kinds) {
    const char* const names[] = {"nlistOffset", "nlistCount",    "stringsOffset",
                                 "stringsSize", "entriesOffset", "entriesCount"};
    for (u64 i = 0; i < 6; ++i) {
        const auto locate = [i](const Patient& p) {
            const Place at = p.locals();
            return Place{at.file, at.offset + 4 * i};
        };
        add_field(kinds, std::string("locals.") + names[i], 4, "aaaaaaa", locate, false);
    }
    // Entry of the victim: the n-th, as tables have the images' order.
    const auto entry = [](u64 field) {
        return [field](const Patient& p) {
            const Place at = p.locals();
            const u64 size = p.era() >= 0x190 ? 16 : 12;
            return Place{at.file,
                         at.offset + p.get({at.file, at.offset + 16}, 4) + p.victim() * size + (size - 12) + field};
        };
    };
    add_field(kinds, "locals.entry.start", 4, "aaaaaaa", entry(4), true);
    add_field(kinds, "locals.entry.count", 4, "aaaaaaa", entry(8), true);
    add_kind(kinds, "locals.entry.dylibOffset", Fatal::any, "an entry for an address where no image is",
             [entry](Patient& p) {
                 p.hit_victim();
                 p.set(entry(0)(p), 4, 0x123);
             });
    add_kind(kinds, "locals.strx=strsize", Fatal::any, "a local's name index is the pool's size", [](Patient& p) {
        const Place at = p.locals();
        p.set({at.file, at.offset + p.get(at, 4)}, 4, p.get({at.file, at.offset + 12}, 4));
    });
    add_kind(kinds, "locals.unterminated", Fatal::any, "the last local's name has no NUL", [](Patient& p) {
        const Place at = p.locals();
        const u64 end = at.offset + p.get({at.file, at.offset + 8}, 4) + p.get({at.file, at.offset + 12}, 4);
        p.set({at.file, end - 1}, 1, 'A');
    });
}

void add_slide(std::vector<Kind>& kinds) {
    // `fatal` leaves out the value that small caches have anyway.
    const auto field = [&](const char* name, u64 offset, u32 width, std::initializer_list<u32> versions,
                           const char* fatal = "aaaaaaa") {
        const std::vector<u32> fit(versions);
        const auto locate = [offset, fit](const Patient& p) {
            const Place at = p.slide();
            const u64 version = p.get(at, 4);
            for (const u32 v : fit) {
                if (v == version) return Place{at.file, at.offset + offset};
            }
            throw std::invalid_argument("damage: other slide info version");
        };
        add_field(kinds, std::string("slide.") + name, width, fatal, locate, false);
    };
    field("version", 0, 4, {1, 2, 3, 4, 5});
    field("page_size", 4, 4, {2, 3, 4, 5});
    field("page_starts_offset", 8, 4, {2, 4});
    field("page_starts_count", 12, 4, {2, 4});
    field("page_starts_count35", 8, 4, {3, 5}, "a-aaaaa");
    field("page_extras_offset", 16, 4, {2, 4}, "-aaaaaa");
    field("page_extras_count", 20, 4, {2, 4}, "-aaaaaa");
    field("delta_mask", 24, 8, {2, 4});
    field("value_add", 32, 8, {2, 4});
    field("value_add35", 16, 8, {3, 5});
    field("toc_offset", 4, 4, {1});
    field("toc_count", 8, 4, {1});
    field("entries_offset", 12, 4, {1});
    field("entries_count", 16, 4, {1});
    field("entries_size", 20, 4, {1});
    add_kind(kinds, "slide.page_size-odd", Fatal::any, "slide info page size is no power of two", [](Patient& p) {
        const Place at = p.slide();
        p.set({at.file, at.offset + 4}, 4, 0x1001);
    });
    add_kind(kinds, "slide.delta_mask-holes", Fatal::any, "delta mask's bits are not adjacent", [](Patient& p) {
        const Place at = p.slide();
        if (const u64 v = p.get(at, 4); v != 2 && v != 4)
            throw std::invalid_argument("damage: other slide info version");
        p.set({at.file, at.offset + 24}, 8, 0x00F0F00000000000);
    });
    add_kind(kinds, "slide.page-start", Fatal::any, "first page's chain begins at the end of the page", [](Patient& p) {
        const Place at = p.slide();
        const u64 version = p.get(at, 4);
        const u64 starts = version == 3 || version == 5 ? 24 : version == 1 ? 24 : 40;
        p.set({at.file, at.offset + starts}, 2,
              version == 3 || version == 5 ? p.get({at.file, at.offset + 4}, 4) - 4 : 0x3FFF);
    });
}

// The first encoded pointer of the first mapping with slide info: its next field is set to all ones.
void add_chain(std::vector<Kind>& kinds) {
    add_kind(
        kinds, "slide.chain-beyond-page", Fatal::any, "a pointer's link to the next one leads out of its page",
        [](Patient& p) {
            const Place info = p.slide();
            const u64 version = p.get(info, 4);
            if (p.era() < 0x140 || version == 1 || !p.wide())
                throw std::invalid_argument("damage: needs 64-bit chains");
            const u64 table = p.get({info.file, 0x138}, 4);
            for (u64 i = 0; i < p.get({info.file, 0x13C}, 4); ++i) {
                const u64 record = table + i * 0x38;
                if (p.get({info.file, record + 24}, 8) != info.offset) continue;
                const u64 start = p.get({info.file, info.offset + (version == 2 ? 40U : 24U)}, 2);
                if (start == 0xFFFF || start == 0x4000)
                    throw std::invalid_argument("damage: no pointer in the first page");
                const Place at{info.file, p.get({info.file, record + 16}, 8) + (version == 2 ? start * 4 : start)};
                const u64 next = version == 2 ? u64{0xFFFF} << 40 : version == 3 ? u64{0x7FF} << 51 : u64{0x7FF} << 52;
                p.set(at, 8, p.get(at, 8) | next);
                return;
            }
        });
}

}  // namespace

void add_table_kinds(std::vector<Kind>& kinds) {
    add_images(kinds);
    add_subs(kinds);
    add_locals(kinds);
    add_slide(kinds);
    add_chain(kinds);
}

}  // namespace dscgen
