#include "extract/meanings.h"

#include <algorithm>
#include <cstring>

#include "base/build_noise.h"
#include "macho/strings.h"

namespace strata::extract {
namespace {

constexpr uint64_t kTextSeed = 0x74657874;
constexpr uint64_t kSectionSeed = 0x73656374;
constexpr uint64_t kOwnerSeed = 0x6f776e65;
constexpr uint64_t kConstantSeed = 0x636f6e73;
constexpr uint64_t kUnknown = 1;
/// More of a string does not count: hostile code may refer to every byte of a long one.
constexpr uint64_t kMaxText = 512;
constexpr uint64_t kMaxSlots = 1U << 20;
constexpr size_t kMemo = 1U << 13;

uint64_t nonzero(uint64_t hash) {
    return hash == 0 ? 2 : hash;
}

uint64_t mix(uint64_t a, uint64_t b) {
    const uint64_t pair[] = {a, b};
    return nonzero(code::hash_bytes(pair, sizeof pair));
}

/// Empty for a section whose bytes the input does not have: others report that.
base::ByteView bytes_of(const ImageContext& context, const macho::Section& section) {
    try {
        return context.space.at(section.address, section.size, "section");
    } catch (const base::Error&) {
        return {};
    }
}

}  // namespace

uint64_t text_meaning(std::string_view text) {
    text = text.substr(0, kMaxText);
    if (text.find('/') != std::string_view::npos) {
        std::string clean;
        if (base::without_build_paths(text, clean)) return nonzero(code::hash_text(clean, kTextSeed));
    }
    return nonzero(code::hash_text(text, kTextSeed));
}

Meanings::Sort Meanings::sort_of(const macho::Section& section) {
    if (section.name == "__objc_stubs") return Sort::kObjcStubs;
    if (section.type() == macho::kSymbolStubs) return Sort::kSlots;
    if (section.holds_code()) return Sort::kCode;
    if (macho::holds_c_strings(section)) return Sort::kCStrings;
    if (macho::holds_cf_strings(section)) return Sort::kCfStrings;
    if (section.name == "__objc_selrefs") return Sort::kSelectors;
    return section.segment == "__TEXT" ? Sort::kText : Sort::kData;
}

Meanings::Meanings(const ImageContext& context, const AddressNames& names)
    : context_(context), names_(names), indirect_(context.space, context.image), memo_(kMemo) {
    for (const uint32_t index : context.image.sections_by_address) {
        const auto& section = context.image.sections[index];
        Place place{section.address, section.address + section.size, 0, sort_of(section), {}, {}, {}};
        const auto name = std::string(section.segment) + "," + std::string(section.name);
        place.hash = nonzero(code::hash_text(name, kSectionSeed));
        if (section.has_bytes()) place.bytes = bytes_of(context, section);
        if (!section.command.empty()) place.slots = indirect_.slots(section);
        if (place.slots.count != 0 && place.sort == Sort::kData) place.sort = Sort::kSlots;
        const uint64_t pointer = context.image.pointer_size();
        if (place.sort == Sort::kSelectors) place.slots = {section.size / pointer, pointer, 0};
        if (place.sort == Sort::kCfStrings) place.slots = {section.size / (4 * pointer), 4 * pointer, 0};
        places_.push_back(std::move(place));
    }
}

Meanings::Place* Meanings::find(uint64_t address) {
    if (last_ != nullptr && address - last_->begin < last_->end - last_->begin) return last_;
    const auto after = std::upper_bound(places_.begin(), places_.end(), address,
                                        [](uint64_t a, const Place& place) { return a < place.begin; });
    if (after == places_.begin()) return nullptr;
    Place& place = *(after - 1);
    if (address - place.begin >= place.end - place.begin) return nullptr;
    last_ = &place;
    return last_;
}

uint64_t Meanings::of_reference(const code::Reference& reference) {
    if (reference.kind == code::ReferenceKind::kUnknown) return kUnknown;
    Place* place = find(reference.address);
    return place == nullptr ? outside(reference.address) : in_section(*place, reference.address, reference.size);
}

uint64_t Meanings::in_section(Place& place, uint64_t address, uint64_t size) {
    switch (place.sort) {
        case Sort::kSlots:
        case Sort::kCfStrings:
        case Sort::kSelectors:
            return slot(place, address);
        case Sort::kCStrings:
            return c_string(place, address);
        default:
            break;
    }
    if (const uint64_t named = names_.find(address); named != 0) return named;
    if (place.sort == Sort::kObjcStubs) return objc_stub(place, address);
    // A constant that is loaded is told by its bytes: compilers put floating-point and vector constants there.
    if (place.sort == Sort::kText && size != 0 && place.bytes.contains(address - place.begin, size))
        return nonzero(code::hash_bytes(place.bytes.data() + (address - place.begin), size, kConstantSeed));
    return place.hash;
}

uint64_t Meanings::slot(Place& place, uint64_t address) {
    const uint64_t index = (address - place.begin) / std::max<uint64_t>(place.slots.size, 1);
    if (place.slots.count > kMaxSlots || index >= place.slots.count) return place.hash;
    if (place.known.empty()) place.known.resize(place.slots.count);
    uint64_t& known = place.known[index];
    if (known == 0) known = read_slot(place, index);
    return known;
}

uint64_t Meanings::read_slot(const Place& place, uint64_t index) {
    const uint64_t at = index * place.slots.size;
    if (place.sort == Sort::kCfStrings) return cf_string(place, at);
    if (place.sort == Sort::kSelectors) {
        if (!place.bytes.contains(at, place.slots.size)) return place.hash;
        const uint64_t raw = place.slots.size == 8 ? place.bytes.u64(at, "selector") : place.bytes.u32(at, "selector");
        const uint64_t text = text_behind(raw, place.begin + at);
        return text == 0 ? place.hash : text;
    }
    const auto name = indirect_.name(place.slots.first + index);
    if (!name.empty()) return name_meaning(name);
    const uint64_t named = names_.find(place.begin + at);
    return named == 0 ? place.hash : named;
}

/// adrp x1, page; ldr x1, [x1, selector reference]; ...
uint64_t Meanings::objc_stub(Place& place, uint64_t address) {
    const uint64_t at = address - place.begin;
    if (!place.bytes.contains(at, 8)) return place.hash;
    if (!stub_reader_) stub_reader_ = code::make_fingerprinter(context_.image.cpu_type);
    if (!stub_reader_) return place.hash;
    stub_references_.clear();
    stub_reader_->fingerprint({place.bytes.data() + at, 8}, address, stub_references_);
    if (stub_references_.empty()) return place.hash;
    const uint64_t selector = stub_references_.front().address;
    Place* target = find(selector);
    return target != nullptr && target->sort == Sort::kSelectors ? slot(*target, selector) : place.hash;
}

uint64_t Meanings::c_string(const Place& place, uint64_t address) {
    Memo& memo = memo_[(address * 0x9e3779b97f4a7c15) >> 51 & (kMemo - 1)];
    if (memo.address == address && memo.meaning != 0) return memo.meaning;
    const uint64_t at = address - place.begin;
    const uint64_t room = std::min(kMaxText, place.bytes.size() - std::min(at, place.bytes.size()));
    const auto* text = reinterpret_cast<const char*>(place.bytes.data() + at);
    memo = {address, text_meaning({text, strnlen(text, room)})};
    return memo.meaning;
}

uint64_t Meanings::cf_string(const Place& place, uint64_t at) const {
    const uint64_t pointer = context_.image.pointer_size();
    if (!place.bytes.contains(at, 4 * pointer)) return place.hash;
    const auto word = [&](uint64_t offset) -> uint64_t {
        return pointer == 8 ? place.bytes.u64(at + offset, "CFString") : place.bytes.u32(at + offset, "CFString");
    };
    const bool unicode = (place.bytes.u32(at + pointer, "CFString") & 0x10) != 0;
    const uint64_t units = word(3 * pointer);
    try {
        const uint64_t data = context_.space.decode_pointer(word(2 * pointer), place.begin + at + 2 * pointer);
        if (data == 0) return place.hash;
        const auto rest = context_.space.rest(data, "CFString contents");
        const uint64_t bytes = std::min({rest.size(), kMaxText,
                                         units > kMaxText ? kMaxText
                                         : unicode        ? units * 2
                                                          : units});
        return text_meaning(rest.sub(0, bytes, "CFString contents").as_text());
    } catch (const base::Error&) {
        return place.hash;
    }
}

/// 0 when there is no text there.
uint64_t Meanings::text_behind(uint64_t raw, uint64_t where) const {
    try {
        const uint64_t target = context_.space.decode_pointer(raw, where);
        if (target == 0) return 0;
        const auto rest = context_.space.rest(target, "selector");
        return text_meaning(rest.sub(0, std::min(rest.size(), kMaxText), "selector").text(0));
    } catch (const base::Error&) {
        return 0;
    }
}

uint64_t Meanings::of_pointer(uint64_t target) {
    Place* place = find(target);
    if (place == nullptr) return outside(target);
    if (place->sort == Sort::kText || place->sort == Sort::kData) return beside_symbol(*place, target);
    return in_section(*place, target, 0);
}

uint64_t Meanings::beside_symbol(const Place& place, uint64_t address) const {
    const auto& symbols = names_.data();
    const auto after = std::upper_bound(symbols.begin(), symbols.end(), address,
                                        [](uint64_t a, const AddressNames::DataSymbol& s) { return a < s.address; });
    if (after == symbols.begin() || (after - 1)->address < place.begin) return mix(place.hash, address - place.begin);
    return mix(name_meaning((after - 1)->name), address - (after - 1)->address);
}

uint64_t Meanings::outside(uint64_t address) {
    if (!context_.owner) return kUnknown;
    Memo& memo = memo_[(address * 0x9e3779b97f4a7c15) >> 51 & (kMemo - 1)];
    if (memo.address == address && memo.meaning != 0) return memo.meaning;
    const auto owner = context_.owner(address);
    memo = {address, owner.empty() ? kUnknown : nonzero(code::hash_text(owner, kOwnerSeed))};
    return memo.meaning;
}

}  // namespace strata::extract
