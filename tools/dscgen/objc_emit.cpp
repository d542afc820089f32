#include "objc_emit.h"

namespace dscgen {

namespace {

const Image& home_image(const Emission& e) {
    return e.layout.by_id(selector_home(e.spec));
}

u64 opt_section(const Emission& e) {
    return home_image(e).shape.section_address(profile(e.spec), kObjcOptRo);
}

// Where things of one image are.
struct Places {
    const Emission& e;
    const Image& image;
    const ObjcPlan& plan;
    Profile p = profile(e.spec);
    ObjcSizes sizes = objc_sizes(p.pointer);

    u64 section(Section s) const { return image.shape.section_address(p, s); }
    // A section of strings, or what the builder made of it.
    u64 strings(Section s) const {
        if (image.shape.pooled[s] == 0) return section(s);
        u64 address = opt_section(e) + image.shape.pooled_at;
        for (const Section before : kPooledSections) {
            if (before == s) break;
            address += image.shape.pooled[before];
        }
        return address;
    }
    u64 name(const ObjcThing& t) const { return strings(kObjcNames) + t.name_at; }
    u64 member(u32 number) const { return strings(kObjcNames) + member_name_offset(number); }
    u64 type(u32 number) const { return strings(kObjcTypes) + type_offset(number); }
    u64 selector(u32 number) const { return opt_section(e) + selector_offset(number); }
    u64 implementation(const ObjcThing& t, u32 list, u32 i) const {
        const Content& c = plan.content();
        const u32 slot =
            referable(static_cast<u32>((plan.implementation_hash(t, list, i) >> 32) % c.counts().functions));
        return (section(kText) + c.function_offset(slot)) | (is_thumb(e.spec.arch) ? 1U : 0U);
    }
    // Of a list of methods; 0 when it is empty.
    u64 list(const ObjcThing& t, u32 which) const {
        if (t.count.lists[which] == 0) return 0;
        return section(plan.form() == MethodForm::pointers ? kObjcConst : kMethList) + t.list_at[which];
    }
    u64 class_object(const ObjcThing& t) const { return section(kObjcData) + t.data_at + sizes.object; }
    // The root class, in the image that has the selectors, and its metaclass.
    u64 root(bool meta) const { return home_image(e).shape.section_address(p, kObjcData) + (meta ? 0 : sizes.object); }
};

u32 list_flags(MethodForm form) {
    return form == MethodForm::pointers ? 0U : 0xC0000000U;
}

u64 selector_field(const Places& at, u64 field, u32 selector) {
    if (at.plan.form() == MethodForm::self_relative) return at.selector(selector) - field;
    return at.selector(selector) - selector_base(at.e);
}

void emit_lists(Out& out, const Places& at) {
    u64 address = at.section(kMethList);
    for (const ObjcThing& t : at.plan.things()) {
        for (u32 list = 0; list < 2; ++list) {
            const u32 count = t.count.lists[list];
            if (count == 0) continue;
            out.w32(list_flags(at.plan.form()) | 12 | 3);
            out.w32(count);
            address += 8;
            for (u32 i = 0; i < count; ++i, address += 12) {
                out.w32(selector_field(at, address, at.plan.selector_of(t, list, i)));
                out.w32(at.type(at.plan.type_of(t, list, i)) - (address + 4));
                out.w32(t.kind == ObjcKind::protocol ? 0 : at.implementation(t, list, i) - (address + 8));
            }
            if (address % 8 != 0) out.w32(0);
            address += address % 8;
        }
    }
}

void emit_opt(Out& out, const Emission& e) {
    const u64 base = selector_base(e) - e.layout.base;
    if (e.spec.era >= 0x200) {
        // ObjCOptimizationHeader: version, flags, six offsets from the cache's base.
        out.w32(1);
        out.w32(0);
        for (u32 i = 0; i < 5; ++i) out.w64(0);
        out.w64(base);
        out.w64(0);
        out.w64(0);
    } else {
        // objc_opt_t: version 16 says in its last field where selectors are counted from.
        const bool with_base = e.spec.era == 0x1C8;
        out.w32(with_base ? 16 : 15);
        out.w32(3);
        for (u32 i = 0; i < 8; ++i) out.w32(0);
        out.w64(with_base ? kSelectorBase : 0);
        for (u32 i = 0; i < 3; ++i) out.w64(0);
    }
    out.bytes("\xF0\x9F\xA4\xAF", 5);
    for (u32 i = 0; i < kSelectors; ++i) out.bytes(selector_text(i).c_str(), selector_text(i).size() + 1);
}

void emit_names(Out& out, const ObjcPlan& plan) {
    for (u32 i = 0; i < kNameTexts; ++i) out.bytes(member_name(i).c_str(), member_name(i).size() + 1);
    for (const ObjcThing& t : plan.things()) {
        const std::string name = plan.name_of(t);
        out.bytes(name.c_str(), name.size() + 1);
    }
}

void emit_types(Out& out) {
    for (u32 i = 0; i < kTypeTexts; ++i) out.bytes(type_text(i).c_str(), type_text(i).size() + 1);
}

// What was in the sections that the builder emptied, image after image.
void emit_pool(Out& out, const Emission& e) {
    for (const Image& image : e.layout.images) {
        const Content content(e.scale, image.record);
        if (image.shape.pooled[kMethName] != 0) emit_strings(out, content, Pool::methname);
        if (image.shape.pooled[kObjcNames] != 0) emit_names(out, ObjcPlan(content));
        if (image.shape.pooled[kObjcTypes] != 0) emit_types(out);
    }
}

class ConstWriter {
  public:
    ConstWriter(DataWriter& data, const Places& at) : data_(data), at_(at), plan_(at.plan) {}

