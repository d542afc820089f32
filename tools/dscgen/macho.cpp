#include "macho.h"

#include <cstdio>

namespace dscgen {

namespace {

constexpr std::array<const char*, kSegmentCount> kSegmentNames = {"__TEXT", "__DATA_CONST", "__DATA", "__AUTH",
                                                                  "__AUTH_CONST"};
// Load-command order of the sections within their segments; place_sections() uses the same for the data segments.
constexpr std::array<Section, kSectionCount> kOrder = {
    kText,         kStubs,        kTextConst,     kCString,   kOsLog,    kMethName, kUString,   kUnwind,   kMethList,
    kObjcNames,    kObjcTypes,    kObjcOptRo,     kGot,       kConst,    kAuthGot,  kAuthConst, kCfString, kClassList,
    kCategoryList, kProtocolList, kObjcImageInfo, kObjcConst, kObjcData, kData,     kAuthData,  kBss};

class Commands {
  public:
    Commands(std::vector<u8>& out, bool wide) : out_(out), wide_(wide) {}
    void u32s(std::initializer_list<u64> values) {
        for (const u64 v : values) {
            out_.resize(out_.size() + 4);
            put32(out_.data() + out_.size() - 4, v);
        }
    }
    void wide(u64 v) {
        out_.resize(out_.size() + 8);
        put64(out_.data() + out_.size() - 8, v);
    }
    void word(u64 v) {
        if (wide_)
            wide(v);
        else
            u32s({v});
    }
    void fixed_name(const std::string& name) {
        const std::size_t at = out_.size();
        out_.resize(at + 16);
        std::memcpy(out_.data() + at, name.data(), std::min<std::size_t>(16, name.size()));
    }
    void bytes(const u8* p, std::size_t n) { out_.insert(out_.end(), p, p + n); }
    // A command that ends in a path: `head` is everything before it.
    void path_command(u32 command, std::initializer_list<u64> head, const std::string& path) {
        const u64 name_at = 12 + 4 * head.size();
        const u64 size = align_up(name_at + path.size() + 1, wide_ ? 8 : 4);
        const std::size_t start = out_.size();
        u32s({command, size, name_at});
        u32s(head);
        out_.insert(out_.end(), path.begin(), path.end());
        out_.resize(start + size);
        ++count_;
    }
    void begin() { ++count_; }
    u32 count() const { return count_; }

