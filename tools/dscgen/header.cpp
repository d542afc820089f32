// The cache header with its tables.

#include "emit.h"
#include "macho.h"
#include "objc_emit.h"

namespace dscgen {

namespace {

std::string magic(Arch arch) {
    const std::string name = arch_name(arch);
    std::string text = "dyld_v1";
    text.append(15 - text.size() - name.size(), ' ');
    return text + name;
}

class HeaderWriter {
  public:
    HeaderWriter(const Emission& e, const File& file)
        : e_(e),
          spec_(e.spec),
          l_(e.layout),
          f_(file),
          plan_(plan_header(spec_, l_, file)),
          main_(&file == l_.files.data()),
          bytes_(plan_.end) {}

    std::vector<u8> build() {
        fixed();
        mappings();
        if (plan_.image_count > 0) images();
        if (main_ && spec_.era >= 0x1C8) subs();
        return std::move(bytes_);
    }

  private:
    // Fields beyond the era's header do not exist.
    void f32(u32 at, u64 v) {
        if (at + 4 <= spec_.era) put32(bytes_.data() + at, v);
    }
    void f64(u32 at, u64 v) {
        if (at + 8 <= spec_.era) put64(bytes_.data() + at, v);
    }

    void fixed() {
        u8* p = bytes_.data();
        const std::string m = magic(spec_.arch);
        std::memcpy(p, m.data(), m.size());
        f32(0x10, spec_.era);
        f32(0x14, f_.mappings.size());
        f64(0x28, f_.signature_offset);
        f64(0x30, f_.size - f_.signature_offset);
        f64(0x48, f_.locals.offset);
        f64(0x50, f_.locals.size);
        std::memcpy(p + 0x58, f_.uuid.data(), 16);
        const bool mac = spec_.platform == 1;
        f64(0x68, mac ? (spec_.era <= 0x140 ? 1 : 0) : spec_.era >= 0x200 ? 2 : 1);
        f32(0xD8, spec_.platform);
        f32(0xDC, spec_.era <= 0x140 ? 0x10A : spec_.era == 0x1C8 ? 0x100 : 0x1100);
        f64(0xE0, f_.mappings[0].address);
        if (main_) {
            f64(0xE8, spec_.era <= 0x140 ? u64{1} << 32
                                         : align_up(l_.end - l_.base, 0x4000) + (spec_.era >= 0x200 ? 0x4000U : 0U));
            f64(0xF0, 0x20000000);
        }
        if (spec_.era >= 0x140) {
            f32(0x138, plan_.slide_mappings);
            f32(0x13C, f_.mappings.size());
        } else {
            f64(0x38, f_.mappings[1].slide_offset);
            f64(0x40, f_.mappings[1].slide_size);
        }
        f32(0x16C, spec_.os_version);
        if (spec_.era >= 0x1CC && !mac) f32(0x1C8, 1);
        if (main_) main_only();
        if (spec_.era >= 0x238) {
            u8 header[32];
            std::vector<u8> macho;
            const Content content(e_.scale, l_.images[0].record);
            write_macho(macho, content, l_.images[0].shape, LinkeditPlace{}, l_.images[0].path);
            std::memcpy(header, macho.data(), 28);
            std::memcpy(p + 0x228, header + 4, 8);  // the cache's CPU type is that of its images
        }
    }

    void main_only() {
        const LinkeditGroup& g = l_.groups[0];
        const Mapping& linkedit = l_.files[g.file].mappings[g.mapping];
        const u64 tables = linkedit.address + g.tables;
        if (spec_.era == 0x98) {
            f64(0x78, tables);
            f64(0x80, 72 + g.paths_trie_size);
        }
        if (spec_.era >= 0x118) {
            f64(0x108, tables + g.paths_trie);
            f64(0x110, g.paths_trie_size);
        }
        if (e_.scale.has_dyld() && l_.index_by_id.size() > 4) {
            const ImageShape& dyld = l_.by_id(4).shape;
            f64(0x78, dyld.segment_address[kSegText]);
            f64(0x80, dyld.segment_address[kSegText] + dyld.offset[kText]);
        }
        if (const File* symbols = l_.symbols_file()) {
            if (spec_.era >= 0x1A0) std::memcpy(bytes_.data() + 0x190, symbols->uuid.data(), 16);
        }
        if (spec_.era >= 0x200) {
            f64(0x1F0, align_up(l_.end - l_.base, 0x4000));  // room for run-time data, without file content
            f64(0x1F8, 0x4000);
        }
        if (spec_.era >= 0x200) {
            f64(0x1D0, selector_base(e_) - kSelectorBase - l_.base);
            f64(0x1D8, kSelectorBase);
        }
        if (spec_.era >= 0x208) tpro();
    }

