// Makes Objective-C metadata in memory, record by record, in every layout of method lists, so that each field can be
// given a wrong value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "macho/objc.h"
#include "support/buffer.h"
#include "support/memory_space.h"

namespace strata::test {

enum class MethodForm { kPointers, kReferences, kDirectSelf, kDirectSigned, kDirectAddress, kDirectTypes };

struct MadeMethod {
    std::string_view selector;
    std::string_view types;
};
struct MadePair {
    std::string_view name;
    std::string_view value;
};

/// Parts of a class or category: addresses, 0 = none.
struct MadeParts {
    uint64_t methods = 0;
    uint64_t class_methods = 0;
    uint64_t protocols = 0;
    uint64_t ivars = 0;
    uint64_t properties = 0;
    uint64_t class_properties = 0;
};

/// Everything lies in one mapping. Addresses are final as soon as they are given out.
class ObjcMaker {
  public:
    static constexpr uint64_t kBase = 0x100000;
    /// Signed offsets are negative in these images, unsigned ones cannot be.
    uint64_t selector_base() const { return form_ == MethodForm::kDirectSigned ? kBase + 0x800000 : kBase + 8; }

    explicit ObjcMaker(bool is_64 = true, MethodForm form = MethodForm::kPointers) : is_64_(is_64), form_(form) {
        bytes_.assign(64, '\0');  // something below all that is placed, so that offsets can point there
        image.address = kBase;
        image.is_64 = is_64;
    }

    uint64_t pointer_size() const { return is_64_ ? 8 : 4; }
    std::string word(uint64_t value) const { return is_64_ ? le64(value) : le32(value); }
    std::string pointer(uint64_t address) const {
        return word(is_64_ ? MemorySpace::encode_pointer(address) : address);
    }

    uint64_t next() const { return kBase + (bytes_.size() + 7) / 8 * 8; }
    uint64_t place(const std::string& bytes) {
        const uint64_t at = next();
        bytes_.resize(at - kBase, '\0');
        bytes_ += bytes;
        return at;
    }
    uint64_t text(std::string_view text) { return place(std::string(text) + '\0'); }
    /// Overwrites what was placed at `address`.
    void set(uint64_t address, std::string_view bytes) { put(bytes_, address - kBase, bytes); }

    uint64_t method_list(const std::vector<MadeMethod>& methods) {
        std::vector<uint64_t> names;
        std::vector<uint64_t> types;
        for (const auto& method : methods) {
            const uint64_t name = text(method.selector);
            names.push_back(form_ == MethodForm::kReferences ? place(pointer(name)) : name);
            types.push_back(text(method.types));
        }
        if (form_ == MethodForm::kPointers) {
            std::string list = le32(3 * pointer_size() | 3) + le32(methods.size());
            for (size_t i = 0; i < methods.size(); ++i)
                list += pointer(names[i]) + pointer(types[i]) + pointer(kBase + i + 1);
            return place(list);
        }
        const bool direct = form_ != MethodForm::kReferences;
        const bool types_from_base = form_ == MethodForm::kDirectTypes;
        std::string list = le32(0x80000000 | (direct ? 0x40000000 : 0) | (types_from_base ? 0x20000000 : 0) | 12 | 3) +
                           le32(methods.size());
        for (size_t i = 0; i < methods.size(); ++i) {
            const uint64_t field = next() + list.size();
            const bool from_field = form_ == MethodForm::kReferences || form_ == MethodForm::kDirectSelf;
            list += le32(names[i] - (from_field ? field : selector_base()));
            list += le32(types[i] - (types_from_base ? selector_base() : field + 4));
            list += le32(kBase + i + 1 - (field + 8));
        }
        return place(list);
    }

    uint64_t ivar_list(const std::vector<MadePair>& ivars) {
        std::string list = le32(3 * pointer_size() + 8) + le32(ivars.size());
        for (const auto& [name, type] : ivars)
            list += pointer(kBase) + pointer(name.empty() ? 0 : text(name)) + pointer(text(type)) + le32(3) + le32(8);
        return place(list);
    }
    uint64_t property_list(const std::vector<MadePair>& properties) {
        std::string list = le32(2 * pointer_size()) + le32(properties.size());
        for (const auto& [name, attributes] : properties) list += pointer(text(name)) + pointer(text(attributes));
        return place(list);
    }
    uint64_t protocol_list(const std::vector<uint64_t>& protocols) {
        std::string list = word(protocols.size());
        for (const uint64_t protocol : protocols) list += pointer(protocol);
        return place(list);
    }
    /// The lists in this order; the last one is the class's own. The result carries the tag.
    uint64_t list_of_lists(const std::vector<uint64_t>& lists) {
        std::string bytes = le32(8) + le32(lists.size());
        for (size_t i = 0; i < lists.size(); ++i) bytes += le64(((lists[i] - (next() + bytes.size())) << 16) | (i + 7));
        return place(bytes) | 1;
    }

