#include "mini_cache.h"

#include <algorithm>
#include <stdexcept>

namespace strata::testing {

uint64_t Bytes::add(std::string_view bytes) {
    const uint64_t at = text_.size();
    text_ += bytes;
    return at;
}

uint64_t Bytes::add(uint64_t value, unsigned width) {
    const uint64_t at = text_.size();
    for (unsigned i = 0; i < width; ++i) text_ += static_cast<char>(value >> (8 * i));
    return at;
}

uint64_t Bytes::uleb(uint64_t value) {
    const uint64_t at = text_.size();
    do {
        const uint64_t more = value > 0x7f ? 0x80 : 0;
        text_ += static_cast<char>((value & 0x7f) | more);
        value >>= 7;
    } while (value != 0);
    return at;
}

void Bytes::set(uint64_t at, uint64_t value, unsigned width) {
    if (text_.size() < at + width) text_.resize(at + width);
    for (unsigned i = 0; i < width; ++i) text_[at + i] = static_cast<char>(value >> (8 * i));
}

void Bytes::align(uint64_t unit) {
    text_.resize((text_.size() + unit - 1) / unit * unit);
}

namespace {

std::string padded(std::string_view name, size_t width) {
    std::string field(name);
    field.resize(width);
    return field;
}

}  // namespace

/// Lays the file out: header and tables | mach headers | text | data | linkedit | local symbols.
class MiniWriter {
  public:
    explicit MiniWriter(const MiniCache& cache) : cache_(cache), wide_(cache.is_64()) {
        tables_ = cache.era + 3 * 0x20 + (cache.era >= 0x140 ? 3 * 0x38 : 0);
        paths_ = tables_ + records() * 0x20 + (cache.era >= 0x98 ? cache.images.size() * 0x20 : 0);
        uint64_t at = paths_;
        for (const auto& image : cache.images) at += image.path.size() + 1;
        for (const auto& alias : cache.aliases_of_first) at += alias.size() + 1;
        for (size_t i = 0; i < cache.images.size(); ++i) {
            if (at > header(i))
                throw std::logic_error("mini cache: tables or headers do not fit before " + cache.images[i].path);
            at = header(i) + header_size(cache.images[i]);
        }
        for (size_t i = 0; i < 3; ++i) {
            starts_[i] = cache.region_at[i];
            if (at > starts_[i]) throw std::logic_error("mini cache: what comes before a region does not fit");
            at = starts_[i] + size(i);
        }
        end_ = align8(at);
    }

    uint64_t header(size_t image) const { return cache_.headers_at + image * cache_.header_stride; }
    uint64_t address(Region region, uint64_t offset) const { return cache_.address(region, offset); }

    std::string write() {
        out_.add(padded("dyld_v1" + std::string(8 - std::min<size_t>(8, cache_.arch.size()), ' ') + cache_.arch, 16));
        pad_to(cache_.era);
        write_header();
        write_mappings();
        write_images();
        for (size_t i = 0; i < cache_.images.size(); ++i) {
            pad_to(header(i));
            write_image(cache_.images[i]);
        }
        for (size_t i = 0; i < 3; ++i) {
            pad_to(starts_[i]);
            out_.add(cache_.regions_[i]);
        }
        pad_to(end_);
        out_.add(cache_.locals);
        return out_.text();
    }

  private:
    void pad_to(uint64_t size) {
        if (out_.size() < size) out_.set(size - 1, 0, 1);
    }
    static uint64_t align8(uint64_t value) { return (value + 7) / 8 * 8; }
    uint64_t size(size_t region) const { return std::max<uint64_t>(8, cache_.regions_[region].size()); }
    uint64_t records() const { return cache_.images.size() + cache_.aliases_of_first.size(); }
    unsigned pointer() const { return wide_ ? 8 : 4; }
    uint64_t segment_size() const { return wide_ ? 72 : 56; }
    uint64_t section_size() const { return wide_ ? 80 : 68; }

    uint64_t commands_size(const MiniImage& image) const {
        uint64_t size = 3 * segment_size() + image.sections.size() * section_size() + image.more_commands.size();
        size +=
            24 + 16 + 16 + 24 + 16 + 24;  // symtab, exports trie, function starts, uuid, source version, build version
        for (const auto& name : image.dependencies) size += 24 + align8(name.size() + 1);
        return size + 24 + align8(image.path.size() + 1);
    }
    uint64_t header_size(const MiniImage& image) const { return (wide_ ? 32U : 28U) + commands_size(image); }