    void write() {
        for (const ObjcThing& t : plan_.things()) {
            data_.zeros_to(at_.section(kObjcConst) + t.const_at, "objc record");
            if (t.kind == ObjcKind::cls) class_parts(t);
            if (t.kind == ObjcKind::category) category(t);
            if (t.kind == ObjcKind::protocol) protocol_parts(t);
            if (plan_.form() == MethodForm::pointers) pointer_lists(t);
        }
    }

    // Parts follow one another: places of those behind the records of a class or protocol.
    struct Parts {
        u64 ivars, properties, protocols, lists;
    };
    static Parts parts(const Places& at, const ObjcThing& t) {
        u64 next = at.section(kObjcConst) + t.const_at + (t.kind == ObjcKind::cls ? 2 * at.sizes.data : 0);
        Parts p{};
        const auto take = [&](bool there, u64 size) {
            const u64 place = next;
            if (there) next += align_up(size, 8);
            return there ? place : 0;
        };
        p.ivars = take(t.count.ivars != 0, 8 + t.count.ivars * u64{at.sizes.ivar});
        p.properties = take(t.count.properties != 0, 8 + t.count.properties * u64{at.sizes.property});
        p.protocols = take(at.plan.adopted_by(t) != nullptr, 2 * u64{at.p.pointer});
        p.lists = take(t.attached, 24);
        return p;
    }

  private:
    void pointer(u64 target) {
        if (target == 0)
            data_.word(0);
        else
            data_.pointer(target);
    }

    void class_data(u32 flags, u64 name, u64 methods, const Parts& p, bool meta) {
        data_.value32(flags);
        data_.value32(8);
        data_.value32(16);
        if (at_.p.pointer == 8) data_.value32(0);
        pointer(0);
        pointer(name);
        pointer(methods);
        pointer(p.protocols);
        pointer(meta ? 0 : p.ivars);
        pointer(0);
        pointer(meta ? 0 : p.properties);
    }

