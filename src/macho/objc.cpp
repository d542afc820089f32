#include "macho/objc.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "macho/objc_lists.h"

namespace strata::macho {
namespace {

// Hostile images: work stops at these. The largest real images have some hundred thousand methods.
constexpr uint64_t kMaxEntries = 1U << 20;
// Every entry takes at least so many bytes of the image's own sections. Without this a hundred thousand images could
// all lead to one large list, each of them for nothing.
constexpr uint64_t kBytesPerEntry = 4;
constexpr uint64_t kEntrySlack = 256;
constexpr uint64_t kMaxTextBytes = 64U << 20;
constexpr uint64_t kTextSlack = 1U << 20;
// Names and types may lie in a pool that all images share, and many methods share their types.
constexpr uint64_t kTextPerImageByte = 16;
// A list of a million bad pointers would cost a million exceptions.
constexpr uint64_t kMaxUnreadable = 256;

constexpr uint32_t kCategoriesHaveClassProperties = 0x40;  // objc_image_info flags
constexpr uint32_t kRootClass = 2;                         // class_ro_t flags

/// Places of the fields of class_ro_t, in bytes.
struct ClassData {
    uint64_t name, methods, protocols, ivars, properties, size;
};
constexpr ClassData kClassData64{24, 32, 40, 48, 64, 72};
constexpr ClassData kClassData32{16, 20, 24, 28, 36, 40};

uint64_t text_limit(const Image& image) {
    const uint64_t declared = std::min(image.declared_bytes(), kMaxTextBytes);
    return std::min(declared * kTextPerImageByte + kTextSlack, kMaxTextBytes);
}

uint64_t entry_limit(const Image& image) {
    return std::min(image.declared_bytes() / kBytesPerEntry + kEntrySlack, kMaxEntries);
}

const char* kind_name(ObjcKind kind) {
    switch (kind) {
        case ObjcKind::kClass:
            return "class ";
        case ObjcKind::kCategory:
            return "category ";
        case ObjcKind::kProtocol:
            break;
    }
    return "protocol ";
}

class ObjcWalker {
  public:
    ObjcWalker(const ObjcContext& context, const std::function<void(const ObjcItem&)>& visit)
        : context_(context),
          visit_(visit),
          reader_(context.space, context.image.is_64, text_limit(context.image), entry_limit(context.image)),
          lists_(reader_, context),
          pointer_(reader_.pointer_size()),
          data_(context.image.is_64 ? kClassData64 : kClassData32) {}

    MetadataSummary run() {
        try {
            for (const auto& section : context_.image.sections) {
                if (!section.has_bytes()) continue;
                if (section.name == "__objc_imageinfo") read_image_info(section);
            }
            walk_sections({"__objc_classlist"}, ObjcKind::kClass, &ObjcWalker::read_class);
            walk_sections({"__objc_catlist", "__objc_catlist2"}, ObjcKind::kCategory, &ObjcWalker::read_category);
            walk_sections({"__objc_protolist"}, ObjcKind::kProtocol, &ObjcWalker::read_protocol);
        } catch (const MetadataLimit& limit) {
            if (summary_.first.empty()) summary_.first = std::string("more ") + limit.what + " than any real image has";
            ++summary_.unreadable;  // the item that was being read
            summary_.stopped = true;
        }
        return std::move(summary_);
    }

  private:
    using Reader = void (ObjcWalker::*)(uint64_t);

    void read_image_info(const Section& section) {
        const auto info = context_.space.at(section.address, section.size, "__objc_imageinfo");
        if (info.size() < 8) return;
        class_properties_ = (info.u32(4, "__objc_imageinfo") & kCategoriesHaveClassProperties) != 0;
    }

    void walk_sections(std::initializer_list<std::string_view> names, ObjcKind kind, Reader read) {
        for (const auto& section : context_.image.sections) {
            if (!section.has_bytes()) continue;
            if (std::find(names.begin(), names.end(), section.name) == names.end()) continue;
            // The section's bytes were found before: an image whose sections are not there has failed as a whole.
            context_.space.at(section.address, section.size, "Objective-C list");
            for (uint64_t at = 0; at < section.size; at += pointer_) {
                if (summary_.stopped) return;
                read_item(section, at, kind, read);
            }
        }
    }

