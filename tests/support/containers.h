// Makes files that hold other files: fat files and static archives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/big_endian.h"

namespace strata::test {

struct MadeSlice {
    uint32_t cpu_type;
    uint32_t cpu_subtype;
    std::string bytes;
};

/// A fat file, its slices 16 bytes aligned; `wide` uses 64-bit entries.
inline std::string make_fat(const std::vector<MadeSlice>& slices, bool wide = false) {
    std::string table = be32(wide ? 0xcafebabf : 0xcafebabe) + be32(slices.size());
    std::string body;
    uint64_t at = (table.size() + slices.size() * (wide ? 32 : 20) + 15) / 16 * 16;
    const uint64_t first = at;
    for (const auto& slice : slices) {
        table += be32(slice.cpu_type) + be32(slice.cpu_subtype);
        table += wide ? be64(at) + be64(slice.bytes.size()) + be32(4) + be32(0)
                      : be32(at) + be32(slice.bytes.size()) + be32(4);
        body += slice.bytes;
        body.resize((body.size() + 15) / 16 * 16, '\0');
        at = first + body.size();
    }
    table.resize(first, '\0');
    return table + body;
}

/// One member header of an archive.
inline std::string member_header(std::string_view name, uint64_t size) {
    const auto field = [](std::string_view text, size_t width) {
        std::string padded(text);
        padded.resize(width, ' ');
        return padded;
    };
    return field(name, 16) + field("0", 12) + field("0", 6) + field("0", 6) + field("644", 8) +
           field(std::to_string(size), 10) + "`\n";
}

enum class ArchiveForm { kBsd, kGnu };

/// A static archive; names that do not fit are written in the long form of `form`.
inline std::string make_archive(const std::vector<std::pair<std::string, std::string>>& members,
                                ArchiveForm form = ArchiveForm::kBsd) {
    std::string archive = "!<arch>\n";
    const auto add = [&](std::string_view name, std::string_view bytes) {
        archive += member_header(name, bytes.size());
        archive += bytes;
        if (archive.size() % 2 != 0) archive += '\n';
    };
    if (form == ArchiveForm::kBsd) {
        std::string index = fixed("__.SYMDEF SORTED", 20);
        index += "table of symbols";
        add("#1/20", index);
        for (const auto& [name, bytes] : members) {
            const std::string padded = fixed(name, (name.size() + 4) / 4 * 4);
            add("#1/" + std::to_string(padded.size()), padded + bytes);
        }
        return archive;
    }
    add("/", "table of symbols");
    std::string names;
    for (const auto& [name, bytes] : members)
        if (name.size() > 15) names += name + "/\n";
    add("//", names);
    for (const auto& [name, bytes] : members)
        add(name.size() > 15 ? "/" + std::to_string(names.find(name)) : name + "/", bytes);
    return archive;
}

}  // namespace strata::test
