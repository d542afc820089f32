#include "objc.h"

#include "words.h"

namespace dscgen {

namespace {

// Lists that hold the class's own methods and the methods of a category of the same image.
constexpr u32 kListOfListsSize = 8 + 2 * 8;

template <typename Match>
bool has_member(const std::vector<ObjcMember>& list, Match match) {
    return std::any_of(list.begin(), list.end(), match);
}

u32 align8(u32 n) {
    return static_cast<u32>(align_up(n, 8));
}

}  // namespace

MethodForm method_form(const Spec& spec) {
    // From any list to the selectors it may be as far as the cache is long: beyond 31 bits only pointers reach.
    const bool far = spec.bytes > 1600000000;
    if (spec.era < 0x140 || (spec.era == 0x140 && far)) return MethodForm::pointers;
    if (spec.era == 0x140) return MethodForm::self_relative;
    return spec.era == 0x1C8 ? MethodForm::signed_base : MethodForm::unsigned_base;
}

u32 selector_home(const Spec& spec) {
    return spec.images > 1 ? 1 : 0;
}

bool is_objc(Section section) {
    return section >= kMethList && section <= kObjcData;
}

ObjcSizes objc_sizes(u32 pointer) {
    if (pointer == 8) return {40, 72, 32, 16, 64, 96};
    return {20, 40, 20, 8, 32, 56};
}

ObjcCounts count_objc(const Spec& spec, const ImageRecord& image, u64 share, bool has_names) {
    const u64 h = hash(image.seed, 0x0B1C);
    ObjcCounts c;
    const bool home = image.id == selector_home(spec);
    if (!has_names && !home) return c;
    c.classes = static_cast<u32>(share / 70 + (h & 1)) + (home ? 1 : 0);
    c.categories = static_cast<u32>(share / 600 + ((h >> 1) & 1));
    c.protocols = static_cast<u32>(share / 250 + ((h >> 2) & 1));
    return c;
}

ObjcPlan::ObjcPlan(const Content& content)
    : content_(&content), profile_(profile(content.scale().spec())), form_(method_form(content.scale().spec())) {
    add_things();
    place();
}

u32 ObjcPlan::count(ObjcKind kind) const {
    const auto all = static_cast<u32>(things_.size());
    return kind == ObjcKind::cls ? classes_ : kind == ObjcKind::category ? categories_ : all - classes_ - categories_;
}

u64 ObjcPlan::seed_of(const ObjcThing& thing) const {
    return hash(content_->image().seed, 0x0B1D + static_cast<u32>(thing.kind), thing.number);
}

void ObjcPlan::add_things() {
    const ObjcCounts& c = content_->counts().objc;
    const ObjcMutations& m = content_->mutations().objc;
    const auto add = [this](ObjcKind kind, u32 number) {
        ObjcThing thing{kind, number, {}};
        const u64 h = seed_of(thing);
        switch (kind) {
            case ObjcKind::cls:
                thing.count = {{1 + static_cast<u32>((h & 15) * ((h >> 4) & 15) / 8), static_cast<u32>(h >> 8) & 3},
                               static_cast<u32>(h >> 12) & 3,
                               static_cast<u32>(h >> 16) & 3};
                break;
            case ObjcKind::category:
                thing.count = {{1 + (static_cast<u32>(h) & 3), static_cast<u32>(h >> 8) & 1}, 0, 0};
                break;
            case ObjcKind::protocol:
                thing.count = {
                    {1 + (static_cast<u32>(h) & 3), static_cast<u32>(h >> 8) & 3}, 0, static_cast<u32>(h >> 16) & 1};
                break;
        }
        things_.push_back(thing);
    };
    for (u32 n = 0; n < c.classes; ++n) add(ObjcKind::cls, n);
    for (const u32 n : m.classes_added) add(ObjcKind::cls, n);
    classes_ = static_cast<u32>(things_.size());
    for (u32 n = 0; n < c.categories; ++n) add(ObjcKind::category, n);
    categories_ = c.categories;
    for (u32 n = 0; n < c.protocols; ++n) add(ObjcKind::protocol, n);
    const auto class_of = [&](u32 number) -> ObjcThing& { return things_[number]; };
    for (const ObjcMember& x : m.methods_added) ++class_of(x.owner).count.lists[0];
    for (const ObjcMember& x : m.methods_removed) --class_of(x.owner).count.lists[0];
    for (const ObjcMember& x : m.ivars_added) ++class_of(x.owner).count.ivars;
    if (content_->scale().spec().era < 0x228) return;  // the builder attaches categories since iOS 17
    for (u32 i = 0; i < classes_; ++i)
        things_[i].attached = things_[i].count.lists[0] != 0 && attached_to(things_[i]) != nullptr;
}

u32 ObjcPlan::list_bytes(u32 methods) const {
    if (methods == 0) return 0;
    return align8(8 + methods * (form_ == MethodForm::pointers ? 3 * profile_.pointer : 12));
}

void ObjcPlan::place() {
    const ObjcSizes sizes = objc_sizes(profile_.pointer);
    names_size_ = member_name_offset(kNameTexts);
    for (ObjcThing& t : things_) {
        t.name_at = names_size_;
        names_size_ += static_cast<u32>(name_of(t).size()) + 1;
        t.const_at = const_size_;
        const u32 adopted = adopted_by(t) != nullptr ? align8(2 * profile_.pointer) : 0;
        const u32 properties = t.count.properties != 0 ? align8(8 + t.count.properties * sizes.property) : 0;
        if (t.kind == ObjcKind::cls) {
            const u32 ivars = t.count.ivars != 0 ? align8(8 + t.count.ivars * sizes.ivar) : 0;
            const_size_ += 2 * sizes.data + ivars + properties + adopted + (t.attached ? kListOfListsSize : 0);
            t.data_at = data_size_;
            data_size_ += 2 * sizes.object;
        } else if (t.kind == ObjcKind::category) {
            const_size_ += sizes.category;
        } else {
            const_size_ += properties + adopted;
            t.data_at = data_size_ = align8(data_size_);
            data_size_ += sizes.protocol;
        }
        u32& lists = form_ == MethodForm::pointers ? const_size_ : lists_size_;
        for (u32 i = 0; i < 2; ++i) {
            t.list_at[i] = lists;
            lists += list_bytes(t.count.lists[i]);
        }
    }
}

u64 ObjcPlan::section_bytes(Section section) const {
    const bool home = content_->image().id == selector_home(content_->scale().spec());
    if (section == kObjcOptRo) return home ? opt_section_size() : 0;
    if (empty()) return 0;
    switch (section) {
        case kMethList:
            return lists_size_;
        case kObjcNames:
            return names_size_;
        case kObjcTypes:
            return type_offset(kTypeTexts);
        case kClassList:
            return u64{count(ObjcKind::cls)} * profile_.pointer;
        case kCategoryList:
            return u64{count(ObjcKind::category)} * profile_.pointer;
        case kProtocolList:
            return u64{count(ObjcKind::protocol)} * profile_.pointer;
        case kObjcImageInfo:
            return 8;
        case kObjcConst:
            return const_size_;
        default:
            return data_size_;
    }
}

u32 ObjcPlan::string_count() const {
    return empty() ? 0 : kTypeTexts + kNameTexts + static_cast<u32>(things_.size());
}

u32 ObjcPlan::method_number(const ObjcThing& thing, u32 list, u32 index) const {
    const ObjcMutations& m = content_->mutations().objc;
    if (thing.kind != ObjcKind::cls || list != 0) return index;
    // Base methods that are left, in order, then added ones.
    u32 number = 0;
    const auto removed = [&](u32 n) {
        return has_member(m.methods_removed,
                          [&](const ObjcMember& x) { return x.owner == index_of(thing) && x.number == n; });
    };
    u32 added = 0;
    for (const ObjcMember& x : m.methods_added) added += x.owner == index_of(thing) ? 1 : 0;
    const u32 base = thing.count.lists[0] - added;
    if (index >= base) {
        u32 left = index - base;
        for (const ObjcMember& x : m.methods_added)
            if (x.owner == index_of(thing) && left-- == 0) return x.number;
    }
    for (u32 left = index;; ++number) {
        if (removed(number)) continue;
        if (left-- == 0) return number;
    }
}

u32 ObjcPlan::selector_of(const ObjcThing& thing, u32 list, u32 index) const {
    const u32 number = method_number(thing, list, index);
    const u32 step = number >= kAddedBase ? 512 + number - kAddedBase : number;
    return static_cast<u32>(hash(seed_of(thing), 0x5E1) + list * 1024 + step * 37) % kSelectors;
}

u32 ObjcPlan::type_of(const ObjcThing& thing, u32 list, u32 index) const {
    const u32 number = method_number(thing, list, index);
    u32 salt = 0;
    if (thing.kind == ObjcKind::cls && list == 0)
        for (const ObjcMember& x : content_->mutations().objc.types_changed)
            if (x.owner == index_of(thing) && x.number == number) salt = x.salt;
    return static_cast<u32>((hash(seed_of(thing), 0x7E + list, number) + salt) % kMethodTypes);
}

u32 ObjcPlan::ivar_name_of(const ObjcThing& thing, u32 index) const {
    return static_cast<u32>(hash(seed_of(thing), 0x17A2) + index) % kIvarNames;
}
u32 ObjcPlan::ivar_type_of(const ObjcThing& thing, u32 index) const {
    return kMethodTypes + static_cast<u32>(hash(seed_of(thing), 0x17A3, index) % kIvarTypes);
}
u32 ObjcPlan::property_name_of(const ObjcThing& thing, u32 index) const {
    return kIvarNames + static_cast<u32>(hash(seed_of(thing), 0x9209) + index) % kPropertyNames;
}
u32 ObjcPlan::property_attributes_of(const ObjcThing& thing, u32 index) const {
    return kMethodTypes + kIvarTypes + static_cast<u32>(hash(seed_of(thing), 0x920A, index) % kAttributes);
}
u64 ObjcPlan::implementation_hash(const ObjcThing& thing, u32 list, u32 index) const {
    return hash(seed_of(thing), 0x14B + list, method_number(thing, list, index));
}

std::string ObjcPlan::name_of(const ObjcThing& thing) const {
    const u64 seed = content_->image().seed;
    if (thing.kind == ObjcKind::cls && is_root(thing)) return "NSObject";
    u8 text[kMaxName];
    Text t{text};
    if (thing.kind == ObjcKind::category) {
        t.word(seed >> 16);
        t.put("Additions");
        t.number(thing.number);
    } else {
        t.word(seed >> 24);
        t.ordinal(seed, thing.number);
        if (thing.kind == ObjcKind::protocol) t.put("Protocol");
    }
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(t.p - text)};
}

