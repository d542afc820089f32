// Damage to one image's part of the LINKEDIT: ranges in the load commands, nlists, function starts, exports trie; and
// to the dylibs trie.

#include "damage_patient.h"

#include <stdexcept>

namespace dscgen {

namespace {

std::function<Place(const Patient&)> command_field(u32 command, u64 offset) {
    return [=](const Patient& p) {
        const LoadCommand c = p.command(p.victim(), {command});
        return Place{c.place.file, c.place.offset + offset};
    };
}

std::function<Place(const Patient&)> trie_field(u64 offset) {
    return [offset](const Patient& p) {
        const Place at = p.trie_fields(p.victim());
        return Place{at.file, at.offset + offset};
    };
}

constexpr u32 kSymtab = 2;
constexpr u32 kDysymtab = 0xB;
constexpr u32 kStarts = 0x26;

void add_ranges(std::vector<Kind>& kinds) {
    //                                       0 1 max-1 max size-1 size size+1
    add_field(kinds, "symtab.symoff", 4, "aaiiaaa", command_field(kSymtab, 8), true);
    add_field(kinds, "symtab.nsyms", 4, "aaiiiii", command_field(kSymtab, 12), true);
    add_field(kinds, "symtab.stroff", 4, "aaiiaaa", command_field(kSymtab, 16), true);
    add_field(kinds, "symtab.strsize", 4, "aaiiaaa", command_field(kSymtab, 20), true);
    for (u64 i = 0; i < 6; ++i) {
        const char* const names[] = {"ilocalsym", "nlocalsym", "iextdefsym", "nextdefsym", "iundefsym", "nundefsym"};
        // ilocalsym is 0 anyway.
        add_field(kinds, std::string("dysymtab.") + names[i], 4, i == 0 ? "-aaaaaa" : "aaaaaaa",
                  command_field(kDysymtab, 8 + 4 * i), true);
    }
    add_field(kinds, "dysymtab.indirectsymoff", 4, "aaaaaaa", command_field(kDysymtab, 56), true);
    add_field(kinds, "dysymtab.nindirectsyms", 4, "aaaaaaa", command_field(kDysymtab, 60), true);
    add_field(kinds, "functionStarts.dataoff", 4, "aaiiaaa", command_field(kStarts, 8), true);
    add_field(kinds, "functionStarts.datasize", 4, "aaiiaaa", command_field(kStarts, 12), true);
    add_field(kinds, "trie.dataoff", 4, "aaiiaaa", trie_field(0), true);
    add_field(kinds, "trie.datasize", 4, "aaiiaaa", trie_field(4), true);
}

Place first_nlist(const Patient& p) {
    return p.linkedit(p.victim(), p.get(command_field(kSymtab, 8)(p), 4));
}

void add_symbols(std::vector<Kind>& kinds) {
    const auto nlist = [](u64 offset) {
        return [offset](const Patient& p) {
            const Place at = first_nlist(p);
            return Place{at.file, at.offset + offset};
        };
    };
    add_field(kinds, "nlist.strx", 4, "aaaaaaa", nlist(0), true);
    add_kind(kinds, "nlist.strx=strsize", Fatal::any, "a name index equal to the pool's size: an unnamed symbol",
             [=](Patient& p) {
                 p.hit_victim();
                 p.set(first_nlist(p), 4, p.get(command_field(kSymtab, 20)(p), 4));
             });
    add_kind(kinds, "nlist.section", Fatal::any, "a symbol in section 255", [=](Patient& p) {
        p.hit_victim();
        p.set(nlist(5)(p), 1, 255);
    });
    add_kind(kinds, "nlist.value", Fatal::any, "a symbol at an address outside its image", [=](Patient& p) {
        p.hit_victim();
        p.set(nlist(8)(p), p.wide() ? 8 : 4, ~u64{0});
    });
    add_kind(kinds, "nlist.ordinal", Fatal::any, "an import from library ordinal 253", [](Patient& p) {
        p.hit_victim();
        const u64 index = p.get(command_field(kDysymtab, 24)(p), 4);
        if (p.get(command_field(kDysymtab, 28)(p), 4) == 0)
            throw std::invalid_argument("damage: the image has no imports");
        const Place at = first_nlist(p);
        p.set({at.file, at.offset + index * (p.wide() ? 16U : 12U) + 6}, 2, 253 << 8);
    });
    add_kind(kinds, "strings.unterminated", Fatal::any, "the pool's last name has no NUL", [](Patient& p) {
        const Place at = p.linkedit(p.victim(), p.get(command_field(kSymtab, 16)(p), 4));
        p.set({at.file, at.offset + p.get(command_field(kSymtab, 20)(p), 4) - 1}, 1, 'A');
    });
    add_kind(
        kinds, "totals.shared-symtab", Fatal::any, "every image claims all symbols of the linkedit", [](Patient& p) {
            // From the first image's nlists to the string pool's start or the next table.
            const LoadCommand first = p.command(0, {kSymtab});
            const u64 symbols = p.get({first.place.file, first.place.offset + 8}, 4);
            const u64 starts = p.get({p.command(0, {kStarts}).place.file, p.command(0, {kStarts}).place.offset + 8}, 4);
            const u64 count = (starts - symbols) / (p.wide() ? 16 : 12);
            for (u32 i = 1; i < p.image_count(); ++i) {
                const LoadCommand c = p.command(i, {kSymtab});
                if (p.get({c.place.file, c.place.offset + 8}, 4) != symbols)
                    p.set({c.place.file, c.place.offset + 8}, 4, symbols);
                p.set({c.place.file, c.place.offset + 12}, 4, count);
            }
        });
}

// Overwrites the beginning of a byte range.
void overwrite(Patient& p, Place at, std::initializer_list<int> bytes) {
    for (const int b : bytes) {
        if (p.get(at, 1) != static_cast<u64>(b)) p.set(at, 1, static_cast<u64>(b));
        ++at.offset;
    }
}

void add_starts(std::vector<Kind>& kinds) {
    const auto bytes = [&](const char* name, Fatal fatal, const char* what, std::vector<int> values) {
        add_kind(kinds, std::string("functionStarts.") + name, fatal, what, [values](Patient& p) {
            p.hit_victim();
            if (p.get(command_field(kStarts, 12)(p), 4) < values.size())
                throw std::invalid_argument("damage: too few functions");
            Place at = p.linkedit(p.victim(), p.get(command_field(kStarts, 8)(p), 4));
            for (const int b : values) {
                if (p.get(at, 1) != static_cast<u64>(b)) p.set(at, 1, static_cast<u64>(b));
                ++at.offset;
            }
        });
    };
    bytes("long-uleb", Fatal::image, "an ULEB of more than 10 bytes", std::vector<int>(12, 0xFF));
    bytes("overflow", Fatal::image, "an ULEB above 64 bits",
          {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F});
    bytes("beyond-text", Fatal::any, "the first function is far behind __TEXT", {0xFF, 0xFF, 0xFF, 0xFF, 0x7F});
    add_kind(kinds, "functionStarts.cut-uleb", Fatal::any, "the stream ends inside an ULEB", [](Patient& p) {
        p.hit_victim();
        const Place at = p.linkedit(p.victim(), p.get(command_field(kStarts, 8)(p), 4));
        const u64 size = p.get(command_field(kStarts, 12)(p), 4);
        for (u64 i = 0; i < size; ++i) {
            if (p.get({at.file, at.offset + i}, 1) != 0x81) p.set({at.file, at.offset + i}, 1, 0x81);
        }
        p.set({at.file, at.offset + size - 1}, 1, 0x80);
    });
}

void add_tries(std::vector<Kind>& kinds) {
    const auto bytes = [&](const char* name, const char* what, std::vector<int> values, Fatal fatal = Fatal::image) {
        add_kind(kinds, std::string("trie.") + name, fatal, what, [values](Patient& p) {
            p.hit_victim();
            Place at = p.linkedit(p.victim(), p.get(trie_field(0)(p), 4));
            if (p.get(trie_field(4)(p), 4) < values.size())
                throw std::invalid_argument("damage: the image's trie is too small");
            for (const int b : values) {
                if (p.get(at, 1) != static_cast<u64>(b)) p.set(at, 1, static_cast<u64>(b));
                ++at.offset;
            }
        });
    };
    bytes("loop", "a node is its own child", {0, 1, 'a', 0, 0});
    bytes("loop-empty-label", "a node is its own child by an empty label", {0, 1, 0, 0});
    bytes("child-outside", "a child's offset is outside the trie", {0, 1, 'a', 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F});
    bytes("terminal-size", "a node's payload is longer than the trie", {0xFF, 0xFF, 0xFF, 0x7F});
    bytes("long-uleb", "an ULEB of more than 10 bytes", std::vector<int>(12, 0xFF));
    bytes("flags", "export flags nobody defines", {2, 0x43, 0, 0}, Fatal::any);
    bytes("payload-short", "a payload that ends inside its ULEB", {2, 0, 0x80, 0});
    bytes("re-export-unterminated", "a re-export's name runs over its payload", {3, 8, 1, 'A', 0}, Fatal::any);
    add_kind(kinds, "trie.no-nul", Fatal::image, "an edge label without NUL up to the trie's end", [](Patient& p) {
        p.hit_victim();
        const Place at = p.linkedit(p.victim(), p.get(trie_field(0)(p), 4));
        const u64 size = p.get(trie_field(4)(p), 4);
        overwrite(p, at, {0, 1});
        for (u64 i = 2; i < size; ++i)
            p.set({at.file, at.offset + i}, 1, p.get({at.file, at.offset + i}, 1) == 'Z' ? 'Y' : 'Z');
    });
    const auto dylibs_trie = [](const Patient& p) {
        const Place at = p.header(0x108, 16);
        return p.translate(p.get(at, 8));
    };
    add_kind(kinds, "dylibsTrie.loop", Fatal::any, "the dylibs trie's root is its own child", [=](Patient& p) {
        overwrite(p, dylibs_trie(p), {0, 1, '/', 0, 0});
    });
    add_kind(kinds, "dylibsTrie.child-outside", Fatal::any, "a child of the dylibs trie is outside of it",
             [=](Patient& p) {
                 overwrite(p, dylibs_trie(p), {0, 1, '/', 0, 0xFF, 0xFF, 0xFF, 0x0F});
             });
    add_kind(kinds, "dylibsTrie.index", Fatal::any, "an alias for an image index that does not exist", [=](Patient& p) {
        overwrite(p, dylibs_trie(p), {0, 1, '/', 'x', 0, 6, 3, 0xFF, 0xFF, 0x7F, 0});
    });
}

}  // namespace

void add_linkedit_kinds(std::vector<Kind>& kinds) {
    add_ranges(kinds);
    add_symbols(kinds);
    add_starts(kinds);
    add_tries(kinds);
}

}  // namespace dscgen
