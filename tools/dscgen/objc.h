#pragma once
// Objective-C metadata of one image: which classes, categories and protocols it has, what their parts are called, and
// where each part lies in its section. A pure function of image and mutations, made when a pass comes to the image and
// dropped after it (about 100 bytes a class).
//
// Selectors of the whole cache lie once, in libobjc's __objc_opt_ro, as the cache builder's shared copies do; method
// lists lead to them in the way of their era.

#include "content.h"

#include <string>

namespace dscgen {

enum class ObjcKind : u32 { cls, category, protocol };

// How method lists are written.
enum class MethodForm { pointers, self_relative, signed_base, unsigned_base };
MethodForm method_form(const Spec& spec);

// The image whose __objc_opt_ro holds the selectors: libobjc, or the only image.
u32 selector_home(const Spec& spec);

struct ObjcCount {
    u32 lists[2] = {};  // methods: instance and class, or of a protocol required and optional
    u32 ivars = 0;
    u32 properties = 0;
};

// One class, category or protocol with its place. Offsets count from the start of the section named.
struct ObjcThing {
    ObjcKind kind;
    u32 number;
    ObjcCount count;
    bool attached = false;  // a class whose list of methods is a list of lists
    u32 name_at = 0;        // __objc_classname
    u32 const_at = 0;       // __objc_const: the record's parts
    u32 list_at[2] = {};    // of the method lists: __objc_methlist, or __objc_const for lists of pointers
    u32 data_at = 0;        // __objc_data: metaclass and class, or the protocol
};

struct ObjcFact {
    std::string owner;
    std::string name;
    std::string value;
};

class ObjcPlan {
  public:
    explicit ObjcPlan(const Content& content);

    bool empty() const { return things_.empty(); }
    // Classes, then categories, then protocols, as their lists have them.
    const std::vector<ObjcThing>& things() const { return things_; }
    u32 count(ObjcKind kind) const;
    u64 section_bytes(Section section) const;
    u32 string_count() const;  // of __objc_classname and __objc_methtype, each value once a section
    u32 fact_count() const;

    // The nth method of a list: its number among the class's methods, selector, type.
    u32 method_number(const ObjcThing& thing, u32 list, u32 index) const;
    u32 selector_of(const ObjcThing& thing, u32 list, u32 index) const;
    u32 type_of(const ObjcThing& thing, u32 list, u32 index) const;
    u32 ivar_name_of(const ObjcThing& thing, u32 index) const;
    u32 ivar_type_of(const ObjcThing& thing, u32 index) const;
    u32 property_name_of(const ObjcThing& thing, u32 index) const;
    u32 property_attributes_of(const ObjcThing& thing, u32 index) const;
    u64 implementation_hash(const ObjcThing& thing, u32 list, u32 index) const;

    std::string name_of(const ObjcThing& thing) const;
    // Own class or protocol that it refers to, or null: superclass, extended class, adopted protocol. Without an own
    // superclass or extended class it is libobjc's first class; the first class of libobjc is the root.
    const ObjcThing* base_of(const ObjcThing& thing) const;
    const ObjcThing* adopted_by(const ObjcThing& thing) const;
    bool is_root(const ObjcThing& thing) const;
    // The own category that the builder attached to the class.
    const ObjcThing* attached_to(const ObjcThing& thing) const;

    // All facts as a reader states them.
    std::vector<ObjcFact> facts() const;

    const Content& content() const { return *content_; }
    MethodForm form() const { return form_; }

  private:
    void add_things();
    void place();
    u32 list_bytes(u32 methods) const;
    u64 seed_of(const ObjcThing& thing) const;
    u32 index_of(const ObjcThing& thing) const { return static_cast<u32>(&thing - things_.data()); }
    void add_facts(const ObjcThing& thing, std::vector<ObjcFact>& out) const;

    const Content* content_;
    Profile profile_;
    MethodForm form_;
    std::vector<ObjcThing> things_;
    u32 classes_ = 0;
    u32 categories_ = 0;
    u32 names_size_ = 0;
    u32 const_size_ = 0;
    u32 lists_size_ = 0;
    u32 data_size_ = 0;
};

// Texts that all images share by number: selectors in the home image, the others in each image's own sections.
constexpr u32 kSelectors = 2048;
const std::string& selector_text(u32 number);
constexpr u32 kMethodTypes = 16;
constexpr u32 kIvarTypes = 16;
constexpr u32 kAttributes = 8;
constexpr u32 kTypeTexts = kMethodTypes + kIvarTypes + kAttributes;
const std::string& type_text(u32 number);
constexpr u32 kIvarNames = 32;
constexpr u32 kPropertyNames = 16;
constexpr u32 kNameTexts = kIvarNames + kPropertyNames;
const std::string& member_name(u32 number);
// Offsets in their sections: of selectors in __objc_opt_ro, of types in __objc_methtype, of names in __objc_classname.
u32 selector_offset(u32 number);
u32 type_offset(u32 number);
u32 member_name_offset(u32 number);
constexpr u32 kSelectorBase = 0x48;  // offset in __objc_opt_ro of the magic text that selectors are counted from
u32 opt_section_size();

// What a record or a list takes in a cache of this pointer size.
struct ObjcSizes {
    u32 object, data, ivar, property, category, protocol;
};
ObjcSizes objc_sizes(u32 pointer);

ObjcCounts count_objc(const Spec& spec, const ImageRecord& image, u64 share, bool has_names);
bool is_objc(Section section);
// How many changes of Objective-C a step makes to an image is decided here, apart from all others.
void mutate_objc(const Content& content, Mutations& mutations, u64 seed);

}  // namespace dscgen