    void write_header() {
        const uint32_t era = cache_.era;
        out_.set(0x10, era, 4);
        out_.set(0x14, 3, 4);
        out_.set(era >= 0x1c8 ? 0x1c0 : 0x18, tables_, 4);
        out_.set(era >= 0x1c8 ? 0x1c4 : 0x1c, records(), 4);
        if (era < 0x140) {
            out_.set(0x38, starts_[2] + cache_.slide.offset, 8);
            out_.set(0x40, cache_.slide.size, 8);
        }
        if (!cache_.locals.empty()) {
            out_.set(0x48, end_, 8);
            out_.set(0x50, cache_.locals.size(), 8);
        }
        for (uint64_t i = 0; i < 16; ++i) out_.set(0x58 + i, 0x30 + i, 1);
        if (era >= 0x98) {
            out_.set(0x88, tables_ + records() * 0x20, 8);
            out_.set(0x90, cache_.images.size(), 8);
        }
        if (era >= 0x138) {
            out_.set(0xd8, 2, 4);
            out_.set(0xe0, cache_.base(), 8);
            out_.set(0x108, address(Region::kLinkedit, cache_.dylibs_trie.offset), 8);
            out_.set(0x110, cache_.dylibs_trie.size, 8);
        }
        if (era >= 0x140) {
            out_.set(0x138, era + 3 * 0x20, 4);
            out_.set(0x13c, 3, 4);
        }
    }

    void write_mappings() {
        const uint64_t sizes[] = {starts_[1], starts_[2] - starts_[1], end_ - starts_[2]};
        const uint32_t protections[] = {5, 3, 1};
        for (uint64_t i = 0; i < 3; ++i) {
            const uint64_t at = cache_.era + i * 0x20;
            const uint64_t offset = i == 0 ? 0 : starts_[i];
            const uint64_t fields[] = {cache_.base() + offset, sizes[i], offset};
            for (uint64_t f = 0; f < 3; ++f) out_.set(at + f * 8, fields[f], 8);
            out_.set(at + 24, protections[i], 4);
            out_.set(at + 28, protections[i], 4);
            if (cache_.era < 0x140) continue;
            const uint64_t slide = cache_.era + 3 * 0x20 + i * 0x38;
            for (uint64_t f = 0; f < 3; ++f) out_.set(slide + f * 8, fields[f], 8);
            out_.set(slide + 24, i == 1 && cache_.slide.size != 0 ? starts_[2] + cache_.slide.offset : 0, 8);
            out_.set(slide + 32, i == 1 ? cache_.slide.size : 0, 8);
            out_.set(slide + 48, protections[i] | uint64_t{protections[i]} << 32, 8);
        }
    }

    void write_images() {
        uint64_t path = paths_;
        for (uint64_t i = 0; i < records(); ++i) {
            const bool alias = i >= cache_.images.size();
            const std::string& text = alias ? cache_.aliases_of_first[i - cache_.images.size()] : cache_.images[i].path;
            const uint64_t start = cache_.image_address(alias ? 0 : i);
            out_.set(tables_ + i * 0x20, start, 8);
            out_.set(tables_ + i * 0x20 + 24, path, 4);
            out_.set(tables_ + i * 0x20 + 28, 0, 4);
            if (!alias && cache_.era >= 0x98) {
                const uint64_t at = tables_ + records() * 0x20 + i * 0x20;
                for (uint64_t b = 0; b < 16; ++b) out_.set(at + b, i + b + 1, 1);
                out_.set(at + 16, start, 8);
                out_.set(at + 24, 0x1000, 4);
                out_.set(at + 28, path, 4);
            }
            for (uint64_t c = 0; c < text.size(); ++c) out_.set(path + c, static_cast<uint8_t>(text[c]), 1);
            path += text.size() + 1;
            out_.set(path - 1, 0, 1);
        }
    }

