// Makes LC_DYLD_CHAINED_FIXUPS data, field by field.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/buffer.h"

namespace strata::test {

struct MadeImport {
    int32_t ordinal = 1;
    std::string name;
    bool weak = false;
    int64_t addend = 0;
};

struct MadeStarts {
    uint16_t page_size = 0x1000;
    uint16_t format = 6;
    uint64_t segment_offset = 0;
    uint32_t max_pointer = 0;
    std::vector<uint16_t> pages;  ///< first, a start for each page
    std::vector<uint16_t> lists;  ///< then the lists of pages with several chains
};

struct FixupsMaker {
    uint32_t import_format = 1;
    std::vector<MadeImport> imports;
    std::vector<MadeStarts> segments;  ///< one for each segment of the image; no pages = no fixups

    std::string bytes() const {
        std::string table;
        std::string names(1, '\0');
        for (const auto& import : imports) {
            table += entry(import, names.size());
            names += import.name + '\0';
        }
        std::string starts = le32(segments.size());
        starts.resize(4 + 4 * segments.size(), '\0');
        for (size_t i = 0; i < segments.size(); ++i) {
            if (segments[i].pages.empty()) continue;
            starts.resize((starts.size() + 7) / 8 * 8, '\0');
            put(starts, 4 + 4 * i, le32(starts.size()));
            starts += segment_starts(segments[i]);
        }
        starts.resize((starts.size() + 7) / 8 * 8, '\0');
        const uint64_t imports_at = 32 + starts.size();
        return le32(0) + le32(32) + le32(imports_at) + le32(imports_at + table.size()) + le32(imports.size()) +
               le32(import_format) + le32(0) + le32(0) + starts + table + names;
    }

  private:
    std::string entry(const MadeImport& import, uint64_t name) const {
        const auto ordinal = static_cast<uint64_t>(static_cast<int64_t>(import.ordinal));
        const uint64_t weak = import.weak ? 1 : 0;
        if (import_format == 3)
            return le64((ordinal & 0xffff) | weak << 16 | name << 32) + le64(static_cast<uint64_t>(import.addend));
        const std::string word = le32((ordinal & 0xff) | weak << 8 | name << 9);
        return import_format == 2 ? word + le32(static_cast<uint64_t>(import.addend)) : word;
    }

    static std::string segment_starts(const MadeStarts& made) {
        const uint64_t size = 22 + 2 * (made.pages.size() + made.lists.size());
        std::string out = le32(size) + le16(made.page_size) + le16(made.format) + le64(made.segment_offset) +
                          le32(made.max_pointer) + le16(made.pages.size());
        for (const uint16_t start : made.pages) out += le16(start);
        for (const uint16_t start : made.lists) out += le16(start);
        return out;
    }
};

}  // namespace strata::test