bool ObjcPlan::is_root(const ObjcThing& thing) const {
    return thing.kind == ObjcKind::cls && thing.number == 0 &&
           content_->image().id == selector_home(content_->scale().spec());
}

const ObjcThing* ObjcPlan::base_of(const ObjcThing& thing) const {
    const u64 h = hash(seed_of(thing), 0xBA5E);
    const u32 base_classes = content_->counts().objc.classes;
    if (thing.kind == ObjcKind::cls && thing.number != 0 && base_classes > 0 && h % 4 == 0)
        return &things_[thing.number < kAddedBase ? thing.number - 1 : h / 4 % base_classes];
    // Odd categories extend own classes.
    if (thing.kind == ObjcKind::category && thing.number % 2 == 1 && thing.number / 2 < base_classes)
        return &things_[thing.number / 2];
    return nullptr;
}

const ObjcThing* ObjcPlan::attached_to(const ObjcThing& thing) const {
    if (thing.kind != ObjcKind::cls || thing.number >= kAddedBase || form_ == MethodForm::pointers) return nullptr;
    const u32 category = 2 * thing.number + 1;
    return category < categories_ ? &things_[classes_ + category] : nullptr;
}

const ObjcThing* ObjcPlan::adopted_by(const ObjcThing& thing) const {
    const u32 protocols = content_->counts().objc.protocols;
    const u64 h = hash(seed_of(thing), 0xAD09);
    if (protocols == 0 || h % 2 == 0) return nullptr;
    if (thing.kind == ObjcKind::cls) return &things_[classes_ + categories_ + h / 2 % protocols];
    if (thing.kind == ObjcKind::protocol && thing.number > 0)
        return &things_[classes_ + categories_ + thing.number - 1];
    return nullptr;
}

