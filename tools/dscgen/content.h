#pragma once
// The items of one image in full: function offsets, string offsets, imports, symbols. Built when a pass comes to the
// image and dropped after it: only one image's content is in memory at a time.

#include "image.h"

namespace dscgen {

// Sections in load-command order within each segment; a section of size 0 is not written at all.
enum Section : u32 {
    kText,
    kStubs,
    kTextConst,
    kCString,
    kOsLog,
    kMethName,
    kUString,
    kUnwind,
    kGot,
    kConst,
    kCfString,
    kData,
    kBss,
    kAuthData,
    kAuthGot,
    kAuthConst,
    kMethList,  // Objective-C (objc.h), from here
    kObjcNames,
    kObjcTypes,
    kObjcOptRo,
    kClassList,
    kCategoryList,
    kProtocolList,
    kObjcImageInfo,
    kObjcConst,
    kObjcData,  // to here
    kSectionCount
};

enum Segment : u32 { kSegText, kSegDataConst, kSegData, kSegAuth, kSegAuthConst, kSegmentCount };

// Where this architecture and era put their data.
struct Profile {
    bool const_segment;  // __DATA_CONST exists
    bool auth_segments;  // __AUTH and __AUTH_CONST exist
    u32 pointer;
};
Profile profile(const Spec& spec);
Segment segment_of(const Profile& profile, Section section);

// A defined symbol of the image.
struct Symbol {
    Item item;
    u32 ordinal;
    Section section;  // unused for absolutes
    u64 value;        // offset in the section; the value itself for absolutes
    bool weak;
    bool in_nlist;  // some absolutes are in the trie only
};

class Content {
  public:
    Content(const Scale& scale, const ImageRecord& image);

    const ImageRecord& image() const { return *image_; }
    const Counts& counts() const { return counts_; }
    const Scale& scale() const { return *scale_; }
    const std::vector<Dependency>& dependencies() const { return dependencies_; }
    const std::vector<Import>& imports() const { return imports_; }

    // Slots are positions in address order: base functions, then added ones. A removed function has size 0.
    u32 function_slots() const { return static_cast<u32>(offsets_.size()) - 1; }
    u32 function_number(u32 slot) const;
    bool function_exists(u32 slot) const;
    u32 function_offset(u32 slot) const { return offsets_[slot]; }
    u32 function_size(u32 slot) const { return offsets_[slot + 1] - offsets_[slot]; }
    u32 function_count() const;
    u32 text_size() const { return offsets_.back(); }
    FunctionName naming(u32 slot) const;
    u32 patch_of(u32 number) const;
    const std::vector<u32>& function_offsets() const { return offsets_; }

    // Strings of a pool in order of their slots, removed ones included with size 0.
    u32 string_slots(Pool pool) const;
    u32 string_number(Pool pool, u32 slot) const;
    bool string_exists(Pool pool, u32 slot) const;
    // Offsets of all slots and of the end.
    std::vector<u32> string_offsets(Pool pool) const;
    std::vector<u32> ustring_offsets() const;  // in bytes

    u32 cfstring_count() const { return counts_.cfstrings; }
    // Even the same content is never used by two CFStrings of an image.
    struct CfString {
        bool utf16;
        u32 slot;  // of the cstring pool or the ustrings
    };
    CfString cfstring(u32 index) const;

    u32 reexport_count() const { return std::min(counts_.reexports, base_imports_); }
    const Mutations& mutations() const;

    // Exports in nlist order: functions, data, absolutes; call f(const Symbol&).
    template <typename F>
    void for_each_export(F f) const {
        for (u32 slot = 0; slot < function_slots(); ++slot) {
            if (!function_exists(slot)) continue;
            const FunctionName name = naming(slot);
            if (name.naming == Naming::exported)
                f(Symbol{Item::exported_function, name.ordinal, kText, offsets_[slot],
                         is_weak_definition(image_->seed, Item::exported_function, name.ordinal), true});
        }
        for (u32 n = 0; n < counts_.exported_data; ++n) {
            if (!contains(mutations().data_removed, n)) f(data_symbol(Item::exported_data, n));
        }
        for (const u32 n : mutations().data_added) f(data_symbol(Item::exported_data, n));
        for (u32 n = 0; n < counts_.absolutes; ++n)
            f(Symbol{Item::absolute, n, kText, 0x1000 + 8 * u64{n}, false, n == 0});
    }
    // Local functions in address order, then local data.
    template <typename F>
    void for_each_local(F f) const {
        for (u32 slot = 0; slot < function_slots(); ++slot) {
            if (!function_exists(slot)) continue;
            const FunctionName name = naming(slot);
            if (name.naming == Naming::local)
                f(Symbol{Item::local_function, name.ordinal, kText, offsets_[slot], false, true});
        }
        for (u32 n = 0; n < counts_.local_data; ++n) f(data_symbol(Item::local_data, n));
    }

    // Sizes of the data sections do not depend on mutations.
    u64 section_bytes(Section section) const;
    // Imports that code may call: those that were there from the start.
    u32 base_imports() const { return base_imports_; }
    // Number of pairs (dependency, popular export) that could be imported.
    u32 importable() const { return importable_; }

  private:
    Symbol data_symbol(Item item, u32 ordinal) const;
    void resolve_imports();
    void place_functions();

    const Scale* scale_;
    const ImageRecord* image_;
    Counts counts_;
    Profile profile_;
    std::vector<Dependency> dependencies_;
    std::vector<Import> imports_;
    std::vector<u32> offsets_;
    u32 base_imports_ = 0;
    u32 importable_ = 0;
};

// Bytes of one stub.
u32 stub_size(Arch arch);

}  // namespace dscgen
