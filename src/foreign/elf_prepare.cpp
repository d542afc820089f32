#include "foreign/elf_prepare.h"

#include <algorithm>
#include <cstring>

#include "foreign/elf_format.h"

namespace strata::foreign {
namespace {

/// Less is not worth moving the rest for.
constexpr uint64_t kWorthCutting = 1U << 20;

/// The tables of one file: where they are, and what they say.
class Tables {
  public:
    explicit Tables(std::vector<uint8_t>& file) : file_(file), in_(file), wide_(in_.is_64()) {
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

    void put_section_type(uint64_t index, uint32_t type) { in_.put_u32(file_, entry(index) + 4, type); }
    void put_section_place(uint64_t index, uint64_t offset, uint64_t size) {
        put(entry(index) + (wide_ ? 0x18 : 0x10), offset);
        put(entry(index) + (wide_ ? 0x20 : 0x14), size);
    }
    void put_sections_begin(uint64_t offset) { put(wide_ ? 0x28 : 0x20, offset); }

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
    void put(uint64_t at, uint64_t value) {
        if (wide_) {
            in_.put_u64(file_, at, value);
        } else {
            in_.put_u32(file_, at, static_cast<uint32_t>(value));
        }
    }

    std::vector<uint8_t>& file_;
    const ElfNumbers in_;
    const bool wide_;
    Table sections_;
    Table segments_;
};

/// The parts of a file that stay, and where they go.
class Cut {
  public:
    explicit Cut(uint64_t file_size) : size_(file_size) {}

    void keep(uint64_t begin, uint64_t end) {
        if (begin < std::min(end, size_)) kept_.push_back({begin, std::min(end, size_), 0});
    }

    /// Call when all is kept that is to be. What is left of the file.
    uint64_t settle() {
        std::sort(kept_.begin(), kept_.end(), [](const Part& a, const Part& b) { return a.begin < b.begin; });
        std::vector<Part> parts;
        for (const auto& part : kept_) {
            if (!parts.empty() && part.begin <= parts.back().end) {
                parts.back().end = std::max(parts.back().end, part.end);
            } else {
                parts.push_back(part);
            }
        }
        uint64_t end = 0;
        for (auto& part : parts) {
            part.to = end;
            end += part.end - part.begin;
        }
        kept_ = std::move(parts);
        return left_ = end;
    }

    /// Where an offset goes; one outside of the file stays as far behind its end.
    uint64_t moved(uint64_t offset) const {
        if (offset >= size_) return offset - (size_ - left_);
        auto next = std::upper_bound(kept_.begin(), kept_.end(), offset,
                                     [](uint64_t at, const Part& part) { return at < part.begin; });
        if (next == kept_.begin()) return 0;
        const Part& part = *(next - 1);
        return part.to + std::min(offset, part.end) - part.begin;
    }

    void apply(std::vector<uint8_t>& file) const {
        for (const auto& part : kept_)
            std::memmove(file.data() + part.to, file.data() + part.begin, part.end - part.begin);
        file.resize(left_);
        file.shrink_to_fit();
    }

  private:
    struct Part {
        uint64_t begin;
        uint64_t end;
        uint64_t to;
    };
    const uint64_t size_;
    uint64_t left_ = 0;
    std::vector<Part> kept_;
};

bool is_relocations(uint32_t type) {
    return type == kShtRel || type == kShtRela;
}

void hide_relocations(Tables& tables, const std::vector<ElfSectionPlace>& places) {
    for (uint64_t i = 0; i < places.size(); ++i)
        if (is_relocations(places[i].type) && (tables.section_flags(i) & kShfAlloc) == 0)
            tables.put_section_type(i, kShtProgbits);
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

void cut_contents(Tables& tables, const std::vector<ElfSectionPlace>& places, std::vector<uint8_t>& file) {
    if (!tables.are_usual()) return;
    const auto is_cut = find_cut(tables, places);
    Cut cut(file.size());
    cut.keep(0, tables.loaded_end());
    cut.keep(tables.sections_begin(), tables.sections_end());
    for (uint64_t i = 0; i < places.size(); ++i)
        if (!is_cut[i] && places[i].type != kShtNobits)
            cut.keep(places[i].offset, Tables::end_of(places[i].offset, places[i].size));
    if (file.size() - cut.settle() < kWorthCutting) return;
    for (uint64_t i = 0; i < places.size(); ++i)
        tables.put_section_place(i, is_cut[i] ? 0 : cut.moved(places[i].offset), is_cut[i] ? 0 : places[i].size);
    tables.put_sections_begin(cut.moved(tables.sections_begin()));
    cut.apply(file);
}

}  // namespace

std::vector<ElfSectionPlace> prepare_elf(std::vector<uint8_t>& file) {
    Tables tables(file);
    std::vector<ElfSectionPlace> places;
    for (uint64_t i = 0; i < tables.section_count(); ++i) places.push_back(tables.section(i));
    hide_relocations(tables, places);
    cut_contents(tables, places, file);
    return places;
}

}  // namespace strata::foreign
