#include "macho/swift.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "macho/objc.h"
#include "macho/objc_lists.h"
#include "macho/swift_symbol.h"

namespace strata::macho {
namespace {

constexpr uint64_t kMaxEntries = 1U << 20;
constexpr uint64_t kMaxTextBytes = 16U << 20;
// In proportion to the image, as in objc.cpp: a type is a record, a descriptor and a name of its own.
constexpr uint64_t kTextPerImageByte = 16;
constexpr uint64_t kTextSlack = 1U << 20;
constexpr uint64_t kBytesPerEntry = 4;
constexpr uint64_t kEntrySlack = 256;
constexpr uint64_t kMaxNameBytes = 16U << 20;  // of the full names that are kept
constexpr uint64_t kMaxUnreadable = 256;
constexpr size_t kLongestName = 16384;  // with all parents
constexpr unsigned kMaxDepth = 32;      // types nested in types; also what ends a loop of parents

// ContextDescriptorKind
constexpr uint32_t kKindMask = 0x1f;
constexpr uint32_t kModule = 0;
constexpr uint32_t kExtension = 1;
constexpr uint32_t kAnonymous = 2;
constexpr uint32_t kProtocol = 3;
constexpr uint32_t kOpaqueType = 4;
constexpr uint32_t kClass = 16;
constexpr uint32_t kStruct = 17;
constexpr uint32_t kEnum = 18;

// TypeReferenceKind, in the low bits of a type record and in a conformance's flags
constexpr uint32_t kDirectType = 0;
constexpr uint32_t kIndirectType = 1;
constexpr uint32_t kObjcClassName = 2;
constexpr uint32_t kObjcClass = 3;
constexpr uint32_t kReferenceMask = 3;
constexpr unsigned kConformanceReferenceShift = 3;
constexpr uint32_t kConformanceReferenceMask = 7;

// A symbolic reference in a mangled name: this byte, then a 32-bit offset from itself.
constexpr char kDirectContext = 1;
constexpr char kIndirectContext = 2;

/// What a context descriptor is called, and how.
struct Context {
    const char* kind = "";  ///< "struct "; empty for what is no type
    std::string name;       ///< "Module.Outer.Inner"
};

uint64_t text_limit(const Image& image) {
    const uint64_t declared = std::min(image.declared_bytes(), kMaxTextBytes);
    return std::min(declared * kTextPerImageByte + kTextSlack, kMaxTextBytes);
}

uint64_t entry_limit(const Image& image) {
    return std::min(image.declared_bytes() / kBytesPerEntry + kEntrySlack, kMaxEntries);
}

class SwiftWalker {
  public:
    SwiftWalker(const SwiftContext& context, const std::function<void(const SwiftItem&)>& visit)
        : context_(context),
          visit_(visit),
          reader_(context.space, context.image.is_64, text_limit(context.image), entry_limit(context.image)),
          objc_context_{context.space, context.image, {}, context.bound_symbol},
          objc_(reader_, objc_context_) {}

    MetadataSummary run() {
        try {
            walk_sections({"__swift5_types", "__swift5_types2"}, "type ", &SwiftWalker::read_type);
            walk_sections({"__swift5_protos"}, "protocol ", &SwiftWalker::read_protocol);
            walk_sections({"__swift5_proto"}, "conformance ", &SwiftWalker::read_conformance);
        } catch (const MetadataLimit& limit) {
            if (summary_.first.empty()) summary_.first = std::string("more ") + limit.what + " than any real image has";
            ++summary_.unreadable;  // the item that was being read
            summary_.stopped = true;
        }
        return std::move(summary_);
    }

  private:
    using Reader = void (SwiftWalker::*)(uint64_t);

    void walk_sections(std::initializer_list<std::string_view> names, const char* kind, Reader read) {
        for (const auto& section : context_.image.sections) {
            if (!section.has_bytes()) continue;
            if (std::find(names.begin(), names.end(), section.name) == names.end()) continue;
            context_.space.at(section.address, section.size, "Swift list");
            for (uint64_t at = 0; at < section.size; at += 4) {
                if (summary_.stopped) return;
                read_item(section, at, kind, read);
            }
        }
    }

