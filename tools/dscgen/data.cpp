// Data segments: pointer tables, CFStrings, plain data. Objective-C metadata is written by objc_emit.cpp.

#include "code_edits.h"
#include "emit.h"
#include "macho.h"
#include "objc_emit.h"

namespace dscgen {

namespace {

class SegmentWriter {
  public:
    SegmentWriter(DataWriter& data, const Emission& e, const Image& image)
        : data_(data),
          e_(e),
          image_(image),
          shape_(image.shape),
          content_(e.scale, image.record),
          profile_(profile(e.spec)),
          thumb_(is_thumb(e.spec.arch) ? 1 : 0) {}

    void write(Segment segment) {
        for (const Section section : {kGot, kConst, kAuthGot, kAuthConst, kCfString, kClassList, kCategoryList,
                                      kProtocolList, kObjcImageInfo, kObjcConst, kObjcData, kData, kAuthData, kBss}) {
            if (shape_.size[section] == 0 || segment_of(profile_, section) != segment) continue;
            data_.zeros_to(shape_.section_address(profile_, section), "section");
            if (is_objc(section)) {
                emit_objc_data(data_, e_, image_, ObjcPlan(content_), section);
                continue;
            }
            switch (section) {
                case kGot:
                case kAuthGot:
                    imports(section == kAuthGot);
                    break;
                case kConst:
                case kAuthConst:
                    table(section);
                    break;
                case kCfString:
                    cfstrings();
                    break;
                case kBss:
                    data_.zeros_to(shape_.section_address(profile_, section) + shape_.size[section], "__bss");
                    break;
                default:
                    plain(section);
                    break;
            }
        }
    }

  private:
    u64 function(u64 h) const {
        const u32 slot = referable(static_cast<u32>((h >> 32) % content_.counts().functions));
        return (shape_.section_address(profile_, kText) + content_.function_offset(slot)) | thumb_;
    }
    u64 string(u64 h) const {
        const u32 slot = referable(static_cast<u32>((h >> 32) % content_.counts().cstrings));
        return shape_.section_address(profile_, kCString) + strings_[slot];
    }

    void imports(bool authenticated) {
        for (const Import& import : content_.imports()) {
            const ImageShape& exporter = e_.layout.by_id(content_.dependencies()[import.dependency].id).shape;
            data_.pointer((exporter.section_address(profile_, kText) + exporter.popular_text[import.popular]) | thumb_,
                          authenticated);
        }
    }

    // Pointers to functions and strings with a number every fourth slot. With authenticated segments the plain table
    // holds strings only and the other one functions, as the compiler sorts them.
    void table(Section section) {
        const bool auth = section == kAuthConst;
        const u64 seed = hash(image_.record.seed, 0xAC);
        for (u32 i = 0; i < content_.counts().const_slots; ++i) {
            const u64 h = auth ? hash(seed, i) : table_word(content_, i);
            const TableEntry entry = table_entry(profile_, i);
            if (entry == TableEntry::number)
                data_.word(h & 0xFFF);
            else if (auth || entry == TableEntry::function)
                data_.pointer(function(h), auth);
            else
                data_.pointer(string(h));
        }
    }

    void plain(Section section) {
        const u64 seed = hash(image_.record.seed, 0xDA, section);
        const u32 slots = shape_.size[section] / profile_.pointer;
        const u32 stride = profile_.pointer == 8 ? 4 : 2;
        for (u32 i = 0; i < slots; ++i) {
            const u64 h = hash(seed, i);
            if (i % stride != 1)
                data_.word(h & 0xFFFFFF);
            else if (section == kAuthData)
                data_.pointer(function(h), true);
            else
                data_.pointer(shape_.section_address(profile_, section) + (h >> 32) % slots * profile_.pointer);
        }
    }

    void cfstrings() {
        // The class reference is data of CoreFoundation (of the first image when the cache has no CoreFoundation).
        const ImageShape& core = e_.layout.by_id(e_.layout.index_by_id.size() > 2 ? 2 : 0).shape;
        const u64 isa = core.section_address(profile_, kData);
        const std::vector<u32> ustrings = content_.ustring_offsets();
        for (u32 i = 0; i < content_.cfstring_count(); ++i) {
            const Content::CfString s = content_.cfstring(i);
            data_.pointer(isa, profile_.auth_segments, 0x6AE1);
            data_.word(s.utf16 ? 0x7D0 : 0x7C8);
            if (s.utf16) {
                data_.pointer(shape_.section_address(profile_, kUString) + ustrings[s.slot]);
                data_.word((ustrings[s.slot + 1] - ustrings[s.slot]) / 2 - 1);
            } else {
                data_.pointer(shape_.section_address(profile_, kCString) + strings_[s.slot]);
                data_.word(strings_[s.slot + 1] - strings_[s.slot] - 1);
            }
        }
    }

    DataWriter& data_;
    const Emission& e_;
    const Image& image_;
    const ImageShape& shape_;
    Content content_;
    Profile profile_;
    u64 thumb_;
    std::vector<u32> strings_ = content_.string_offsets(Pool::cstring);
};

}  // namespace

SlideRecord emit_data(Out& out, const Emission& e, const Mapping& mapping) {
    DataWriter data(out, e.spec, e.layout.base, mapping.address);
    for (const Span& span : mapping.spans) {
        for (u32 i = span.first; i < span.last; ++i) {
            const Image& image = e.layout.images[i];
            data.zeros_to(image.shape.segment_address[span.segment], "segment");
            SegmentWriter(data, e, image).write(span.segment);
        }
    }
    data.zeros_to(mapping.address + mapping.size, "data mapping");
    return data.finish();
}

}  // namespace dscgen