    void read_item(const Section& section, uint64_t at, ObjcKind kind, Reader read) {
        item_.kind = kind;
        item_.name = item_.base = {};
        item_.is_swift = false;
        item_.methods.clear();
        item_.ivars.clear();
        item_.properties.clear();
        item_.protocols.clear();
        named_ = false;
        whole_ = true;
        ++summary_.items;
        reader_.count_entries(1);
        try {
            if (section.size - at < pointer_) throw MetadataDamage{"list", "ends in half a pointer"};
            (this->*read)(reader_.pointer_to(section.address + at, "list entry"));
        } catch (const MetadataDamage& damage) {
            note(damage);
        }
        if (named_) visit_(item_);
        if (!whole_) ++summary_.unreadable;
        summary_.stopped = summary_.unreadable == kMaxUnreadable;
    }

    /// Remembers what is wrong with the current item, if it is the first of all.
    void note(const MetadataDamage& damage) {
        if (whole_ && summary_.first.empty()) {
            summary_.first = kind_name(item_.kind);
            summary_.first += named_ ? std::string(item_.name) : "#" + std::to_string(summary_.items - 1);
            summary_.first += std::string(": ") + damage.what + " " + damage.problem;
        }
        whole_ = false;
    }

    /// Reads one part of the current item; when it is damaged the item is given without it.
    template <typename Read>
    void part(const Read& read) {
        try {
            read();
        } catch (const MetadataDamage& damage) {
            note(damage);
        }
    }

    uint64_t list_at(uint64_t field, const char* what) { return lists_.own_list(reader_.pointer(field, what)); }

    void methods_at(uint64_t field, ObjcLists::MethodKind kind) {
        part([&] { lists_.methods(list_at(field, "method list"), kind, item_.methods); });
    }
    void properties_at(uint64_t field, bool is_class) {
        part([&] { lists_.properties(list_at(field, "property list"), is_class, item_.properties); });
    }
    void protocols_at(uint64_t field) {
        part([&] { lists_.protocols(list_at(field, "list of protocols"), item_.protocols); });
    }

    void read_class(uint64_t address) {
        item_.name = lists_.class_name(address);
        named_ = true;
        const uint64_t data = lists_.class_data(address, &item_.is_swift);
        part([&] {
            const uint32_t flags = reader_.at(data, data_.size, "class data").u32(0, "class data");
            item_.base = lists_.class_named_at(address + pointer_, (flags & kRootClass) != 0, "superclass");
        });
        methods_at(data + data_.methods, {});
        protocols_at(data + data_.protocols);
        part([&] { lists_.ivars(reader_.pointer(data + data_.ivars, "ivar list"), item_.ivars); });
        properties_at(data + data_.properties, false);
        part([&] {
            const uint64_t metaclass = reader_.pointer(address, "metaclass");
            if (metaclass == 0) return;
            const uint64_t meta = lists_.class_data(metaclass);
            methods_at(meta + data_.methods, {.is_class = true});
            properties_at(meta + data_.properties, true);
        });
    }

    void read_category(uint64_t address) {
        item_.name = reader_.text(reader_.pointer_to(address, "category name"), "category name");
        named_ = true;
        item_.base = "?";
        part([&] { item_.base = lists_.class_named_at(address + pointer_, false, "extended class"); });
        methods_at(address + 2 * pointer_, {});
        methods_at(address + 3 * pointer_, {.is_class = true});
        protocols_at(address + 4 * pointer_);
        properties_at(address + 5 * pointer_, false);
        if (class_properties_) properties_at(address + 6 * pointer_, true);
    }

    void read_protocol(uint64_t address) {
        item_.name = lists_.protocol_name(address);
        named_ = true;
        protocols_at(address + 2 * pointer_);
        methods_at(address + 3 * pointer_, {});
        methods_at(address + 4 * pointer_, {.is_class = true});
        methods_at(address + 5 * pointer_, {.is_optional = true});
        methods_at(address + 6 * pointer_, {.is_class = true, .is_optional = true});
        properties_at(address + 7 * pointer_, false);
        // After the size come fields that older compilers did not write.
        const uint64_t class_properties = 10 * pointer_ + 8;
        part([&] {
            if (reader_.u32(address + 8 * pointer_, "protocol") >= class_properties + pointer_)
                properties_at(address + class_properties, true);
        });
    }

    const ObjcContext& context_;
    const std::function<void(const ObjcItem&)>& visit_;
    MetadataReader reader_;
    ObjcLists lists_;
    uint64_t pointer_;
    ClassData data_;
    bool class_properties_ = false;
    ObjcItem item_;
    bool named_ = false;  ///< the current item's name is known
    bool whole_ = true;   ///< nothing of the current item is damaged so far
    MetadataSummary summary_;
};

}  // namespace

MetadataSummary walk_objc(const ObjcContext& context, const std::function<void(const ObjcItem&)>& visit) {
    return ObjcWalker(context, visit).run();
}

}  // namespace strata::macho