    void read_item(const Section& section, uint64_t at, const char* kind, Reader read) {
        ++summary_.items;
        reader_.count_entries(1);
        try {
            if (section.size - at < 4) throw MetadataDamage{"list", "ends in half a reference"};
            (this->*read)(section.address + at);
        } catch (const MetadataDamage& damage) {
            if (summary_.first.empty())
                summary_.first =
                    kind + ("#" + std::to_string(summary_.items - 1)) + ": " + damage.what + " " + damage.problem;
            ++summary_.unreadable;
            summary_.stopped = summary_.unreadable == kMaxUnreadable;
        }
    }

    // --- the three lists ---

    void read_type(uint64_t record) {
        const uint32_t raw = reader_.u32(record, "type record");
        if (raw == 0) return;
        const Context type = referred_type(record, raw & ~kReferenceMask, raw & kReferenceMask);
        visit_({type.kind + type.name, {}});
    }

    void read_protocol(uint64_t record) {
        if (reader_.u32(record, "protocol record") == 0) return;
        const Context protocol = context_at(indirectable(record, "protocol record"));
        visit_({protocol.kind + protocol.name, {}});
    }

    void read_conformance(uint64_t record) {
        const uint64_t conformance = reader_.relative(record, "conformance");
        if (conformance == 0) return;
        const Context protocol = context_at(indirectable(conformance, "conformance's protocol"));
        const uint32_t flags = reader_.u32(conformance + 12, "conformance");
        const Context type = referred_type(conformance + 4, reader_.u32(conformance + 4, "conformance"),
                                           (flags >> kConformanceReferenceShift) & kConformanceReferenceMask);
        visit_({type.kind + type.name, protocol.name});
    }

    // --- references ---

    /// A place: an address, or the symbol that is bound to the pointer there.
    struct Target {
        uint64_t address = 0;
        std::string_view symbol;
    };

    uint64_t offset_from(uint64_t field, uint32_t offset) const {
        return field + static_cast<uint64_t>(int64_t{static_cast<int32_t>(offset)});
    }

    Target through(uint64_t slot, const char* what) {
        if (context_.bound_symbol) {
            const std::string_view symbol = context_.bound_symbol(slot);
            if (!symbol.empty()) return {0, symbol};
        }
        return {reader_.pointer_to(slot, what), {}};
    }

    /// RelativeIndirectablePointer: bit 0 says that a pointer to it is meant.
    Target indirectable(uint64_t field, const char* what) {
        const uint32_t raw = reader_.u32(field, what);
        if (raw == 0) throw MetadataDamage{what, "is null"};
        if ((raw & 1) != 0) return through(offset_from(field, raw & ~1U), what);
        return {offset_from(field, raw), {}};
    }

    Context referred_type(uint64_t field, uint32_t offset, uint32_t kind) {
        const uint64_t address = offset_from(field, offset);
        switch (kind) {
            case kDirectType:
                return context_at({address, {}});
            case kIndirectType:
                return context_at(through(address, "type reference"));
            case kObjcClassName:
                return {"class ", std::string(reader_.text(address, "class name"))};
            case kObjcClass:
                return {"class ", std::string(objc_.class_named_at(address, false, "class reference"))};
            default:
                throw MetadataDamage{"type reference", "is of an unknown kind"};
        }
    }

    // --- names ---

    Context context_at(const Target& target) {
        if (target.symbol.empty()) return context_at(target.address, 0);
        // Mangled: "_$s10Foundation4DataVMn". The kind is the letter before the suffix.
        std::string_view name = target.symbol;
        if (name.starts_with('_')) name.remove_prefix(1);
        const char* kind = "type ";
        if (name.ends_with("Mp")) kind = "protocol ";
        if (name.ends_with("VMn")) kind = "struct ";
        if (name.ends_with("OMn")) kind = "enum ";
        if (name.ends_with("CMn")) kind = "class ";
        std::string plain = plain_swift_name(target.symbol);
        return {kind, plain.empty() ? std::string(name) : std::move(plain)};
    }