void mutate_objc(const Content& content, Mutations& mutations, u64 seed) {
    const u32 classes = content.counts().objc.classes;
    ObjcMutations& m = mutations.objc;
    Rng rng{hash(seed, 0x0B1E)};
    if (classes == 0 || rng.below(3) == 0) return;
    const ObjcPlan plan(content);
    const u32 changes = 1 + rng.below(4);
    for (u32 i = 0; i < changes; ++i) {
        const u32 owner = rng.below(classes);
        const u32 number = rng.below(plan.things()[owner].count.lists[0] + 1);
        // One change a method, and only to what was there from the start.
        const auto same = [&](const ObjcMember& x) { return x.owner == owner && x.number == number; };
        const auto of_owner = [&](const ObjcMember& x) { return x.owner == owner; };
        const u32 base = 1 + static_cast<u32>((hash(content.image().seed, 0x0B1D, owner) & 15) *
                                              ((hash(content.image().seed, 0x0B1D, owner) >> 4) & 15) / 8);
        const bool usable = number < base && !has_member(m.methods_removed, same) && !has_member(m.types_changed, same);
        switch (rng.below(6)) {
            case 0:
                m.classes_added.push_back(kAddedBase + static_cast<u32>(m.classes_added.size()));
                break;
            case 1:
                if (usable) m.types_changed.push_back({owner, number, 1 + rng.below(15)});
                break;
            case 2:
                if (usable) m.methods_removed.push_back({owner, number});
                break;
            case 3:
                if (std::count_if(m.ivars_added.begin(), m.ivars_added.end(), of_owner) < 8)
                    m.ivars_added.push_back({owner, kAddedBase});
                break;
            default:
                m.methods_added.push_back({owner, kAddedBase + static_cast<u32>(m.methods_added.size())});
                break;
        }
    }
}

}  // namespace dscgen
