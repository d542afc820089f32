// __TEXT segments: Mach-O header, code, stubs, constants, strings.

#include "code.h"
#include "code_edits.h"
#include "emit.h"
#include "macho.h"
#include "objc_emit.h"

namespace dscgen {

namespace {

class TextWriter {
  public:
    TextWriter(Out& out, const Emission& e, const Image& image, u64 start)
        : out_(out),
          e_(e),
          image_(image),
          shape_(image.shape),
          content_(e.scale, image.record),
          start_(start),
          profile_(profile(e.spec)) {}

    void write() {
        std::vector<u8> header;
        write_macho(header, content_, shape_, linkedit_place(e_.spec, e_.layout, shape_), image_.path);
        out_.bytes(header.data(), header.size());
        code();
        stubs();
        constants(kTextConst, shape_.size[kTextConst], hash(image_.record.seed, 0xC0457));
        strings(kCString, Pool::cstring);
        strings(kOsLog, Pool::oslog);
        strings(kMethName, Pool::methname);
        ustrings();
        unwind();
        objc();
        extras();
    }

  private:
    void begin(u64 offset, const char* what) { out_.zero_to(start_ + offset, what); }

    void code() {
        begin(shape_.offset[kText], "__text");
        const std::vector<u32> string_offsets = content_.string_offsets(Pool::cstring);
        CodeContext c{};
        c.arch = e_.spec.arch;
        c.text = shape_.section_address(profile_, kText);
        c.functions = content_.function_offsets().data();
        c.function_count = content_.counts().functions;
        c.strings = shape_.section_address(profile_, kCString);
        c.string_offsets = string_offsets.data();
        c.string_count = content_.counts().cstrings;
        c.stubs = shape_.section_address(profile_, kStubs);
        c.stub_count = content_.base_imports();
        c.constants = shape_.section_address(profile_, kConst);
        c.constant_count = content_.counts().const_slots;
        const bool patched = !content_.mutations().functions_patched.empty();
        for (u32 slot = 0; slot < content_.function_slots(); ++slot) {
            const u32 size = content_.function_size(slot);
            if (size == 0) continue;
            const u32 number = content_.function_number(slot);
            const Retarget retarget = retarget_of(content_.mutations(), number);
            c.call_shift = retarget.calls;
            c.string_shift = retarget.strings;
            emit_function(out_.reserve(size + 16), size, c.text + content_.function_offset(slot),
                          hash(image_.record.seed, 0xC0DE, number), patched ? content_.patch_of(number) : 0, c);
            out_.commit(size);
        }
    }

    void stubs() {
        if (shape_.size[kStubs] == 0) return;
        begin(shape_.offset[kStubs], "__stubs");
        const u64 address = shape_.section_address(profile_, kStubs);
        const u64 slots = shape_.section_address(profile_, profile_.auth_segments ? kAuthGot : kGot);
        const u32 size = stub_size(e_.spec.arch);
        for (u32 i = 0; i < shape_.imports; ++i) {
            emit_stub(out_.reserve(16), address + u64{i} * size, slots + u64{i} * profile_.pointer, e_.spec.arch);
            out_.commit(size);
        }
    }

    void constants(Section section, u64 size, u64 seed) {
        begin(shape_.offset[section], "__const");
        random_bytes(size, seed);
    }

    void random_bytes(u64 size, u64 seed) {
        Rng rng{seed};
        while (size > 0) {
            const std::size_t piece = static_cast<std::size_t>(std::min<u64>(size, 4096));
            u8* p = out_.reserve(4096 + 8);
            for (std::size_t i = 0; i < piece; i += 8) put64(p + i, rng.next() & 0x00FFFFFF0000FFFF);
            out_.commit(piece);
            size -= piece;
        }
    }

    void strings(Section section, Pool pool) {
        if (shape_.size[section] == 0) return;
        begin(shape_.offset[section], "strings");
        emit_strings(out_, content_, pool);
    }

    void ustrings() {
        begin(shape_.offset[kUString], "__ustring");
        for (u32 n = 0; n < content_.counts().ustrings; ++n) {
            u16 text[kMaxName];
            const std::size_t units = ustring_text(text, image_.record.seed, n);
            for (std::size_t i = 0; i < units; ++i) out_.w16(text[i]);
            out_.w16(0);
        }
    }

    // The header of compact unwind info and one page of function entries; offsets count from the mach header, so the
    // bytes stay the same wherever the image lies.
    void unwind() {
        begin(shape_.offset[kUnwind], "__unwind_info");
        for (const u64 v : std::initializer_list<u64>{1, 28, 0, 28, 0, 28, 1, 0, 40, 0}) out_.w32(v);
        const u32 count = shape_.functions / 8 + 1;
        for (u32 i = 0; i < count; ++i) {
            const u32 slot = std::min(i * 8, content_.function_slots() - 1);
            out_.w32(u64{shape_.offset[kText]} + content_.function_offset(slot));
            out_.w32(0x04000000);
        }
    }

    void objc() {
        const ObjcPlan plan(content_);
        for (const Section section : {kMethList, kObjcNames, kObjcTypes, kObjcOptRo}) {
            if (shape_.size[section] == 0) continue;
            begin(shape_.offset[section], "Objective-C");
            emit_objc_text(out_, e_, image_, plan, section);
        }
    }

    void extras() {
        u64 at = shape_.first_extra;
        for (const u32 size : content_.mutations().sections_added) {
            begin(at, "added section");
            random_bytes(size, hash(image_.record.seed, 0xE87A, size));
            at = align_up(at + size, 16);
        }
    }

    Out& out_;
    const Emission& e_;
    const Image& image_;
    const ImageShape& shape_;
    Content content_;
    u64 start_;
    Profile profile_;
};

}  // namespace

void emit_strings(Out& out, const Content& content, Pool pool) {
    for (u32 slot = 0; slot < content.string_slots(pool); ++slot) {
        if (!content.string_exists(pool, slot)) continue;
        u8* p = out.reserve(kMaxName);
        const std::size_t n = string_text(p, content.image().seed, pool, content.string_number(pool, slot));
        p[n] = 0;
        out.commit(n + 1);
    }
}

void emit_text(Out& out, const Emission& e, const Mapping& mapping) {
    for (const Span& span : mapping.spans) {
        for (u32 i = span.first; i < span.last; ++i) {
            const Image& image = e.layout.images[i];
            const u64 start = image.shape.segment_file_offset[kSegText];
            out.zero_to(start, "text");
            TextWriter(out, e, image, start).write();
        }
    }
    out.zero_to(mapping.file_offset + mapping.size, "text mapping");
}

}  // namespace dscgen
