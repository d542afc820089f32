// Texts of the Objective-C metadata, by number, and the facts that a reader must find.

#include "objc.h"

#include "words.h"

namespace dscgen {

namespace {

// Texts with the offset of each and of the end, made once.
struct TextTable {
    std::vector<std::string> texts;
    std::vector<u32> offsets;

    template <typename Make>
    TextTable(u32 count, u32 start, Make make) {
        for (u32 i = 0; i < count; ++i) {
            texts.push_back(make(i));
            offsets.push_back(start);
            start += static_cast<u32>(texts.back().size()) + 1;
        }
        offsets.push_back(start);
    }
};

constexpr u32 kMagicSize = 5;  // F0 9F A4 AF 00: what the builder puts where selectors are counted from

const TextTable& selectors() {
    static const TextTable kTable(kSelectors, kSelectorBase + kMagicSize, [](u32 i) {
        u8 text[128];
        Text t{text};
        t.lower_word(i);
        t.word(i >> 7);
        if (i % 3 != 0) t.put(':');
        if (i % 7 == 1) t.put("options:");
        if (i % 11 == 1) t.put("completionHandler:");
        return std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(t.p - text));
    });
    return kTable;
}

const TextTable& types() {
    static const char* const kTexts[] = {
        "v16@0:8",
        "@16@0:8",
        "B16@0:8",
        "q16@0:8",
        "Q16@0:8",
        "d16@0:8",
        "#16@0:8",
        "^v16@0:8",
        "v24@0:8@16",
        "v20@0:8B16",
        "@24@0:8@16",
        "@32@0:8@16@24",
        "B24@0:8:16",
        "v32@0:8@16@?24",
        "{CGRect={CGPoint=dd}{CGSize=dd}}16@0:8",
        "v48@0:8{CGRect={CGPoint=dd}{CGSize=dd}}16",
        "i",
        "I",
        "q",
        "Q",
        "B",
        "c",
        "f",
        "d",
        "@",
        "@\"NSString\"",
        "@\"NSArray\"",
        "@\"<NSCopying>\"",
        "@?",
        "^v",
        "{CGPoint=\"x\"d\"y\"d}",
        "[16C]",
        "TB,N",
        "TB,R,N",
        "TQ,R,N",
        "T@\"NSString\",C,N",
        "T@\"NSString\",R,C,N",
        "T@\"NSArray\",&,N",
        "T@,W,N",
        "T@?,C,N",
    };
    static_assert(std::size(kTexts) == kTypeTexts);
    static const TextTable kTable(kTypeTexts, 0, [](u32 i) { return std::string(kTexts[i]); });
    return kTable;
}

const TextTable& names() {
    static const TextTable kTable(kNameTexts, 0, [](u32 i) {
        u8 text[64];
        Text t{text};
        if (i < kIvarNames) t.put('_');
        t.lower_word(i * 4 + 1);
        return std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(t.p - text));
    });
    return kTable;
}

}  // namespace

const std::string& selector_text(u32 number) {
    return selectors().texts[number];
}
const std::string& type_text(u32 number) {
    return types().texts[number];
}
const std::string& member_name(u32 number) {
    return names().texts[number];
}
u32 selector_offset(u32 number) {
    return selectors().offsets[number];
}
u32 type_offset(u32 number) {
    return types().offsets[number];
}
u32 member_name_offset(u32 number) {
    return names().offsets[number];
}
u32 opt_section_size() {
    return selector_offset(kSelectors);
}

u32 ObjcPlan::fact_count() const {
    u32 count = 0;
    for (const ObjcThing& t : things_)
        count += 1 + t.count.lists[0] + t.count.lists[1] + t.count.ivars + t.count.properties +
                 (adopted_by(t) != nullptr ? 1 : 0);
    return count;
}

void ObjcPlan::add_facts(const ObjcThing& thing, std::vector<ObjcFact>& out) const {
    const ObjcThing* base = base_of(thing);
    const std::string base_name = base != nullptr ? name_of(*base) : is_root(thing) ? "" : "NSObject";
    std::string owner = "class " + name_of(thing);
    if (thing.kind == ObjcKind::category) owner = "category " + base_name + "(" + name_of(thing) + ")";
    if (thing.kind == ObjcKind::protocol) owner = "protocol " + name_of(thing);
    out.push_back({owner, "", thing.kind == ObjcKind::cls ? base_name : ""});
    for (u32 list = 0; list < 2; ++list) {
        const char* prefix = list == 0 ? "-" : thing.kind == ObjcKind::protocol ? "optional -" : "+";
        for (u32 i = 0; i < thing.count.lists[list]; ++i)
            out.push_back(
                {owner, prefix + selector_text(selector_of(thing, list, i)), type_text(type_of(thing, list, i))});
    }
    for (u32 i = 0; i < thing.count.ivars; ++i)
        out.push_back({owner, "ivar " + member_name(ivar_name_of(thing, i)), type_text(ivar_type_of(thing, i))});
    for (u32 i = 0; i < thing.count.properties; ++i)
        out.push_back({owner, "property " + member_name(property_name_of(thing, i)),
                       type_text(property_attributes_of(thing, i))});
    if (const ObjcThing* adopted = adopted_by(thing)) out.push_back({owner, "protocol " + name_of(*adopted), ""});
}

std::vector<ObjcFact> ObjcPlan::facts() const {
    std::vector<ObjcFact> out;
    for (const ObjcThing& t : things_) add_facts(t, out);
    return out;
}

}  // namespace dscgen