    Context context_at(uint64_t address, unsigned depth) {
        const auto known = contexts_.find(address);
        if (known != contexts_.end()) return known->second;
        // A loop of parents would go on for ever.
        if (depth == kMaxDepth) throw MetadataDamage{"parent of a type", "is nested too deeply"};
        const uint32_t flags = reader_.u32(address, "context descriptor");
        Context result = read_context(address, flags & kKindMask, depth);
        reader_.count_entries(1);
        if (result.name.size() > kLongestName) throw MetadataDamage{"name of a type", "is too long"};
        name_bytes_ += result.name.size();
        if (name_bytes_ > kMaxNameBytes) throw MetadataLimit{"names of Swift types"};
        contexts_.emplace(address, result);
        return result;
    }

    Context read_context(uint64_t address, uint32_t kind, unsigned depth) {
        switch (kind) {
            case kModule:
                return {"", name_at(address)};
            case kExtension:
                return {"", extended_name(address, depth)};
            case kAnonymous:
            case kOpaqueType:
                return {"", parent_name(address, depth)};
            case kProtocol:
                return {"protocol ", joined(parent_name(address, depth), name_at(address))};
            case kClass:
                return {"class ", joined(parent_name(address, depth), name_at(address))};
            case kStruct:
                return {"struct ", joined(parent_name(address, depth), name_at(address))};
            case kEnum:
                return {"enum ", joined(parent_name(address, depth), name_at(address))};
            default:
                throw MetadataDamage{"context descriptor", "is of an unknown kind"};
        }
    }

    static std::string joined(const std::string& parent, const std::string& name) {
        return parent.empty() ? name : parent + "." + name;
    }

    std::string name_at(uint64_t address) {
        const uint64_t name = reader_.relative(address + 8, "name of a type");
        if (name == 0) throw MetadataDamage{"name of a type", "is null"};
        return std::string(reader_.text(name, "name of a type"));
    }

    std::string parent_name(uint64_t address, unsigned depth) {
        if (reader_.u32(address + 4, "parent of a type") == 0) return {};
        const Target parent = indirectable(address + 4, "parent of a type");
        return parent.symbol.empty() ? context_at(parent.address, depth + 1).name : context_at(parent).name;
    }

    /// What is nested in an extension is named after the extended type, as in the source, when the extension says so
    /// by a reference; else after the module that extends.
    std::string extended_name(uint64_t address, unsigned depth) {
        const uint64_t mangled = reader_.relative(address + 8, "extended type");
        if (mangled == 0) return parent_name(address, depth);
        const auto lead = static_cast<char>(reader_.at(mangled, 1, "extended type").u8(0, "extended type"));
        if (lead != kDirectContext && lead != kIndirectContext) return parent_name(address, depth);
        const uint64_t target = offset_from(mangled + 1, reader_.u32(mangled + 1, "extended type"));
        if (lead == kDirectContext) return context_at(target, depth + 1).name;
        const Target bound = through(target, "extended type");
        return bound.symbol.empty() ? context_at(bound.address, depth + 1).name : context_at(bound).name;
    }

    const SwiftContext& context_;
    const std::function<void(const SwiftItem&)>& visit_;
    MetadataReader reader_;
    ObjcContext objc_context_;
    ObjcLists objc_;
    std::unordered_map<uint64_t, Context> contexts_;
    uint64_t name_bytes_ = 0;
    MetadataSummary summary_;
};

}  // namespace

MetadataSummary walk_swift(const SwiftContext& context, const std::function<void(const SwiftItem&)>& visit) {
    return SwiftWalker(context, visit).run();
}

}  // namespace strata::macho
