#include "slide.h"

#include <bit>
#include <stdexcept>

namespace dscgen {

namespace {

struct DeltaFormat {
    u64 mask;
    u64 value_add;
};

DeltaFormat delta_format(const Spec& spec, u64 base) {
    if (spec.slide == 4) return {0xC0000000, base};
    if (!is_64bit(spec.arch)) return {0xE0000000, base};
    // x86_64 addresses have 47 bits: whole addresses need the mask in the top 16 bits, offsets do not.
    if (is_x86(spec.arch) && spec.era <= 0x140) return {0xFFFF000000000000, 0};
    return {0x00FFFF0000000000, is_x86(spec.arch) ? base : 0};
}

}  // namespace

DataWriter::DataWriter(Out& out, const Spec& spec, u64 cache_base, u64 mapping_address)
    : out_(out),
      spec_(spec),
      base_(cache_base),
      address_(mapping_address),
      pointer_(pointer_size(spec.arch)),
      page_(slide_page_size(spec)) {}

void DataWriter::advance(std::size_t n) {
    used_ += n;
    address_ += n;
    if (used_ == page_.size()) end_page();
}

void DataWriter::pointer(u64 target, bool authenticated, u32 diversity) {
    if (spec_.slide == 99) {
        word(target);
        return;
    }
    slots_.push_back({target, static_cast<u16>(used_), static_cast<u16>(diversity), authenticated});
    advance(pointer_);
}

void DataWriter::word(u64 value) {
    if (pointer_ == 8)
        put64(page_.data() + used_, value);
    else
        put32(page_.data() + used_, value);
    advance(pointer_);
}

void DataWriter::value32(u64 value) {
    put32(page_.data() + used_, value);
    advance(4);
}

void DataWriter::zeros_to(u64 target, const char* what) {
    if (target < address_) throw std::logic_error(std::string("dscgen: data too long: ") + what);
    while (address_ < target) {
        const std::size_t n = std::min<u64>(page_.size() - used_, target - address_);
        std::memset(page_.data() + used_, 0, n);
        advance(n);
    }
}

void DataWriter::store(const Slot& slot, u64 raw) {
    if (pointer_ == 8)
        put64(page_.data() + slot.offset, raw);
    else
        put32(page_.data() + slot.offset, raw);
}

void DataWriter::encode_v1() {
    const std::size_t at = record_.bitmaps.size();
    record_.bitmaps.resize(at + 128);
    record_.page_starts.push_back(static_cast<u16>(at / 128));
    if (at / 128 > 0xFFFF) throw std::runtime_error("data too large for slide info version 1");
    for (const Slot& s : slots_) {
        const u32 slot = s.offset / 4U;
        u8& byte = record_.bitmaps[at + slot / 8];
        byte = static_cast<u8>(byte | (1U << (slot % 8)));
        store(s, s.target);
    }
}

// Versions 2 and 4: the distance to the next pointer sits in the mask's bits. With 2 or 3 such bits (32-bit caches) a
// chain breaks at wider gaps, and the page lists its chains in the extras.
void DataWriter::encode_v2() {
    const bool v4 = spec_.slide == 4;
    if (slots_.empty()) {
        record_.page_starts.push_back(v4 ? 0xFFFF : 0x4000);
        return;
    }
    const DeltaFormat f = delta_format(spec_, base_);
    const u32 shift = static_cast<u32>(std::countr_zero(f.mask)) - 2;
    const u64 reach = f.mask >> shift;
    std::vector<u16> chains{static_cast<u16>(slots_[0].offset / 4)};
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        u64 delta = i + 1 < slots_.size() ? u64{slots_[i + 1].offset} - slots_[i].offset : 0;
        if (delta > reach) {
            delta = 0;
            chains.push_back(static_cast<u16>(slots_[i + 1].offset / 4));
        }
        store(slots_[i], ((slots_[i].target - f.value_add) & ~f.mask) | delta << shift);
    }
    if (chains.size() == 1) {
        record_.page_starts.push_back(chains[0]);
        return;
    }
    if (record_.extras.size() > (v4 ? 0x7000U : 0x3800U))
        throw std::runtime_error("data too large for 32-bit slide info");
    record_.page_starts.push_back(static_cast<u16>(0x8000 | record_.extras.size()));
    chains.back() = static_cast<u16>(chains.back() | 0x8000);
    record_.extras.insert(record_.extras.end(), chains.begin(), chains.end());
}

void DataWriter::encode_v3() {
    record_.page_starts.push_back(slots_.empty() ? 0xFFFF : slots_[0].offset);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Slot& s = slots_[i];
        const u64 next = i + 1 < slots_.size() ? (u64{slots_[i + 1].offset} - s.offset) / 8 : 0;
        const u64 offset = s.target - base_;
        if (s.authenticated && offset >> 32 == 0) {
            const u64 key = s.diversity != 0 ? 2 : 0;
            store(s, u64{1} << 63 | next << 51 | key << 49 | u64{1} << 48 | u64{s.diversity} << 32 | offset);
        } else {
            store(s, next << 51 | s.target);
        }
    }
}

void DataWriter::encode_v5() {
    record_.page_starts.push_back(slots_.empty() ? 0xFFFF : slots_[0].offset);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Slot& s = slots_[i];
        const u64 next = i + 1 < slots_.size() ? (u64{slots_[i + 1].offset} - s.offset) / 8 : 0;
        const u64 offset = s.target - base_;
        if (offset >> 34 != 0) throw std::runtime_error("cache too large for slide info version 5");
        u64 raw = next << 52 | offset;
        if (s.authenticated)
            raw |= u64{1} << 63 | u64{s.diversity} << 34 | u64{1} << 50 | (s.diversity != 0 ? u64{1} << 51 : 0);
        store(s, raw);
    }
}

void DataWriter::end_page() {
    switch (spec_.slide) {
        case 1:
            encode_v1();
            break;
        case 2:
        case 4:
            encode_v2();
            break;
        case 3:
            encode_v3();
            break;
        case 5:
            encode_v5();
            break;
        default:
            break;
    }
    out_.bytes(page_.data(), used_);
    slots_.clear();
    used_ = 0;
}

SlideRecord DataWriter::finish() {
    if (used_ > 0) end_page();
    return std::move(record_);
}

void write_slide_info(Out& out, const Spec& spec, u64 base, const SlideRecord& r) {
    const u64 pages = r.page_starts.size();
    const auto starts = [&](const std::vector<u16>& list) {
        for (const u16 v : list) out.w16(v);
    };
    if (spec.slide == 1) {
        const u64 entries = align_up(24 + 2 * pages, 16);
        for (const u64 v : {u64{1}, u64{24}, pages, entries, pages, u64{128}}) out.w32(v);
        starts(r.page_starts);
        for (u64 at = 24 + 2 * pages; at < entries; ++at) out.w8(0);
        out.bytes(r.bitmaps.data(), r.bitmaps.size());
    } else if (spec.slide == 3 || spec.slide == 5) {
        for (const u64 v : {u64{spec.slide}, u64{slide_page_size(spec)}, pages, u64{0}}) out.w32(v);
        out.w64(base);
        starts(r.page_starts);
    } else {
        const DeltaFormat f = delta_format(spec, base);
        const u64 extras = 40 + 2 * pages;
        for (const u64 v : {u64{spec.slide}, u64{slide_page_size(spec)}, u64{40}, pages,
                            r.extras.empty() ? u64{0} : extras, u64{r.extras.size()}})
            out.w32(v);
        out.w64(f.mask);
        out.w64(f.value_add);
        starts(r.page_starts);
        starts(r.extras);
    }
}

}  // namespace dscgen
