// Damage to one image's Mach-O header, load commands, segments and sections.

#include "damage_patient.h"

#include <stdexcept>

namespace dscgen {

namespace {

std::function<Place(const Patient&)> macho_field(u64 offset) {
    return [offset](const Patient& p) {
        const Place at = p.macho(p.victim());
        return Place{at.file, at.offset + offset};
    };
}

std::function<Place(const Patient&)> segment_field(const std::string& name, u64 narrow, u64 wide) {
    return [=](const Patient& p) {
        const LoadCommand c = p.segment(p.victim(), name);
        return Place{c.place.file, c.place.offset + (p.wide() ? wide : narrow)};
    };
}

std::function<Place(const Patient&)> section_field(const std::string& name, u64 narrow, u64 wide) {
    return [=](const Patient& p) {
        const Place at = p.section(p.victim(), name);
        return Place{at.file, at.offset + (p.wide() ? wide : narrow)};
    };
}

void add_header(std::vector<Kind>& kinds) {
    //                                       0 1 max-1 max size-1 size size+1
    add_field(kinds, "macho.magic", 4, "iiiiiii", macho_field(0), true);
    add_field(kinds, "macho.cputype", 4, "aaaaaaa", macho_field(4), true);
    add_field(kinds, "macho.filetype", 4, "aaaaaaa", macho_field(12), true);
    add_field(kinds, "macho.ncmds", 4, "aaiiiii", macho_field(16), true);
    add_field(kinds, "macho.sizeofcmds", 4, "iiiiaaa", macho_field(20), true);
    add_kind(kinds, "macho.sizeofcmds-short", Fatal::image, "sizeofcmds ends before the last command", [](Patient& p) {
        p.hit_victim();
        const Place at = macho_field(20)(p);
        p.set(at, 4, p.get(at, 4) - 16);
    });
    add_kind(kinds, "macho.swapped-magic", Fatal::image, "magic of the other byte order", [](Patient& p) {
        p.hit_victim();
        p.set(p.macho(p.victim()), 4, p.wide() ? 0xCFFAEDFE : 0xCEFAEDFE);
    });
    add_kind(kinds, "macho.at-mapping-end", Fatal::image, "the image's header is cut by the end of its mapping",
             [](Patient& p) {
                 p.hit_victim();
                 // The last 16 bytes of the mapping that holds the victim.
                 const Place at = p.macho(p.victim());
                 for (u64 i = 0; i < p.get({at.file, 0x14}, 4); ++i) {
                     const u64 record = p.era() + i * 0x20;
                     const u64 address = p.get({at.file, record}, 8);
                     const u64 size = p.get({at.file, record + 8}, 8);
                     const u64 offset = p.get({at.file, record + 16}, 8);
                     if (at.offset < offset || at.offset - offset >= size) continue;
                     p.set({0, p.image_record(p.victim()).offset}, 8, address + size - 16);
                     if (p.era() >= 0x98) p.set({0, p.text_record(p.victim()).offset + 16}, 8, address + size - 16);
                     return;
                 }
             });
}

void add_commands(std::vector<Kind>& kinds) {
    const auto first_command = [](u64 offset) {
        return [offset](const Patient& p) {
            const LoadCommand c = p.commands(p.victim()).front();
            return Place{c.place.file, c.place.offset + offset};
        };
    };
    add_field(kinds, "command.cmdsize", 4, "iiiiiii", first_command(4), true);
    for (const u64 size : std::initializer_list<u64>{4, 7, 8, 10}) {
        add_kind(kinds, "command.cmdsize-" + std::to_string(size), Fatal::image,
                 "the first segment command's cmdsize is " + std::to_string(size), [=](Patient& p) {
                     p.hit_victim();
                     p.set(first_command(4)(p), 4, size);
                 });
    }
    const auto last_command = [](const Patient& p) { return p.commands(p.victim()).back(); };
    add_kind(kinds, "command.last-too-long", Fatal::image, "the last command ends after sizeofcmds", [=](Patient& p) {
        p.hit_victim();
        const LoadCommand c = last_command(p);
        p.set({c.place.file, c.place.offset + 4}, 4, u64{c.size} + 8);
    });
    add_kind(kinds, "command.unknown", Fatal::none, "LC_SOURCE_VERSION became a command nobody knows", [](Patient& p) {
        p.hit_victim();
        p.set(p.command(p.victim(), {0x2A}).place, 4, 0x7777);
    });
    const auto dylib = [](u64 offset) {
        return [offset](const Patient& p) {
            const LoadCommand c = p.command(p.victim(), {0xC, 0x80000018, 0x8000001F, 0x80000023});
            return Place{c.place.file, c.place.offset + offset};
        };
    };
    add_field(kinds, "dylib.nameOffset", 4, "aaiiiii", dylib(8), true);
    add_kind(kinds, "dylib.nameOffset=cmdsize", Fatal::image, "a dependency's name begins where its command ends",
             [=](Patient& p) {
                 p.hit_victim();
                 p.set(dylib(8)(p), 4, p.get(dylib(4)(p), 4));
             });
    add_kind(kinds, "dylib.unterminated", Fatal::none, "a dependency's name fills its command without NUL",
             [=](Patient& p) {
                 p.hit_victim();
                 const Place at = dylib(0)(p);
                 for (u64 i = p.get({at.file, at.offset + 4}, 4) - 1; p.get({at.file, at.offset + i}, 1) == 0; --i)
                     p.set({at.file, at.offset + i}, 1, 'A');
             });
    add_kind(kinds, "uuid.short", Fatal::any, "LC_UUID claims 16 bytes instead of 24", [](Patient& p) {
        p.hit_victim();
        p.set({p.command(p.victim(), {0x1B}).place.file, p.command(p.victim(), {0x1B}).place.offset + 4}, 4, 16);
    });
}

void add_segments(std::vector<Kind>& kinds) {
    add_field(kinds, "segment.nsects", 4, "aaiiiii", segment_field("__TEXT", 48, 64), true);
    add_kind(kinds, "segment.nsects+1", Fatal::image, "one section more than the command has room for", [](Patient& p) {
        p.hit_victim();
        const Place at = segment_field("__TEXT", 48, 64)(p);
        p.set(at, 4, p.get(at, 4) + 1);
    });
    add_kind(kinds, "segment.name-unterminated", Fatal::any, "a segment name of 16 characters without NUL",
             [](Patient& p) {
                 p.hit_victim();
                 const Place at = segment_field("__DATA", 8, 8)(p);
                 p.set(at, 8, 0x4141414141415F5F);
                 p.set({at.file, at.offset + 8}, 8, 0x4141414141414141);
             });
    // Fields as wide as a pointer: only 64-bit caches have them at 8 bytes.
    const auto wide_only = [](std::function<Place(const Patient&)> locate) {
        return [locate](const Patient& p) {
            if (!p.wide()) throw std::invalid_argument("damage: a 64-bit field");
            return locate(p);
        };
    };
    const auto segment = [&](const char* name, u64 offset) { return wide_only(segment_field(name, 0, offset)); };
    add_field(kinds, "segment.text.vmaddr", 8, "aaaaaaa", segment("__TEXT", 24), true);
    add_field(kinds, "segment.text.vmsize", 8, "aaaaaaa", segment("__TEXT", 32), true);
    add_field(kinds, "segment.data.vmaddr", 8, "aaaaaaa", segment("__DATA", 24), true);
    add_field(kinds, "segment.data.vmsize", 8, "aaaaaaa", segment("__DATA", 32), true);
    add_field(kinds, "segment.data.fileoff", 8, "aaaaaaa", segment("__DATA", 40), true);
    add_field(kinds, "segment.linkedit.vmaddr", 8, "iiiiiii", segment("__LINKEDIT", 24), true);
    add_field(kinds, "segment.linkedit.vmsize", 8, "aaaaaaa", segment("__LINKEDIT", 32), true);
    add_field(kinds, "segment.linkedit.fileoff", 8, "aaiiaaa", segment("__LINKEDIT", 40), true);
    add_field(kinds, "segment.linkedit.filesize", 8, "aaaaaaa", segment("__LINKEDIT", 48), true);
    for (const char* name : {"__text", "__cstring", "__cfstring", "__const", "__bss"}) {
        const bool zerofill = std::string(name) == "__bss";
        const std::string prefix = std::string("section.") + (name + 2);
        add_field(kinds, prefix + ".addr", 8, zerofill ? "aaaaaaa" : "iiiiiii", wide_only(section_field(name, 32, 32)),
                  true);
        add_field(kinds, prefix + ".size", 8, zerofill ? "aaaaaaa" : "aaiiaaa", wide_only(section_field(name, 36, 40)),
                  true);
        // Left out: the values that these sections have anyway.
        const bool plain = std::string(name) == "__cfstring" || std::string(name) == "__const";
        add_field(kinds, prefix + ".offset", 4, zerofill ? "-aaaaaa" : "aaaaaaa", section_field(name, 40, 48), true);
        add_field(kinds, prefix + ".flags", 4,
                  plain      ? "-aaaaaa"
                  : zerofill ? "a-aaaaa"
                             : "aaaaaaa",
                  section_field(name, 56, 64), true);
    }
    add_kind(kinds, "section.name-unterminated", Fatal::any, "a section name of 16 characters without NUL",
             [](Patient& p) {
                 p.hit_victim();
                 const Place at = p.section(p.victim(), "__unwind_info");
                 p.set({at.file, at.offset + 8}, 8, 0x4141414141414141);
             });
    add_kind(kinds, "section.cfstring.odd-size", Fatal::any, "__cfstring's size is no multiple of its records",
             [](Patient& p) {
                 p.hit_victim();
                 const Place at = section_field("__cfstring", 36, 40)(p);
                 p.set(at, 4, p.get(at, 4) - 5);
             });
    add_kind(kinds, "section.cstring.unterminated", Fatal::any, "the last string of __cstring has no NUL",
             [](Patient& p) {
                 p.hit_victim();
                 const Place at = p.section(p.victim(), "__cstring");
                 const u64 address = p.get({at.file, at.offset + 32}, p.wide() ? 8 : 4);
                 const u64 size = p.get({at.file, at.offset + (p.wide() ? 40U : 36U)}, p.wide() ? 8 : 4);
                 p.set(p.translate(address + size - 1), 1, 'A');
             });
    add_kind(kinds, "cfstring.length", Fatal::any, "a CFString longer than everything", [](Patient& p) {
        p.hit_victim();
        const Place at = p.section(p.victim(), "__cfstring");
        const Place record = p.translate(p.get({at.file, at.offset + 32}, p.wide() ? 8 : 4));
        p.set({record.file, record.offset + (p.wide() ? 24U : 12U)}, p.wide() ? 8 : 4, 0x7FFFFFFFFFFFFFFF);
    });
    add_kind(kinds, "cfstring.pointer", Fatal::any, "a CFString's characters lie in no mapping", [](Patient& p) {
        p.hit_victim();
        const Place at = p.section(p.victim(), "__cfstring");
        const Place record = p.translate(p.get({at.file, at.offset + 32}, p.wide() ? 8 : 4));
        p.set({record.file, record.offset + (p.wide() ? 16U : 8U)}, 4, 0x3FFFFFFF);
    });
}

}  // namespace

void add_image_kinds(std::vector<Kind>& kinds) {
    add_header(kinds);
    add_commands(kinds);
    add_segments(kinds);
}

}  // namespace dscgen