    void class_parts(const ObjcThing& t) {
        const Parts p = parts(at_, t);
        const u32 root = plan_.is_root(t) ? 2 : 0;
        class_data(1 | root, at_.name(t), at_.list(t, 1), p, true);
        class_data(root, at_.name(t), t.attached ? p.lists | 1 : at_.list(t, 0), p, false);
        ivars(t, p.ivars);
        properties(t, p.properties);
        adopted(t, p.protocols);
        if (t.attached) list_of_lists(t, p.lists);
    }

    void ivars(const ObjcThing& t, u64 place) {
        if (place == 0) return;
        data_.zeros_to(place, "ivars");
        data_.value32(at_.sizes.ivar);
        data_.value32(t.count.ivars);
        for (u32 i = 0; i < t.count.ivars; ++i) {
            data_.pointer(at_.section(kData));  // where its offset would be
            data_.pointer(at_.member(plan_.ivar_name_of(t, i)));
            data_.pointer(at_.type(plan_.ivar_type_of(t, i)));
            data_.value32(3);
            data_.value32(8);
        }
    }

    void properties(const ObjcThing& t, u64 place) {
        if (place == 0) return;
        data_.zeros_to(place, "properties");
        data_.value32(at_.sizes.property);
        data_.value32(t.count.properties);
        for (u32 i = 0; i < t.count.properties; ++i) {
            data_.pointer(at_.member(plan_.property_name_of(t, i)));
            data_.pointer(at_.type(plan_.property_attributes_of(t, i)));
        }
    }

    void adopted(const ObjcThing& t, u64 place) {
        if (place == 0) return;
        data_.zeros_to(place, "adopted protocols");
        data_.word(1);
        data_.pointer(at_.section(kObjcData) + plan_.adopted_by(t)->data_at);
    }

    // The list of the category first, then the class's own: an image index below, a distance from the entry above.
    void list_of_lists(const ObjcThing& t, u64 place) {
        data_.zeros_to(place, "list of lists");
        data_.value32(8);
        data_.value32(2);
        u64 field = place + 8;
        for (const u64 list : {at_.list(*plan_.attached_to(t), 0), own_list(t)}) {
            const u64 entry = (list - field) << 16 | 1;
            data_.value32(entry & 0xFFFFFFFF);
            data_.value32(entry >> 32);
            field += 8;
        }
    }
    // There is always one; a class whose methods are all gone shares its category's in vain, so it gets an empty one.
    u64 own_list(const ObjcThing& t) const { return at_.list(t, 0); }

    void category(const ObjcThing& t) {
        const ObjcThing* extended = plan_.base_of(t);
        pointer(at_.name(t));
        pointer(extended != nullptr ? at_.class_object(*extended) : at_.root(false));
        pointer(at_.list(t, 0));
        pointer(at_.list(t, 1));
        for (u32 i = 0; i < 3; ++i) pointer(0);
        data_.value32(at_.p.pointer * 8);
        if (at_.p.pointer == 8) data_.value32(0);
    }

    void protocol_parts(const ObjcThing& t) {
        const Parts p = parts(at_, t);
        properties(t, p.properties);
        adopted(t, p.protocols);
    }

    void pointer_lists(const ObjcThing& t) {
        for (u32 list = 0; list < 2; ++list) {
            if (t.count.lists[list] == 0) continue;
            data_.zeros_to(at_.list(t, list), "methods");
            data_.value32(3 * at_.p.pointer | 3);
            data_.value32(t.count.lists[list]);
            for (u32 i = 0; i < t.count.lists[list]; ++i) {
                data_.pointer(at_.selector(plan_.selector_of(t, list, i)));
                data_.pointer(at_.type(plan_.type_of(t, list, i)));
                pointer(t.kind == ObjcKind::protocol ? 0 : at_.implementation(t, list, i));
            }
        }
    }

    DataWriter& data_;
    const Places& at_;
    const ObjcPlan& plan_;
};

class ObjectWriter {
  public:
    ObjectWriter(DataWriter& data, const Places& at) : data_(data), at_(at) {}

