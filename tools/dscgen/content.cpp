#include "content.h"

namespace dscgen {

namespace {

const Mutations kNoMutations;

// Skewed sizes: the product of two uniform numbers has many small and few large values.
u32 base_function_size(const Counts& c, Arch arch, u64 seed, u32 number) {
    const u64 h = hash(seed, 0xF5, number);
    const u64 product = ((h & 0xFFFF) * ((h >> 16) & 0xFFFF)) >> 16;
    const u32 mean = number >= kAddedBase ? std::max(c.mean_words, 12U) : c.mean_words;
    const u32 bytes = 4 * static_cast<u32>(8 + ((product * (mean - 8) * 4) >> 16));
    return is_x86(arch) ? static_cast<u32>(align_up(bytes, 16)) : bytes;
}

}  // namespace

Profile profile(const Spec& spec) {
    return {spec.era >= 0x138, spec.arch == Arch::arm64e, pointer_size(spec.arch)};
}

Segment segment_of(const Profile& p, Section section) {
    switch (section) {
        case kGot:
        case kConst:
        case kClassList:
        case kCategoryList:
        case kProtocolList:
        case kObjcImageInfo:
            return p.const_segment ? kSegDataConst : kSegData;
        case kCfString:
        case kObjcConst:
            return p.auth_segments ? kSegAuthConst : p.const_segment ? kSegDataConst : kSegData;
        case kData:
        case kBss:
            return kSegData;
        case kAuthData:
            return kSegAuth;
        case kObjcData:
            return p.auth_segments ? kSegAuth : kSegData;
        case kAuthGot:
        case kAuthConst:
            return kSegAuthConst;
        default:
            return kSegText;
    }
}

u32 stub_size(Arch arch) {
    if (is_x86(arch)) return 6;
    if (arch == Arch::arm64e || is_thumb(arch)) return 16;
    return 12;
}

Content::Content(const Scale& scale, const ImageRecord& image)
    : scale_(&scale),
      image_(&image),
      counts_(scale.counts(image)),
      profile_(profile(scale.spec())),
      dependencies_(dscgen::dependencies(scale.spec(), image)) {
    resolve_imports();
    place_functions();
}

const Mutations& Content::mutations() const {
    return image_->mutations ? *image_->mutations : kNoMutations;
}

void Content::resolve_imports() {
    const Mutations& m = mutations();
    const u32 usable = static_cast<u32>(dependencies_.size() - m.dependencies_added.size());
    std::vector<u32> offered(usable);
    for (u32 d = 0; d < usable; ++d) {
        offered[d] = popular_count(scale_->counts(new_image(scale_->spec(), dependencies_[d].id)));
        importable_ += offered[d];
    }
    base_imports_ = std::min(counts_.imports, importable_ > 4 ? importable_ - 4 : 0);
    const u32 wanted = std::min(base_imports_ + static_cast<u32>(m.imports_added.size()), importable_);
    for (u32 k = 0; k < kPopular && imports_.size() < wanted; ++k) {
        for (u32 d = 0; d < usable && imports_.size() < wanted; ++d) {
            if (k >= offered[d]) continue;
            const bool weak =
                dependencies_[d].kind == LoadKind::weak || hash(image_->seed, 0x1AEA, k * 256 + d) % 50 == 0;
            imports_.push_back({d, k, weak});
        }
    }
}

void Content::place_functions() {
    const Mutations& m = mutations();
    const Arch arch = scale_->spec().arch;
    offsets_.reserve(counts_.functions + m.functions_added.size() + 1);
    u32 at = 0;
    for (u32 n = 0; n < counts_.functions; ++n) {
        offsets_.push_back(at);
        if (!contains(m.functions_removed, n)) at += base_function_size(counts_, arch, image_->seed, n);
        if (image_->mutations) {
            for (const auto& [number, more] : m.functions_grown) at += number == n ? more : 0;
        }
    }
    for (const u32 n : m.functions_added) {
        offsets_.push_back(at);
        at += base_function_size(counts_, arch, image_->seed, n);
    }
    offsets_.push_back(at);
}

u32 Content::function_number(u32 slot) const {
    return slot < counts_.functions ? slot : mutations().functions_added[slot - counts_.functions];
}

bool Content::function_exists(u32 slot) const {
    return offsets_[slot + 1] != offsets_[slot];
}

u32 Content::function_count() const {
    return function_slots() - static_cast<u32>(mutations().functions_removed.size());
}

FunctionName Content::naming(u32 slot) const {
    if (slot < counts_.functions) return function_name(counts_, slot);
    const u32 number = function_number(slot);
    return {(number & 1) != 0 ? Naming::exported : Naming::local, number};
}

u32 Content::patch_of(u32 number) const {
    for (const auto& [n, salt] : mutations().functions_patched) {
        if (n == number) return salt;
    }
    return 0;
}

u32 Content::string_slots(Pool pool) const {
    switch (pool) {
        case Pool::oslog:
            return counts_.oslogs;
        case Pool::methname:
            return counts_.methnames;
        default:
            return counts_.cstrings + static_cast<u32>(mutations().strings_added.size());
    }
}

u32 Content::string_number(Pool pool, u32 slot) const {
    return pool == Pool::cstring && slot >= counts_.cstrings ? mutations().strings_added[slot - counts_.cstrings]
                                                             : slot;
}

bool Content::string_exists(Pool pool, u32 slot) const {
    return pool != Pool::cstring || slot >= counts_.cstrings || !contains(mutations().strings_removed, slot);
}

std::vector<u32> Content::string_offsets(Pool pool) const {
    const u32 slots = string_slots(pool);
    std::vector<u32> out;
    out.reserve(slots + 1);
    u8 text[kMaxName];
    u32 at = 0;
    for (u32 slot = 0; slot < slots; ++slot) {
        out.push_back(at);
        if (string_exists(pool, slot))
            at += static_cast<u32>(string_text(text, image_->seed, pool, string_number(pool, slot))) + 1;
    }
    out.push_back(at);
    return out;
}

std::vector<u32> Content::ustring_offsets() const {
    std::vector<u32> out;
    u16 text[kMaxName];
    u32 at = 0;
    for (u32 n = 0; n < counts_.ustrings; ++n) {
        out.push_back(at);
        at += 2 * (static_cast<u32>(ustring_text(text, image_->seed, n)) + 1);
    }
    out.push_back(at);
    return out;
}

Content::CfString Content::cfstring(u32 index) const {
    if (index % 9 == 8) return {true, index / 9};
    const u32 k = index - index / 9;
    return {false, k / 15 * 16 + k % 15};
}

u64 Content::section_bytes(Section section) const {
    const u64 p = profile_.pointer;
    const bool auth = profile_.auth_segments;
    switch (section) {
        case kTextConst:
            return 16 + 16 * u64{counts_.local_data} + counts_.text_padding;
        case kGot:
            return auth ? 0 : p * imports_.size();
        case kAuthGot:
            return auth ? p * imports_.size() : 0;
        case kConst:
            return p * counts_.const_slots;
        case kAuthConst:
            return auth ? p * counts_.const_slots : 0;
        case kCfString:
            return (p == 8 ? 32 : 16) * u64{counts_.cfstrings};
        case kData:
            return p * counts_.data_slots;
        case kAuthData:
            return auth ? p * (counts_.data_slots / 2 + 2) : 0;
        case kBss:
            return align_up(p * (u64{counts_.exported_data} + counts_.local_data / 4 + 4), 16);
        default:
            return 0;
    }
}

Symbol Content::data_symbol(Item item, u32 ordinal) const {
    const u32 kind = name_kind(image_->seed, item, ordinal);
    Section home = kData;
    if (item == Item::exported_data) {
        if (kind == 3 || kind == 4) home = kConst;
        // What `next` adds and removes names places that nothing refers to.
        if ((kind == 5 && (ordinal & 1) != 0) || ordinal >= kAddedBase || is_removable(ordinal)) home = kBss;
    } else {
        if (kind == 0) home = kTextConst;
        if (kind == 1) home = kConst;
        if (kind == 4) home = kBss;
    }
    const u64 slots = section_bytes(home) / profile_.pointer;
    return {item,  ordinal,
            home,  hash(image_->seed, 0xDA7A + static_cast<u32>(item), ordinal) % slots * profile_.pointer,
            false, true};
}

}  // namespace dscgen
