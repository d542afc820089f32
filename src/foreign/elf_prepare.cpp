#include "foreign/elf_prepare.h"

#include <algorithm>
#include <utility>

#include "foreign/elf_format.h"

namespace strata::foreign {
namespace {

/// Less is not worth moving the rest for.
constexpr uint64_t kWorthCutting = 1U << 20;

/// The tables of one file: where they are, and what they say.
class Tables {
  public:
    explicit Tables(std::span<const uint8_t> file) : file_(file), in_(file), wide_(in_.is_64()) {
        sections_ = {number(wide_ ? 0x28 : 0x20), in_.u16(wide_ ? 0x3a : 0x2e), in_.u16(wide_ ? 0x3c : 0x30)};
        segments_ = {number(wide_ ? 0x20 : 0x1c), in_.u16(wide_ ? 0x36 : 0x2a), in_.u16(wide_ ? 0x38 : 0x2c)};
    }

    /// Whether entries are as large as the ABI says: parsers do not agree on what others mean.
    bool are_usual() const {
        return sections_.step == (wide_ ? 0x40 : 0x28) && (segments_.count == 0 || segments_.step == segment_size());
    }

    uint64_t section_count() const { return sections_.count; }
    uint64_t sections_begin() const { return sections_.at; }
    uint64_t sections_end() const { return end_of(sections_.at, sections_.step * sections_.count); }

    ElfSectionPlace section(uint64_t index) const {
        const uint64_t at = entry(index);
        return {in_.u32(at + 4), number(at + (wide_ ? 0x18 : 0x10)), number(at + (wide_ ? 0x20 : 0x14))};
    }
    uint64_t section_flags(uint64_t index) const { return number(entry(index) + 8); }
    uint32_t section_link(uint64_t index) const { return in_.u32(entry(index) + (wide_ ? 0x28 : 0x18)); }
    uint64_t names_section() const { return in_.u16(wide_ ? 0x3e : 0x32); }

    /// Changes of the same file.
    void put_section_type(std::vector<uint8_t>& file, uint64_t index, uint32_t type) const {
        in_.put_u32(file, entry(index) + 4, type);
    }
    void put_section_place(std::vector<uint8_t>& file, uint64_t index, uint64_t offset, uint64_t size) const {
        put(file, entry(index) + (wide_ ? 0x18 : 0x10), offset);
        put(file, entry(index) + (wide_ ? 0x20 : 0x14), size);
    }
    void put_sections_begin(std::vector<uint8_t>& file, uint64_t offset) {
        put(file, wide_ ? 0x28 : 0x20, offset);
        sections_.at = offset;
    }

    /// Behind everything that segments have, and the headers; UINT64_MAX when a segment cannot be read.
    uint64_t loaded_end() const {
        uint64_t end = std::max<uint64_t>(0x40, end_of(segments_.at, segments_.step * segments_.count));
        for (uint64_t i = 0; i < segments_.count; ++i) {
            const uint64_t at = segments_.at + i * segments_.step;
            if (at >= file_.size() || file_.size() - at < segment_size()) return UINT64_MAX;
            end = std::max(end, end_of(number(at + (wide_ ? 0x08 : 0x04)), number(at + (wide_ ? 0x20 : 0x10))));
        }
        return end;
    }

    static uint64_t end_of(uint64_t at, uint64_t size) { return size > UINT64_MAX - at ? UINT64_MAX : at + size; }

  private:
    struct Table {
        uint64_t at = 0;
        uint64_t step = 0;
        uint64_t count = 0;
    };

    uint64_t segment_size() const { return wide_ ? 0x38 : 0x20; }
    uint64_t entry(uint64_t index) const { return sections_.at + index * sections_.step; }
    uint64_t number(uint64_t at) const { return wide_ ? in_.u64(at) : in_.u32(at); }
    void put(std::vector<uint8_t>& file, uint64_t at, uint64_t value) const {
        if (wide_) {
            in_.put_u64(file, at, value);
        } else {
            in_.put_u32(file, at, static_cast<uint32_t>(value));
        }
    }

    std::span<const uint8_t> file_;
    const ElfNumbers in_;
    const bool wide_;
    Table sections_;
    Table segments_;
};

/// Collects what stays of a file.
class Kept {
  public:
    explicit Kept(uint64_t file_size) : size_(file_size) {}

    void keep(uint64_t begin, uint64_t end) {
        if (begin < std::min(end, size_)) kept_.emplace_back(begin, std::min(end, size_));
    }