    // One range inside the first data mapping: nothing to add to the translation.
    void tpro() {
        for (const File& f : l_.files) {
            for (const Mapping& m : f.mappings) {
                if (m.kind != MappingKind::data) continue;
                f32(0x200, plan_.tpro);
                f32(0x204, 1);
                put64(bytes_.data() + plan_.tpro, m.address);
                put64(bytes_.data() + plan_.tpro + 8, page_size(spec_));
                return;
            }
        }
    }

    void mappings() {
        for (std::size_t i = 0; i < f_.mappings.size(); ++i) {
            const Mapping& m = f_.mappings[i];
            u8* p = bytes_.data() + plan_.mappings + i * 0x20;
            put64(p, m.address);
            put64(p + 8, m.size);
            put64(p + 16, m.file_offset);
            put32(p + 24, m.max_prot);
            put32(p + 28, m.init_prot);
            if (spec_.era < 0x140) continue;
            p = bytes_.data() + plan_.slide_mappings + i * 0x38;
            put64(p, m.address);
            put64(p + 8, m.size);
            put64(p + 16, m.file_offset);
            put64(p + 24, m.slide_offset);
            put64(p + 32, m.slide_size);
            put64(p + 40, m.flags);
            put32(p + 48, m.max_prot);
            put32(p + 52, m.init_prot);
        }
    }

    void images() {
        const bool pool_paths = spec_.era >= 0x1C8;
        u64 record = plan_.images;
        u64 text = plan_.images_text;
        u64 path = plan_.paths;
        f32(spec_.era >= 0x1C8 ? 0x1C0 : 0x18, plan_.images);
        f32(spec_.era >= 0x1C8 ? 0x1C4 : 0x1C, plan_.image_count);
        if (plan_.images_text != 0) {
            f64(0x88, plan_.images_text);
            f64(0x90, l_.images.size());
        }
        for (std::size_t i = 0; i < l_.images.size(); ++i) {
            const Image& image = l_.images[i];
            const u64 address = image.shape.segment_address[kSegText];
            u8* p = bytes_.data() + record;
            put64(p, address);
            put64(p + 16,
                  pool_paths ? i + 1 : hash(0x1A0DE, image.record.id));  // inode: index, or once a hash of the path
            put32(p + 24, pool_paths ? path : image.shape.segment_file_offset[kSegText] + u64{image.shape.path_at});
            record += 0x20;
            if (plan_.images_text == 0) continue;
            p = bytes_.data() + text;
            image_uuid(p, image.record);
            put64(p + 16, address);
            put32(p + 24, image.shape.segment_size[kSegText]);
            put32(p + 28, path);
            text += 0x20;
            std::memcpy(bytes_.data() + path, image.path.data(), image.path.size());
            path += image.path.size() + 1;
        }
        if (spec_.era > 0x138) return;
        u64 alias_path = plan_.alias_paths;
        for (const Image& image : l_.images) {
            if (image.alias.empty()) continue;
            u8* p = bytes_.data() + record;
            put64(p, image.shape.segment_address[kSegText]);
            put32(p + 24, alias_path);
            record += 0x20;
            std::memcpy(bytes_.data() + alias_path, image.alias.data(), image.alias.size());
            alias_path += image.alias.size() + 1;
        }
    }

    void subs() {
        const bool named = spec_.era >= 0x200;
        f32(0x188, plan_.subs);
        f32(0x18C, l_.sub_count);
        u8* p = bytes_.data() + plan_.subs;
        for (u32 i = 1; i <= l_.sub_count; ++i) {
            const File& sub = l_.files[i];
            std::memcpy(p, sub.uuid.data(), 16);
            put64(p + 16, sub.mappings[0].address - l_.base);
            if (named) std::memcpy(p + 24, sub.suffix.data(), sub.suffix.size());
            p += named ? 56 : 24;
        }
    }

    const Emission& e_;
    const Spec& spec_;
    const CacheLayout& l_;
    const File& f_;
    HeaderPlan plan_;
    bool main_;
    std::vector<u8> bytes_;
};

}  // namespace

void emit_header(Out& out, const Emission& e, const File& file) {
    const std::vector<u8> bytes = HeaderWriter(e, file).build();
    out.bytes(bytes.data(), bytes.size());
}

}  // namespace dscgen