  private:
    std::vector<u8>& out_;
    bool wide_;
    u32 count_ = 0;
};

struct CpuType {
    u32 type;
    u32 subtype;
};
CpuType cpu_type(Arch arch) {
    switch (arch) {
        case Arch::arm64:
            return {0x0100000C, 0};
        case Arch::arm64e:
            return {0x0100000C, 0x80000002};
        case Arch::arm64_32:
            return {0x0200000C, 1};
        case Arch::armv7:
            return {12, 9};
        case Arch::armv7k:
            return {12, 12};
        case Arch::x86_64:
            return {0x01000007, 3};
        default:
            return {0x01000007, 8};
    }
}

void write_sections(Commands& c, const Content& content, const ImageShape& s, Segment segment) {
    const Spec& spec = content.scale().spec();
    const Profile p = profile(spec);
    const auto one = [&](const std::string& name, u64 offset, u64 size, u32 alignment, u32 flags, u64 first, u64 stub) {
        c.fixed_name(name);
        c.fixed_name(kSegmentNames[segment]);
        c.word(s.segment_address[segment] + offset);
        c.word(size);
        const bool zerofill = (flags & 0xFF) == 1;
        c.u32s(
            {zerofill || size == 0 ? 0 : s.segment_file_offset[segment] + offset, alignment, 0, 0, flags, first, stub});
        if (p.pointer == 8) c.u32s({0});
    };
    for (const Section section : kOrder) {
        if (!s.has(section) || segment_of(p, section) != segment) continue;
        const bool stubs = section == kStubs;
        const bool got = section == kGot || section == kAuthGot;
        const u32 alignment = section == kText ? (is_x86(spec.arch) ? 4 : 2) : stubs ? 2 : segment == kSegText ? 0 : 3;
        one(section_name(spec, section).section, s.offset[section], s.size[section], alignment,
            section_flags(spec, section), got ? s.imports : 0, stubs ? stub_size(spec.arch) : 0);
    }
    if (segment != kSegText) return;
    u64 at = s.first_extra;
    for (u32 i = 0; i < s.extra_count; ++i) {
        const u32 size = content.mutations().sections_added[i];
        one(extra_section_name(i), at, size, 4, kExtraSectionFlags, 0, 0);
        at = align_up(at + size, 16);
    }
}

void write_segment(Commands& c, const Content& content, const ImageShape& s, Segment segment) {
    const Spec& spec = content.scale().spec();
    const Profile p = profile(spec);
    u32 sections = segment == kSegText ? s.extra_count : 0;
    for (const Section section : kOrder) sections += s.has(section) && segment_of(p, section) == segment ? 1 : 0;
    if (sections == 0) return;
    const bool wide = p.pointer == 8;
    c.begin();
    c.u32s({wide ? 0x19U : 1U, wide ? 72 + 80 * sections : 56 + 68 * sections});
    c.fixed_name(kSegmentNames[segment]);
    u64 file_size = s.segment_size[segment];
    // Up to dyld-852 the zero-filled end counts as not being in the file, though its bytes are.
    if (segment == kSegData && spec.era <= 0x140) file_size = s.offset[kBss];
    c.word(s.segment_address[segment]);
    c.word(s.segment_size[segment]);
    c.word(s.segment_file_offset[segment]);
    c.word(file_size);
    const bool text = segment == kSegText;
    const bool read_only = (segment == kSegDataConst || segment == kSegAuthConst) && spec.era >= 0x208;
    c.u32s({text ? 5U : 3U, text ? 5U : read_only ? 1U : 3U, sections, 0});
    write_sections(c, content, s, segment);
}

void write_linkedit_segment(Commands& c, bool wide, const LinkeditPlace& l) {
    c.begin();
    c.u32s({wide ? 0x19U : 1U, wide ? 72U : 56U});
    c.fixed_name("__LINKEDIT");
    c.word(l.segment_address);
    c.word(l.segment_size);
    c.word(l.segment_offset);
    c.word(l.segment_size);
    c.u32s({1, 1, 0, 0});
}

void write_symbol_commands(Commands& c, const Spec& spec, const ImageShape& s, const LinkeditPlace& l) {
    c.begin();
    if (spec.era >= 0x1C8)
        c.u32s({0x80000033, 16, s.trie_size != 0 ? l.trie : 0, s.trie_size});
    else
        c.u32s({0x80000022, 48, 0, 0, 0, 0, 0, 0, 0, 0, s.trie_size != 0 ? l.trie : 0, s.trie_size});
    const u32 count = s.own_locals + s.exports + s.imports;
    c.begin();
    c.u32s({2, 24, l.symbols, count, l.pool, l.pool_size});
    c.begin();
    c.u32s({0xB,
            80,
            0,
            s.own_locals,
            s.own_locals,
            s.exports,
            s.own_locals + s.exports,
            s.imports,
            0,
            0,
            0,
            0,
            0,
            0,
            l.indirect,
            indirect_count(s),
            0,
            0,
            0,
            0});
}

void write_version_commands(Commands& c, const Spec& spec, const ImageRecord& image) {
    u8 uuid[16];
    image_uuid(uuid, image);
    c.begin();
    c.u32s({0x1B, 24});
    c.bytes(uuid, 16);
    c.begin();
    const u32 os = spec.os_version;
    if (spec.era >= 0x138) {
        c.u32s({0x32, 32, spec.platform, os, os, 1, 3, 0x03B70900});
    } else {
        const u32 command = spec.platform == 1 ? 0x24U : spec.platform == 4 ? 0x30U : 0x25U;
        c.u32s({command, 16, os, os});
    }
    c.begin();
    c.u32s({0x2A, 16});
    c.wide(source_version(image));
}

void write_dylib_commands(Commands& c, const Content& content) {
    const Spec& spec = content.scale().spec();
    for (const Dependency& d : content.dependencies()) {
        const u32 command = d.kind == LoadKind::weak       ? 0x80000018U
                            : d.kind == LoadKind::reexport ? 0x8000001FU
                            : d.kind == LoadKind::upward   ? 0x80000023U
                                                           : 0xCU;
        const u64 h = hash(spec.seed, 0x7E55, d.id);
        c.path_command(command, {2, 0x10000 + (h & 0xFFFFFF), 0x10000},
                       install_name(spec.seed, d.id, 0, spec.platform, content.scale().has_dyld()));
    }
}

}  // namespace

SectionName section_name(const Spec& spec, Section section) {
    constexpr std::array<const char*, kSectionCount> kNames = {
        "__text",          "__stubs",          "__const",
        "__cstring",       "__oslogstring",    "__objc_methname",
        "__ustring",       "__unwind_info",    "__got",
        "__const",         "__cfstring",       "__data",
        "__bss",           "__data",           "__auth_got",
        "__const",         "__objc_methlist",  "__objc_classname",
        "__objc_methtype", "__objc_opt_ro",    "__objc_classlist",
        "__objc_catlist",  "__objc_protolist", "__objc_imageinfo",
        "__objc_const",    "__objc_data"};
    const char* name = kNames[section];
    if (section == kStubs && spec.arch == Arch::arm64e) name = "__auth_stubs";
    if (section == kOsLog && spec.era < 0x138) name = "__os_log";
    return {kSegmentNames[segment_of(profile(spec), section)], name};
}

std::string extra_section_name(u32 index) {
    constexpr std::array<const char*, 4> kNames = {"__swift5_typeref", "__swift5_fieldmd", "__gcc_except_tab",
                                                   "__swift5_capture"};
    return index < 4 ? kNames[index] : "__extra" + std::to_string(index);
}

u32 section_flags(const Spec& spec, Section section) {
    switch (section) {
        case kText:
            return 0x80000400;
        case kStubs:
            return 0x80000408;
        case kCString:
        case kMethName:
        case kObjcNames:
        case kObjcTypes:
            return 2;
        case kOsLog:
            return spec.era < 0x138 ? 0 : 2;  // found by its name alone in old caches
        case kGot:
        case kAuthGot:
            return 6;
        case kBss:
            return 1;
        default:
            return 0;
    }
}

u32 section_number(const Content& content, const ImageShape& shape, Section wanted) {
    const Profile p = profile(content.scale().spec());
    u32 number = 0;
    for (u32 segment = 0; segment < kSegmentCount; ++segment) {
        for (const Section section : kOrder) {
            if (!shape.has(section) || segment_of(p, section) != segment) continue;
            ++number;
            if (section == wanted) return number;
        }
        if (segment == kSegText) number += shape.extra_count;
    }
    return 0;
}

void image_uuid(u8 out[16], const ImageRecord& image) {
    put64(out, hash(image.seed, 0x1D, image.revision));
    put64(out + 8, hash(image.seed, 0x1E, image.revision));
    out[6] = static_cast<u8>((out[6] & 0x0F) | 0x30);  // the linker's uuids say version 3
    out[8] = static_cast<u8>((out[8] & 0x3F) | 0x80);
}

u64 source_version(const ImageRecord& image) {
    const u64 h = hash(image.seed, 0x50);
    return (((h & 0xFFF) + 1) << 40) | (((h >> 16) & 63) << 30) | ((1 + u64{image.revision}) << 20) |
           ((h >> 32) & 3) << 10;
}

std::string source_version_text(u64 v) {
    char text[64];
    std::snprintf(text, sizeof text, "%u.%u.%u.%u.%u", static_cast<unsigned>(v >> 40),
                  static_cast<unsigned>(v >> 30) & 1023, static_cast<unsigned>(v >> 20) & 1023,
                  static_cast<unsigned>(v >> 10) & 1023, static_cast<unsigned>(v) & 1023);
    return text;
}

std::string uuid_text(const u8 uuid[16]) {
    std::string text;
    for (int i = 0; i < 16; ++i) {
        constexpr char kDigits[] = "0123456789ABCDEF";
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += kDigits[uuid[i] >> 4];
        text += kDigits[uuid[i] & 15];
    }
    return text;
}

u32 write_macho(std::vector<u8>& out, const Content& content, const ImageShape& s, const LinkeditPlace& l,
                const std::string& path) {
    const Spec& spec = content.scale().spec();
    const ImageRecord& image = content.image();
    const bool wide = is_64bit(spec.arch);
    const std::size_t header = wide ? 32 : 28;
    const bool is_dyld = image.id == 4 && content.scale().has_dyld();
    out.assign(header, 0);
    Commands c(out, wide);
    for (u32 segment = 0; segment < kSegmentCount; ++segment)
        write_segment(c, content, s, static_cast<Segment>(segment));
    write_linkedit_segment(c, wide, l);
    const u32 path_at = static_cast<u32>(out.size()) + (is_dyld ? 12 : 24);
    if (is_dyld) {
        c.path_command(0xE, {}, path);
    } else {
        const u64 h = hash(spec.seed, 0x7E55, image.id);
        c.path_command(0xD, {2, 0x10000 + (h & 0xFFFFFF), 0x10000}, path);
    }
    write_symbol_commands(c, spec, s, l);
    write_version_commands(c, spec, image);
    write_dylib_commands(c, content);
    c.begin();
    c.u32s({0x26, 16, l.starts, s.starts_size});
    c.begin();
    c.u32s({0x29, 16, l.starts, 0});
    const CpuType cpu = cpu_type(spec.arch);
    const u64 sizes = out.size() - header;
    u8* p = out.data();
    const u64 fields[] = {
        wide ? 0xFEEDFACFU : 0xFEEDFACEU, cpu.type, cpu.subtype, is_dyld ? 7U : 6U, c.count(), sizes, 0x80100085};
    for (std::size_t i = 0; i < 7; ++i) put32(p + 4 * i, fields[i]);
    return path_at;
}

}  // namespace dscgen