    void write_segment(const MiniImage& image, const char* name, Region region, uint64_t start, uint64_t length,
                       uint64_t offset) {
        const auto mine = [&](const MiniSection& section) { return section.segment == name; };
        const auto count = static_cast<uint64_t>(std::count_if(image.sections.begin(), image.sections.end(), mine));
        out_.add(wide_ ? 0x19 : 1, 4);
        out_.add(segment_size() + count * section_size(), 4);
        out_.add(padded(name, 16));
        for (const uint64_t field : {start, length, offset, length}) out_.add(field, pointer());
        const uint64_t protection = region == Region::kText ? 5 : region == Region::kData ? 3 : 1;
        for (const uint64_t field : {protection, protection, count, uint64_t{0}}) out_.add(field, 4);
        for (const auto& section : image.sections) {
            if (!mine(section)) continue;
            out_.add(padded(section.name, 16));
            out_.add(padded(section.segment, 16));
            out_.add(address(section.region, section.piece.offset), pointer());
            out_.add(section.piece.size, pointer());
            for (const uint64_t field : {uint64_t{0}, uint64_t{2}, uint64_t{0}, uint64_t{0}, uint64_t{section.flags},
                                         uint64_t{0}, uint64_t{0}})
                out_.add(field, 4);
            if (wide_) out_.add(0, 4);
        }
    }

    void write_table(uint32_t command, const Piece& piece) {
        out_.add(command, 4);
        out_.add(16, 4);
        out_.add(starts_[2] + piece.offset, 4);
        out_.add(piece.size, 4);
    }

    void write_dylib(uint32_t command, const std::string& name) {
        out_.add(command, 4);
        out_.add(24 + align8(name.size() + 1), 4);
        for (const uint64_t field : {24U, 2U, 0x10203U, 0x10000U}) out_.add(field, 4);
        out_.add(padded(name, align8(name.size() + 1)));
    }

    void write_image(const MiniImage& image) {
        const uint64_t begin = out_.size();
        out_.add(wide_ ? 0xfeedfacf : 0xfeedface, 4);
        out_.add(wide_ ? 0x0100000c : 0x0200000c, 4);
        for (const uint64_t field :
             {uint64_t{wide_ ? 2U : 1U}, uint64_t{6}, 10 + image.dependencies.size() + image.more_count,
              commands_size(image), uint64_t{0x80100085}})
            out_.add(field, 4);
        if (wide_) out_.add(0, 4);
        const uint64_t start = cache_.base() + begin;
        write_segment(image, "__TEXT", Region::kText, start, starts_[1] - begin, begin);
        write_segment(image, "__DATA", Region::kData, address(Region::kData, 0), starts_[2] - starts_[1], starts_[1]);
        write_segment(image, "__LINKEDIT", Region::kLinkedit, address(Region::kLinkedit, 0), end_ - starts_[2],
                      starts_[2]);
        write_dylib(0xd, image.path);
        for (const uint64_t field : {uint64_t{2}, uint64_t{24}, starts_[2] + image.nlists.offset, image.nlists.size,
                                     starts_[2] + image.strings.offset, image.strings.size})
            out_.add(field, 4);
        write_table(0x80000033, image.exports);
        write_table(0x26, image.starts);
        for (const uint64_t field : {0x1bU, 24U, 0x11223344U, 0x55667788U, 0x10203040U, 0x50607080U})
            out_.add(field, 4);
        for (const uint64_t field : {0x2aU, 16U, 0x400U, 0x500U}) out_.add(field, 4);
        for (const uint64_t field : {0x32U, 24U, 2U, 0x120000U, 0x120400U, 0U}) out_.add(field, 4);
        for (const auto& name : image.dependencies) write_dylib(0xc, name);
        out_.add(image.more_commands);
    }

    const MiniCache& cache_;
    bool wide_;
    uint64_t tables_ = 0;
    uint64_t paths_ = 0;
    uint64_t starts_[3] = {};
    uint64_t end_ = 0;
    Bytes out_;
};

Piece MiniCache::place(Region region, std::string_view bytes) {
    std::string& into = regions_[static_cast<size_t>(region)];
    into.resize((into.size() + 7) / 8 * 8);
    const Piece piece{into.size(), bytes.size()};
    into += bytes;
    return piece;
}

uint64_t MiniCache::address(Region region, uint64_t offset) const {
    return base() + region_at[static_cast<size_t>(region)] + offset;
}

uint64_t MiniCache::pointer_to(uint64_t address) const {
    // Version 5 stores offsets from the base; slide_info() gives the others nothing to add.
    return slide_version == 5 ? address - base() : address;
}

std::string MiniCache::build() const {
    return MiniWriter(*this).write();
}

}  // namespace strata::testing
