#include "foreign/elf_prepare.h"

#include <algorithm>
#include <utility>

#include "foreign/elf_format.h"

namespace strata::foreign {
namespace {

/// Less is not worth moving the rest for.
constexpr uint64_t kWorthCutting = 1U << 20;
// Of files with more only what is not loaded is left out: each section is held against each segment.
constexpr uint64_t kMostSegments = 64;
constexpr uint64_t kMostDynamicEntries = 4096;

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

    uint64_t segment_count() const { return segments_.count; }
    uint64_t segments_begin() const { return segments_.at; }
    uint64_t segments_end() const { return end_of(segments_.at, segments_.step * segments_.count); }

    ElfSegmentPlace segment(uint64_t index) const {
        const uint64_t at = segments_.at + index * segments_.step;
        return {in_.u32(at), number(at + (wide_ ? 0x08 : 0x04)), number(at + (wide_ ? 0x20 : 0x10)),
                number(at + (wide_ ? 0x10 : 0x08)), number(at + (wide_ ? 0x28 : 0x14))};
    }
    void put_segment_place(std::vector<uint8_t>& file, uint64_t index, uint64_t offset, uint64_t size) const {
        const uint64_t at = segments_.at + index * segments_.step;
        put(file, at + (wide_ ? 0x08 : 0x04), offset);
        put(file, at + (wide_ ? 0x20 : 0x10), size);
    }
    void put_segments_begin(std::vector<uint8_t>& file, uint64_t offset) {
        put(file, wide_ ? 0x20 : 0x1c, offset);
        segments_.at = offset;
    }

    /// A word of the dynamic section that lies at `at`.
    uint64_t dynamic_word(uint64_t at) const { return number(at); }
    uint64_t word_size() const { return wide_ ? 8 : 4; }

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

std::vector<ElfSectionPlace> sections_of(const Tables& tables) {
    std::vector<ElfSectionPlace> sections;
    for (uint64_t i = 0; i < tables.section_count(); ++i) sections.push_back(tables.section(i));
    return sections;
}
std::vector<ElfSegmentPlace> segments_of(const Tables& tables) {
    std::vector<ElfSegmentPlace> segments;
    for (uint64_t i = 0; i < tables.segment_count(); ++i) segments.push_back(tables.segment(i));
    return segments;
}

using Range = std::pair<uint64_t, uint64_t>;  // begin and end

Range range_of(const ElfSectionPlace& section) {
    return {section.offset, Tables::end_of(section.offset, section.size)};
}
Range range_of(const ElfSegmentPlace& segment) {
    return {segment.offset, Tables::end_of(segment.offset, segment.file_size)};
}

/// Which sections LIEF needs to know of only: plain ones that no other one refers to.
std::vector<bool> find_plain(const Tables& tables, const std::vector<ElfSectionPlace>& sections) {
    std::vector<bool> plain(sections.size());
    for (uint64_t i = 0; i < sections.size(); ++i)
        plain[i] = sections[i].type == kShtProgbits || sections[i].type == kShtUnwind ||
                   (is_relocations(sections[i].type) && (tables.section_flags(i) & kShfAlloc) == 0);
    const auto keep = [&](uint64_t index) {
        if (index < plain.size()) plain[index] = false;
    };
    keep(tables.names_section());
    for (uint64_t i = 0; i < sections.size(); ++i) keep(tables.section_link(i));
    return plain;
}

/// Segments that say something about others, or what the kernel does: nothing is read in them.
bool is_only_a_mark(uint32_t type) {
    return type == 0 || type == kPtTls || type == kPtGnuEhFrame || type == kPtGnuStack || type == kPtGnuRelro;
}

/// Tags of the dynamic section whose values are addresses of what LIEF reads: <elf.h>.
bool is_looked_up(uint64_t tag) {
    switch (tag) {
        case 4:           // DT_HASH
        case 5:           // DT_STRTAB
        case 6:           // DT_SYMTAB
        case 7:           // DT_RELA
        case 17:          // DT_REL
        case 23:          // DT_JMPREL
        case 25:          // DT_INIT_ARRAY
        case 26:          // DT_FINI_ARRAY
        case 32:          // DT_PREINIT_ARRAY
        case 0x6ffffef5:  // DT_GNU_HASH
        case 0x6ffffff0:  // DT_VERSYM
        case 0x6ffffffc:  // DT_VERDEF
        case 0x6ffffffe:  // DT_VERNEED
            return true;
        default:
            return false;
    }
}

/// What of the loaded segments can be left out: of each, what is behind all that is read in it.
class LoadedParts {
  public:
    LoadedParts(const Tables& tables, const ElfPlaces& places, const std::vector<bool>& plain, uint64_t file_size)
        : tables_(tables), segments_(places.segments), end_(std::max<uint64_t>(0x40, tables.segments_end())) {
        for (const auto& segment : segments_) end_ = std::max(end_, range_of(segment).second);
        needed_.emplace_back(0, 0x40);
        needed_.emplace_back(tables.segments_begin(), tables.segments_end());
        for (size_t i = 0; i < places.sections.size(); ++i) {
            const auto& section = places.sections[i];
            if (plain[i] || section.type == kShtNobits || section.size == 0) continue;
            needed_.push_back(range_of(section));
            begins_.push_back(section.offset);
        }
        for (const auto& segment : segments_)
            if (segment.type != kPtLoad && !is_only_a_mark(segment.type)) needed_.push_back(range_of(segment));
        std::sort(begins_.begin(), begins_.end());
        usable_ = segments_.size() <= kMostSegments && end_ <= file_size && all_found_by_section();
        for (const auto& segment : segments_)
            if (usable_ && segment.type == kPtLoad) loaded_.emplace_back(range_of(segment), needed_end(segment));
    }

