#include "macho/objc_lists.h"

#include <utility>

namespace strata::macho {
namespace {

// method_list_t: entsizeAndFlags.
constexpr uint32_t kMethodSizeMask = 0xfffc;
constexpr uint32_t kMethodsRelative = 0x80000000;
constexpr uint32_t kSelectorsDirect = 0x40000000;
constexpr uint32_t kTypesFromBase = 0x20000000;
constexpr uint64_t kRelativeMethodSize = 12;
constexpr uint64_t kListHeader = 8;

constexpr uint64_t kListOfLists = 1;  // bit 0 of the pointer to it
constexpr uint64_t kListEntrySize = 8;
constexpr unsigned kListOffsetShift = 16;  // below: index of the image that the list is from

constexpr uint64_t kDataMask64 = 0x00007ffffffffff8;
constexpr uint64_t kDataMask32 = 0xfffffffc;
constexpr uint64_t kSwiftBits = 3;  // of the data pointer: made by Swift, old or stable ABI

constexpr std::string_view kClassSymbol = "_OBJC_CLASS_$_";
constexpr std::string_view kUnknownName = "?";

}  // namespace

ObjcLists::Entries ObjcLists::entries(uint64_t list, uint32_t size_mask, uint64_t smallest, uint64_t smallest_relative,
                                      const char* what) {
    Entries result;
    const auto header = reader_.at(list, kListHeader, what);
    const uint32_t first = header.u32(0, what);
    result.flags = first & ~size_mask;
    result.size = first & size_mask;
    result.count = header.u32(4, what);
    result.address = list + kListHeader;
    if (result.count == 0) return result;
    // An entry size of 0 would make a list of four thousand million entries out of nothing.
    if (result.size < ((result.flags & kMethodsRelative) != 0 ? smallest_relative : smallest))
        throw MetadataDamage{what, "has entries that are too small"};
    const auto bytes = reader_.rest(result.address, what);
    if (result.count > bytes.size() / result.size) throw MetadataDamage{what, "has more entries than its mapping"};
    reader_.count_entries(result.count);
    result.bytes = bytes.sub(0, result.count * result.size, what);
    return result;
}

uint64_t ObjcLists::decoded(const Entries& entries, uint64_t at, const char* what) {
    const uint64_t raw = reader_.pointer_size() == 8 ? entries.bytes.u64(at, what) : entries.bytes.u32(at, what);
    return raw == 0 ? 0 : reader_.space().decode_pointer(raw, entries.address + at);
}

std::string_view ObjcLists::text_or_empty(uint64_t address, const char* what) {
    return address == 0 ? std::string_view{} : reader_.text(address, what);
}

std::string_view ObjcLists::direct_text(uint64_t field, uint32_t offset, const char* what) {
    const auto from = [&](uint64_t base) {
        return base + static_cast<uint64_t>(int64_t{static_cast<int32_t>(offset)});
    };
    switch (context_.selectors.kind) {
        case SelectorBase::Kind::kSelf:
            return reader_.text(from(field), what);
        case SelectorBase::Kind::kSigned:
            return reader_.text(from(context_.selectors.address), what);
        case SelectorBase::Kind::kAddress:
            return reader_.text(context_.selectors.address + offset, what);
        case SelectorBase::Kind::kUnknown:
            break;
    }
    throw MetadataDamage{what, "is an offset from a place that the cache does not tell"};
}

ObjcMethod ObjcLists::relative_method(const Entries& entries, uint64_t at) {
    const uint64_t address = entries.address + at;
    ObjcMethod method;
    if ((entries.flags & kSelectorsDirect) != 0) {
        method.selector = direct_text(address, entries.bytes.u32(at, "method"), "selector");
    } else {
        const uint64_t reference = reader_.relative(address, "selector reference");
        method.selector = reader_.text(reader_.pointer_to(reference, "selector reference"), "selector");
    }
    if ((entries.flags & kTypesFromBase) != 0)
        method.types = direct_text(address + 4, entries.bytes.u32(at + 4, "method"), "method types");
    else
        method.types = text_or_empty(reader_.relative(address + 4, "method types"), "method types");
    method.implementation = reader_.relative(address + 8, "method");
    return method;
}

ObjcMethod ObjcLists::pointer_method(const Entries& entries, uint64_t at) {
    const uint64_t pointer = reader_.pointer_size();
    const uint64_t selector = decoded(entries, at, "selector");
    if (selector == 0) throw MetadataDamage{"selector", "is null"};
    ObjcMethod method;
    method.selector = reader_.text(selector, "selector");
    method.types = text_or_empty(decoded(entries, at + pointer, "method types"), "method types");
    method.implementation = decoded(entries, at + 2 * pointer, "method");
    return method;
}

void ObjcLists::methods(uint64_t list, MethodKind kind, std::vector<ObjcMethod>& out) {
    if (list == 0) return;
    const size_t before = out.size();
    try {
        const Entries all =
            entries(list, kMethodSizeMask, 3 * reader_.pointer_size(), kRelativeMethodSize, "method list");
        const bool relative = (all.flags & kMethodsRelative) != 0;
        for (uint64_t i = 0; i < all.count; ++i) {
            out.push_back(relative ? relative_method(all, i * all.size) : pointer_method(all, i * all.size));
            out.back().is_class = kind.is_class;
            out.back().is_optional = kind.is_optional;
        }
    } catch (...) {
        out.resize(before);
        throw;
    }
}

void ObjcLists::ivars(uint64_t list, std::vector<ObjcIvar>& out) {
    if (list == 0) return;
    const uint64_t pointer = reader_.pointer_size();
    const Entries all = entries(list, UINT32_MAX, 3 * pointer + 8, 0, "ivar list");
    std::vector<ObjcIvar> found;
    for (uint64_t at = 0; at < all.bytes.size(); at += all.size) {
        const std::string_view name = text_or_empty(decoded(all, at + pointer, "ivar name"), "ivar name");
        found.push_back({name, text_or_empty(decoded(all, at + 2 * pointer, "ivar type"), "ivar type")});
    }
    out.insert(out.end(), found.begin(), found.end());
}

void ObjcLists::properties(uint64_t list, bool is_class, std::vector<ObjcProperty>& out) {
    if (list == 0) return;
    const uint64_t pointer = reader_.pointer_size();
    const Entries all = entries(list, UINT32_MAX, 2 * pointer, 0, "property list");
    std::vector<ObjcProperty> found;
    for (uint64_t at = 0; at < all.bytes.size(); at += all.size) {
        const std::string_view name = text_or_empty(decoded(all, at, "property name"), "property name");
        found.push_back(
            {name, text_or_empty(decoded(all, at + pointer, "property attributes"), "property attributes"), is_class});
    }
    out.insert(out.end(), found.begin(), found.end());
}

void ObjcLists::protocols(uint64_t list, std::vector<std::string_view>& out) {
    if (list == 0) return;
    const uint64_t pointer = reader_.pointer_size();
    Entries all;
    all.count = reader_.word(list, "list of protocols");
    if (all.count == 0) return;
    all.address = list + pointer;
    const auto bytes = reader_.rest(all.address, "list of protocols");
    if (all.count > bytes.size() / pointer)
        throw MetadataDamage{"list of protocols", "has more entries than its mapping"};
    reader_.count_entries(all.count);
    all.bytes = bytes.sub(0, all.count * pointer, "list of protocols");
    std::vector<std::string_view> found;
    for (uint64_t at = 0; at < all.bytes.size(); at += pointer) {
        const uint64_t protocol = decoded(all, at, "adopted protocol");
        if (protocol == 0) throw MetadataDamage{"adopted protocol", "is null"};
        found.push_back(protocol_name(protocol));
    }
    out.insert(out.end(), found.begin(), found.end());
}

uint64_t ObjcLists::own_list(uint64_t list) {
    if ((list & kListOfLists) == 0) return list;
    const uint64_t lists = list & ~kListOfLists;
    const auto header = reader_.at(lists, kListHeader, "list of lists");
    const uint64_t size = header.u32(0, "list of lists");
    const uint64_t count = header.u32(4, "list of lists");
    if (size != kListEntrySize) throw MetadataDamage{"list of lists", "has entries of an unknown size"};
    if (count == 0) return 0;
    const auto bytes = reader_.rest(lists + kListHeader, "list of lists");
    if (count > bytes.size() / size) throw MetadataDamage{"list of lists", "has more entries than its mapping"};
    // The builder puts the lists of categories first, as the runtime would, and the class's own list last.
    const uint64_t last = (count - 1) * size;
    const auto entry = static_cast<int64_t>(bytes.u64(last, "list of lists"));
    return lists + kListHeader + last + static_cast<uint64_t>(entry >> kListOffsetShift);
}

uint64_t ObjcLists::class_data(uint64_t address, bool* is_swift) {
    const uint64_t pointer = reader_.pointer_size();
    const uint64_t data = reader_.pointer(address + 4 * pointer, "class");
    if (is_swift != nullptr) *is_swift = (data & kSwiftBits) != 0;
    const uint64_t result = data & (pointer == 8 ? kDataMask64 : kDataMask32);
    if (result == 0) throw MetadataDamage{"class data", "is null"};
    return result;
}

std::string_view ObjcLists::class_name(uint64_t address) {
    const auto known = names_.find(address);
    if (known != names_.end()) return known->second;
    const uint64_t name_field = reader_.pointer_size() == 8 ? 24 : 16;
    const std::string_view name =
        reader_.text(reader_.pointer_to(class_data(address) + name_field, "class name"), "class name");
    names_.emplace(address, name);
    return name;
}

std::string_view ObjcLists::protocol_name(uint64_t address) {
    const auto known = names_.find(address);
    if (known != names_.end()) return known->second;
    const uint64_t field = address + reader_.pointer_size();
    const std::string_view name = reader_.text(reader_.pointer_to(field, "protocol name"), "protocol name");
    names_.emplace(address, name);
    return name;
}

std::string_view ObjcLists::class_named_at(uint64_t slot, bool may_be_null, const char* what) {
    if (context_.bound_symbol) {
        const std::string_view symbol = context_.bound_symbol(slot);
        if (symbol.starts_with(kClassSymbol)) return symbol.substr(kClassSymbol.size());
        if (!symbol.empty()) return symbol;
    }
    const uint64_t address = reader_.pointer(slot, what);
    if (address == 0) return may_be_null ? std::string_view{} : kUnknownName;
    try {
        return class_name(address);
    } catch (const MetadataDamage&) {
        // It is another image's class, and that image's damage or missing file.
        return kUnknownName;
    }
}

}  // namespace strata::macho
