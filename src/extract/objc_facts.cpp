#include "extract/objc_facts.h"

#include "extract/fact_list.h"
#include "macho/objc.h"

namespace strata::extract {
namespace {

using macho::ObjcItem;
using macho::ObjcKind;

// Following a class's pointers makes pages here and there resident: its record, its lists, names in shared pools.
constexpr uint64_t kItemTouch = 16384;
constexpr uint64_t kMethodTouch = 1024;

std::string joined(const char* prefix, std::string_view text) {
    std::string result(prefix);
    return result.append(text);
}

std::string owner_of(const ObjcItem& item) {
    switch (item.kind) {
        case ObjcKind::kClass:
            return joined("class ", item.name);
        case ObjcKind::kCategory:
            return joined("category ", item.base).append("(").append(item.name).append(")");
        case ObjcKind::kProtocol:
            break;
    }
    return joined("protocol ", item.name);
}

const char* method_prefix(const macho::ObjcMethod& method) {
    if (method.is_optional) return method.is_class ? "optional +" : "optional -";
    return method.is_class ? "+" : "-";
}

void add_item(const ObjcItem& item, FactList& facts) {
    const std::string owner = owner_of(item);
    facts.add(owner, {}, item.kind == ObjcKind::kClass ? item.base : std::string_view{});
    for (const auto& method : item.methods)
        facts.add(owner, joined(method_prefix(method), method.selector), method.types);
    for (const auto& ivar : item.ivars) facts.add(owner, joined("ivar ", ivar.name), ivar.type);
    for (const auto& property : item.properties)
        facts.add(owner, joined(property.is_class ? "class property " : "property ", property.name),
                  property.attributes);
    for (const auto& protocol : item.protocols) facts.add(owner, joined("protocol ", protocol), {});
}

}  // namespace

void extract_objc(const ImageContext& context, const record::ChunkSink& sink) {
    FactList facts;
    const auto summary = macho::walk_objc({context.space, context.image, context.selectors, context.bound_symbol},
                                          [&](const ObjcItem& item) {
                                              context.touched(kItemTouch + item.methods.size() * kMethodTouch);
                                              add_item(item, facts);
                                          });
    facts.finish(record::ColumnKind::kObjc, summary, sink);
}

}  // namespace strata::extract