    uint64_t class_data(uint32_t flags, uint64_t name, const MadeParts& parts) {
        std::string data = le32(flags) + le32(8) + le32(16);
        if (is_64_) data += le32(0);
        return place(data + pointer(0) + pointer(name) + pointer(parts.methods) + pointer(parts.protocols) +
                     pointer(parts.ivars) + pointer(0) + pointer(parts.properties));
    }
    uint64_t class_object(uint64_t isa, uint64_t superclass, uint64_t data) {
        return place(pointer(isa) + pointer(superclass) + pointer(0) + pointer(0) + pointer(data));
    }
    /// A class with its metaclass; a root class when `superclass` is 0. `tag` is what Swift adds to the data pointer.
    uint64_t make_class(std::string_view name, uint64_t superclass, const MadeParts& parts, uint64_t tag = 0) {
        const uint32_t root = superclass == 0 ? 2 : 0;
        const uint64_t name_at = text(name);
        const uint64_t meta = class_object(
            0, 0,
            class_data(1 | root, name_at, {.methods = parts.class_methods, .properties = parts.class_properties}));
        return class_object(meta, superclass, class_data(root, name_at, parts) | tag);
    }
    uint64_t make_category(std::string_view name, uint64_t extended, const MadeParts& parts) {
        return place(pointer(text(name)) + pointer(extended) + pointer(parts.methods) + pointer(parts.class_methods) +
                     pointer(parts.protocols) + pointer(parts.properties) + pointer(parts.class_properties));
    }
    uint64_t make_protocol(std::string_view name, const MadeParts& required, const MadeParts& optional,
                           bool with_new_fields = true) {
        const uint64_t p = pointer_size();
        std::string bytes = pointer(0) + pointer(text(name)) + pointer(required.protocols) + pointer(required.methods) +
                            pointer(required.class_methods) + pointer(optional.methods) +
                            pointer(optional.class_methods) + pointer(required.properties) +
                            le32(with_new_fields ? 11 * p + 8 : 8 * p + 8) + le32(0);
        if (with_new_fields) bytes += pointer(0) + pointer(0) + pointer(required.class_properties);
        return place(bytes);
    }

    /// A section that holds pointers to these.
    void list_section(std::string_view name, const std::vector<uint64_t>& addresses) {
        std::string bytes;
        for (const uint64_t address : addresses) bytes += pointer(address);
        add_section(name, place(bytes), bytes.size());
    }
    void add_section(std::string_view name, uint64_t address, uint64_t size) {
        macho::Section section;
        section.segment = "__DATA_CONST";
        section.name = name;
        section.address = address;
        section.size = size;
        image.sections.push_back(section);
    }

    /// A section without meaning: limits are in proportion to what an image declares.
    void declare(uint64_t size) { add_section("__filler", kBase, size); }

    macho::SelectorBase selectors() const {
        using Kind = macho::SelectorBase::Kind;
        switch (form_) {
            case MethodForm::kDirectSigned:
                return {Kind::kSigned, selector_base()};
            case MethodForm::kDirectAddress:
            case MethodForm::kDirectTypes:
                return {Kind::kAddress, selector_base()};
            default:
                return {};
        }
    }
    const std::string& bytes() const { return bytes_; }

    macho::Image image;

  private:
    bool is_64_;
    MethodForm form_;
    std::string bytes_;
};

/// What walk_objc() visits, as lines of text: "class Foo : Bar", "  -sel: types", "  ivar x type".
struct ObjcText {
    std::string text;
    macho::MetadataSummary summary;
};
inline ObjcText read_objc(const macho::ObjcContext& context) {
    ObjcText result;
    const auto line = [&](std::string_view a, std::string_view b, std::string_view c = {}) {
        result.text += "  " + std::string(a) + std::string(b) + (c.empty() ? "" : " " + std::string(c)) + "\n";
    };
    result.summary = macho::walk_objc(context, [&](const macho::ObjcItem& item) {
        const char* kinds[] = {"class ", "category ", "protocol "};
        result.text += kinds[static_cast<size_t>(item.kind)] + std::string(item.name);
        if (!item.base.empty()) result.text += " : " + std::string(item.base);
        result.text += item.is_swift ? " (Swift)\n" : "\n";
        for (const auto& name : item.protocols) line("<", name);
        for (const auto& method : item.methods)
            line(std::string(method.is_optional ? "optional " : "") + (method.is_class ? "+" : "-"), method.selector,
                 method.types);
        for (const auto& ivar : item.ivars) line("ivar ", ivar.name, ivar.type);
        for (const auto& property : item.properties)
            line(property.is_class ? "class property " : "property ", property.name, property.attributes);
    });
    return result;
}
inline ObjcText read_objc(const ObjcMaker& maker) {
    const MemorySpace space(ObjcMaker::kBase, maker.bytes());
    return read_objc({space, maker.image, maker.selectors()});
}

}  // namespace strata::test