    /// Call when all is kept that is to be.
    std::vector<FilePart> parts() {
        std::sort(kept_.begin(), kept_.end());
        std::vector<FilePart> parts;
        for (const auto& [begin, end] : kept_) {
            if (!parts.empty() && begin <= parts.back().offset + parts.back().size) {
                parts.back().size = std::max(parts.back().size, end - parts.back().offset);
            } else {
                parts.push_back({begin, end - begin});
            }
        }
        return parts;
    }

  private:
    const uint64_t size_;
    std::vector<std::pair<uint64_t, uint64_t>> kept_;  // begin and end
};

uint64_t size_of(const std::vector<FilePart>& parts) {
    uint64_t size = 0;
    for (const auto& part : parts) size += part.size;
    return size;
}

/// Where the offsets of a file are when only some parts of it are left.
class Moves {
  public:
    explicit Moves(const FileInParts& file) : whole_(file.whole_size), left_(file.bytes.size()), parts_(file.parts) {
        uint64_t to = 0;
        for (const auto& part : parts_) {
            to_.push_back(to);
            to += part.size;
        }
    }

    /// An offset outside of the file stays as far behind its end.
    uint64_t moved(uint64_t offset) const {
        if (offset >= whole_) return offset - (whole_ - left_);
        const auto next = std::upper_bound(parts_.begin(), parts_.end(), offset,
                                           [](uint64_t at, const FilePart& part) { return at < part.offset; });
        if (next == parts_.begin()) return 0;
        const FilePart& part = *(next - 1);
        return to_[static_cast<size_t>(next - 1 - parts_.begin())] + std::min(offset - part.offset, part.size);
    }

  private:
    const uint64_t whole_;
    const uint64_t left_;
    const std::vector<FilePart>& parts_;
    std::vector<uint64_t> to_;
};

bool is_relocations(uint32_t type) {
    return type == kShtRel || type == kShtRela;
}

std::vector<ElfSectionPlace> places_of(const Tables& tables) {
    std::vector<ElfSectionPlace> places;
    for (uint64_t i = 0; i < tables.section_count(); ++i) places.push_back(tables.section(i));
    return places;
}

/// Which sections are cut out: plain ones behind everything loaded that no other one refers to.
std::vector<bool> find_cut(const Tables& tables, const std::vector<ElfSectionPlace>& places) {
    const uint64_t loaded_end = tables.loaded_end();
    std::vector<bool> cut(places.size());
    for (uint64_t i = 0; i < places.size(); ++i)
        cut[i] = (places[i].type == kShtProgbits || is_relocations(places[i].type)) &&
                 (tables.section_flags(i) & kShfAlloc) == 0 && places[i].offset >= loaded_end;
    const auto keep = [&](uint64_t index) {
        if (index < cut.size()) cut[index] = false;
    };
    keep(tables.names_section());
    for (uint64_t i = 0; i < places.size(); ++i) keep(tables.section_link(i));
    return cut;
}

}  // namespace

std::vector<FilePart> needed_parts_of_elf(std::span<const uint8_t> file) {
    const Tables tables(file);
    const auto places = places_of(tables);
    std::vector<FilePart> whole{{0, file.size()}};
    if (!tables.are_usual()) return whole;
    const auto is_cut = find_cut(tables, places);
    Kept kept(file.size());
    kept.keep(0, tables.loaded_end());
    kept.keep(tables.sections_begin(), tables.sections_end());
    for (uint64_t i = 0; i < places.size(); ++i)
        if (!is_cut[i] && places[i].type != kShtNobits)
            kept.keep(places[i].offset, Tables::end_of(places[i].offset, places[i].size));
    auto parts = kept.parts();
    return file.size() - size_of(parts) < kWorthCutting ? whole : parts;
}

std::vector<ElfSectionPlace> prepare_elf(FileInParts& file) {
    Tables tables(file.bytes);
    const Moves moves(file);
    const bool is_whole = file.bytes.size() == file.whole_size;
    if (!is_whole) tables.put_sections_begin(file.bytes, moves.moved(tables.sections_begin()));
    auto places = places_of(tables);
    // What is left of the tables says which parts were left out, just as the whole of them did.
    const auto is_cut = is_whole ? std::vector<bool>(places.size()) : find_cut(tables, places);
    for (uint64_t i = 0; i < places.size(); ++i) {
        if (is_relocations(places[i].type) && (tables.section_flags(i) & kShfAlloc) == 0)
            tables.put_section_type(file.bytes, i, kShtProgbits);
        if (is_whole) continue;
        tables.put_section_place(file.bytes, i, is_cut[i] ? 0 : moves.moved(places[i].offset),
                                 is_cut[i] ? 0 : places[i].size);
    }
    return places;
}

}  // namespace strata::foreign