    /// Behind everything that segments have, and the headers.
    uint64_t end() const { return end_; }

    /// What stays. When segments leave the file, or addresses lead to what no section is about, all of it.
    void keep_in(Kept& kept) const {
        if (!usable_) return kept.keep(0, end_);
        for (const auto& [begin, end] : needed_) kept.keep(begin, end);
        for (const auto& [range, needed] : loaded_) kept.keep(range.first, needed);
    }

    /// Whether a section lies in what can be left out.
    bool may_go(const ElfSectionPlace& section) const {
        return std::any_of(loaded_.begin(), loaded_.end(), [&](const auto& segment) {
            return section.offset >= segment.second && range_of(section).second <= segment.first.second;
        });
    }

  private:
    uint64_t needed_end(const ElfSegmentPlace& segment) const {
        const auto [begin, end] = range_of(segment);
        uint64_t last = begin;
        for (const auto& [from, to] : needed_)
            if (from < end && to > begin) last = std::max(last, std::min(to, end));
        return last;
    }

    bool all_found_by_section() const {
        uint64_t left = kMostDynamicEntries;
        for (const auto& segment : segments_) {
            if (segment.type != kPtDynamic) continue;
            const uint64_t word = tables_.word_size();
            const uint64_t end = segment.offset + segment.file_size;
            for (uint64_t at = segment.offset; end - at >= 2 * word; at += 2 * word) {
                const uint64_t tag = tables_.dynamic_word(at);
                if (tag == 0) break;
                if (left-- == 0 || (is_looked_up(tag) && !begins_section(tables_.dynamic_word(at + word))))
                    return false;
            }
        }
        return true;
    }

    /// As LIEF finds it: in the first loaded segment that has the address.
    bool begins_section(uint64_t address) const {
        if (address == 0) return true;
        for (const auto& segment : segments_) {
            if (segment.type != kPtLoad || address < segment.address || address - segment.address >= segment.size)
                continue;
            const uint64_t offset = segment.offset + (address - segment.address);
            return address - segment.address < segment.file_size &&
                   std::binary_search(begins_.begin(), begins_.end(), offset);
        }
        return false;
    }

    const Tables& tables_;
    const std::vector<ElfSegmentPlace>& segments_;
    uint64_t end_;
    std::vector<Range> needed_;
    std::vector<uint64_t> begins_;                    // of sections that are not plain
    std::vector<std::pair<Range, uint64_t>> loaded_;  // segments, and where what is needed of each ends
    bool usable_ = false;
};

/// LIEF reads names of sections from wherever the section of names begins, whatever that is.
bool has_names(const Tables& tables, const std::vector<ElfSectionPlace>& sections) {
    const uint64_t names = tables.names_section();
    return names < sections.size() && sections[names].type == kShtStrtab;
}

/// `parts` are ascending and apart.
bool is_in(const std::vector<FilePart>& parts, const Range& range) {
    const auto next = std::upper_bound(parts.begin(), parts.end(), range.first,
                                       [](uint64_t at, const FilePart& part) { return at < part.offset; });
    return next != parts.begin() && range.second <= (next - 1)->offset + (next - 1)->size;
}

}  // namespace

std::vector<FilePart> needed_parts_of_elf(std::span<const uint8_t> file) {
    const Tables tables(file);
    std::vector<FilePart> whole{{0, file.size()}};
    if (!tables.are_usual()) return whole;
    const ElfPlaces places{sections_of(tables), segments_of(tables), false};
    if (!has_names(tables, places.sections)) return whole;
    const auto plain = find_plain(tables, places.sections);
    const LoadedParts loaded(tables, places, plain, file.size());
    Kept kept(file.size());
    loaded.keep_in(kept);
    kept.keep(tables.sections_begin(), tables.sections_end());
    for (size_t i = 0; i < places.sections.size(); ++i) {
        const auto& section = places.sections[i];
        if (section.type == kShtNobits) continue;
        const bool is_loaded = (tables.section_flags(i) & kShfAlloc) != 0;
        if (plain[i] && (loaded.may_go(section) || (!is_loaded && section.offset >= loaded.end()))) continue;
        kept.keep(range_of(section).first, range_of(section).second);
    }
    auto parts = kept.parts();
    return file.size() - size_of(parts) < kWorthCutting ? whole : parts;
}

ElfPlaces prepare_elf(FileInParts& file) {
    Tables tables(file.bytes);
    const Moves moves(file);
    const bool is_whole = file.bytes.size() == file.whole_size;
    if (!is_whole) {
        tables.put_segments_begin(file.bytes, moves.moved(tables.segments_begin()));
        tables.put_sections_begin(file.bytes, moves.moved(tables.sections_begin()));
    }
    ElfPlaces places{sections_of(tables), {}, !is_whole};
    const auto plain = find_plain(tables, places.sections);
    for (size_t i = 0; i < places.sections.size(); ++i) {
        const auto& section = places.sections[i];
        if (is_relocations(section.type) && (tables.section_flags(i) & kShfAlloc) == 0)
            tables.put_section_type(file.bytes, i, kShtProgbits);
        if (is_whole) continue;
        const Range range = range_of(section);
        const bool is_cut = plain[i] && range.second <= file.whole_size && !is_in(file.parts, range);
        tables.put_section_place(file.bytes, i, is_cut ? 0 : moves.moved(section.offset), is_cut ? 0 : section.size);
    }
    if (is_whole) return places;
    places.segments = segments_of(tables);
    for (size_t i = 0; i < places.segments.size(); ++i) {
        const auto [begin, end] = range_of(places.segments[i]);
        tables.put_segment_place(file.bytes, i, moves.moved(begin), moves.moved(end) - moves.moved(begin));
    }
    return places;
}

}  // namespace strata::foreign