    void write() {
        for (const ObjcThing& t : at_.plan.things()) {
            if (t.kind == ObjcKind::category) continue;
            data_.zeros_to(at_.section(kObjcData) + t.data_at, "objc object");
            if (t.kind == ObjcKind::cls)
                class_objects(t);
            else
                protocol(t);
        }
    }

  private:
    void signed_pointer(u64 target) { data_.pointer(target, at_.p.auth_segments, 0x6AE1); }

    void object(u64 isa, u64 superclass, u64 class_data) {
        signed_pointer(isa);
        if (superclass == 0)
            data_.word(0);
        else
            signed_pointer(superclass);
        data_.word(0);
        data_.word(0);
        signed_pointer(class_data);
    }

    void class_objects(const ObjcThing& t) {
        const u64 class_data = at_.section(kObjcConst) + t.const_at;
        const u64 meta = at_.section(kObjcData) + t.data_at;
        const ObjcThing* base = at_.plan.base_of(t);
        const bool root = at_.plan.is_root(t);
        const u64 own_base = base != nullptr ? at_.class_object(*base) : 0;
        object(at_.root(true),
               root              ? meta + at_.sizes.object
               : base != nullptr ? own_base - at_.sizes.object
                                 : at_.root(true),
               class_data);
        object(meta, root ? 0 : base != nullptr ? own_base : at_.root(false), class_data + at_.sizes.data);
    }

    void protocol(const ObjcThing& t) {
        const ConstWriter::Parts p = ConstWriter::parts(at_, t);
        const auto pointer = [this](u64 target) {
            if (target == 0)
                data_.word(0);
            else
                data_.pointer(target);
        };
        pointer(0);
        pointer(at_.name(t));
        pointer(p.protocols);
        pointer(at_.list(t, 0));
        pointer(0);
        pointer(at_.list(t, 1));
        pointer(0);
        pointer(p.properties);
        data_.value32(at_.p.pointer == 8 ? 96 : 52);
        data_.value32(0);
        for (u32 i = 0; i < 3; ++i) pointer(0);
    }

    DataWriter& data_;
    const Places& at_;
};

void emit_pointers(DataWriter& data, const Places& at, ObjcKind kind) {
    for (const ObjcThing& t : at.plan.things()) {
        if (t.kind != kind) continue;
        if (kind == ObjcKind::cls) data.pointer(at.class_object(t));
        if (kind == ObjcKind::category) data.pointer(at.section(kObjcConst) + t.const_at);
        if (kind == ObjcKind::protocol) data.pointer(at.section(kObjcData) + t.data_at);
    }
}

}  // namespace

u64 selector_base(const Emission& e) {
    return opt_section(e) + kSelectorBase;
}

void emit_objc_text(Out& out, const Emission& e, const Image& image, const ObjcPlan& plan, Section section) {
    const Places at{e, image, plan};
    switch (section) {
        case kMethList:
            emit_lists(out, at);
            break;
        case kObjcNames:
            emit_names(out, plan);
            break;
        case kObjcTypes:
            emit_types(out);
            break;
        default:
            emit_opt(out, e);
            if (e.spec.objc_strings == ObjcStrings::pool) emit_pool(out, e);
            break;
    }
}

void emit_objc_data(DataWriter& data, const Emission& e, const Image& image, const ObjcPlan& plan, Section section) {
    const Places at{e, image, plan};
    switch (section) {
        case kClassList:
            return emit_pointers(data, at, ObjcKind::cls);
        case kCategoryList:
            return emit_pointers(data, at, ObjcKind::category);
        case kProtocolList:
            return emit_pointers(data, at, ObjcKind::protocol);
        case kObjcImageInfo:
            data.value32(0);
            data.value32(0x40);  // categories have class properties
            return;
        case kObjcConst:
            ConstWriter(data, at).write();
            return;
        default:
            ObjectWriter(data, at).write();
            return;
    }
}

}  // namespace dscgen
