#include "dyld/slide_info.h"

#include <algorithm>
#include <bit>

namespace strata::dyld {
namespace {

using base::ByteView;
using base::hex;

constexpr uint16_t kNoRebaseV2 = 0x4000;
constexpr uint16_t kExtraFlag = 0x8000;  // v2, v4: the entry is an index into page_extras; in page_extras: last one
constexpr uint16_t kIndexMaskV2 = 0x3fff;
constexpr uint16_t kIndexMaskV4 = 0x7fff;
constexpr uint16_t kNoRebase = 0xffff;  // v3, v4, v5
constexpr uint64_t kPointerAlignment = 4;

bool has_extras(uint32_t version) {
    return version == 2 || version == 4;
}

/// The page tables of a slide info, checked to lie inside it.
struct Pages {
    ByteView starts;  // u16 a page
    ByteView extras;
    uint64_t count() const { return starts.size() / 2; }
};

ByteView slide_bytes(ByteView file, const Mapping& mapping) {
    return file.sub(mapping.slide_offset, mapping.slide_size, "slide info");
}

Pages read_pages(ByteView info, uint32_t version) {
    if (has_extras(version))
        return {info.sub(info.u32(0x08, "slide info"), info.u32(0x0c, "slide info") * 2ULL, "page starts"),
                info.sub(info.u32(0x10, "slide info"), info.u32(0x14, "slide info") * 2ULL, "page extras")};
    return {info.sub(0x18, info.u32(0x08, "slide info") * 2ULL, "page starts"), {}};
}

void check_page_size(ByteView info, uint32_t page_size) {
    // A page size of 0 is how division by zero was provoked in other readers.
    if (page_size < 0x1000 || page_size > 0x100000 || !std::has_single_bit(page_size))
        throw info.error(4, "slide info page size " + hex(page_size), "a power of two from 0x1000 to 0x100000");
}

void check_delta_mask(ByteView info, uint64_t mask) {
    const uint64_t shifted = mask == 0 ? 0 : mask >> std::countr_zero(mask);
    if (mask == 0 || (shifted & (shifted + 1)) != 0 || std::countr_zero(mask) < 2)
        throw info.error(0x18, "slide info delta mask " + hex(mask), "one run of bits, none of them below bit 2");
}

void check_v1(ByteView info) {
    const uint32_t entries = info.u32(0x10, "slide info");
    const uint32_t entry_size = info.u32(0x14, "slide info");
    if (entry_size != 128) throw info.error(0x14, "slide info entry size " + std::to_string(entry_size), "128");
    info.sub(info.u32(0x0c, "slide info"), uint64_t{entries} * entry_size, "slide info bitmaps");
    const auto toc =
        info.sub(info.u32(0x04, "slide info"), info.u32(0x08, "slide info") * 2ULL, "slide info table of contents");
    for (uint64_t at = 0; at < toc.size(); at += 2)
        if (toc.u16(at, "slide info") >= entries)
            throw toc.error(at, "slide info bitmap " + std::to_string(toc.u16(at, "slide info")),
                            "below " + std::to_string(entries));
}

/// Walks the chains of one page. They share no pointers, so a page has room for so many steps and no more: pages that
/// all refer to one long list of extras would multiply the work otherwise.
class PageWalker {
  public:
    using Visit = std::function<void(uint64_t offset, uint64_t raw)>;

    PageWalker(ByteView page, const SlideInfo& info, const Visit* visit)
        : page_(page), info_(info), visit_(visit), steps_left_(page.size() / kPointerAlignment + 1) {}

    void walk(uint64_t offset) {
        for (;;) {
            if (steps_left_-- == 0)
                throw page_.error(0, "pointer chains of this page visit more places than it has",
                                  "chains that share no pointers");
            if (!page_.contains(offset, info_.pointer_size))
                throw page_.error(offset < page_.size() ? offset : 0, "pointer chain leaves its page at " + hex(offset),
                                  "an offset below " + hex(page_.size()));
            const uint64_t raw = info_.pointer_size == 8 ? page_.u64(offset, "pointer") : page_.u32(offset, "pointer");
            const uint64_t next = delta(raw);
            if (visit_ != nullptr) (*visit_)(offset, raw);
            if (next == 0) return;
            offset += next;  // deltas are unsigned: a chain can only go forward, so it ends
        }
    }

  private:
    uint64_t delta(uint64_t raw) const {
        switch (info_.version) {
            case 3:
                return ((raw >> 51) & 0x7ff) * 8;
            case 5:
                return ((raw >> 52) & 0x7ff) * 8;
            default:
                return (raw & info_.delta_mask) >> (std::countr_zero(info_.delta_mask) - 2);
        }
    }

    ByteView page_;
    const SlideInfo& info_;
    const Visit* visit_;
    uint64_t steps_left_;
};

void walk_extras(const Pages& pages, uint64_t index, uint16_t mask, PageWalker& walker) {
    for (;; ++index) {
        if (index >= pages.extras.size() / 2)
            throw pages.starts.error(0, "page extras index " + std::to_string(index),
                                     "below " + std::to_string(pages.extras.size() / 2));
        const uint16_t extra = pages.extras.u16(index * 2, "page extras");
        walker.walk((extra & mask) * 4ULL);
        if ((extra & kExtraFlag) != 0) return;
    }
}

void walk_page(const Pages& pages, uint64_t index, ByteView page, const SlideInfo& info,
               const PageWalker::Visit* visit) {
    const uint16_t start = pages.starts.u16(index * 2, "page start");
    PageWalker walker(page, info, visit);
    switch (info.version) {
        case 2:
            if ((start & kExtraFlag) != 0) return walk_extras(pages, start & kIndexMaskV2, kIndexMaskV2, walker);
            if (start != kNoRebaseV2) walker.walk((start & kIndexMaskV2) * 4ULL);
            return;
        case 4:
            if (start == kNoRebase) return;
            if ((start & kExtraFlag) != 0) return walk_extras(pages, start & kIndexMaskV4, kIndexMaskV4, walker);
            return walker.walk(start * 4ULL);
        default:
            if (start != kNoRebase) walker.walk(start);
    }
}

/// Version 1: a bit for each four bytes of a page of 4,096.
void walk_bitmaps(ByteView file, const Mapping& mapping, unsigned pointer_size, uint64_t begin, uint64_t end,
                  const PageWalker::Visit& visit) {
    constexpr uint64_t kPage = 4096;
    const ByteView info = slide_bytes(file, mapping);
    const ByteView toc = info.sub(info.u32(4, "slide info"), info.u32(8, "slide info") * 2ULL, "table of contents");
    const ByteView bitmaps = info.from(info.u32(0x0c, "slide info"), "slide info bitmaps");
    const ByteView data = file.sub(mapping.file_offset, mapping.size, "data mapping");
    for (uint64_t at = begin & ~uint64_t{3}; at < end; at += 4) {
        if (at < begin || at / kPage >= toc.size() / 2 || !data.contains(at, pointer_size)) continue;
        const uint64_t bit = at % kPage / 4;
        const uint64_t entry = toc.u16(at / kPage * 2, "table of contents") * uint64_t{128};
        if ((bitmaps.u8(entry + bit / 8, "bitmap") >> (bit % 8) & 1) == 0) continue;
        visit(at, pointer_size == 8 ? data.u64(at, "pointer") : data.u32(at, "pointer"));
    }
}

}  // namespace

uint64_t SlideInfo::decode(uint64_t raw) const {
    if (raw == 0) return 0;
    constexpr uint64_t kTagMask = 0x00ffffffffffffff;  // the top byte may carry a tag
    switch (version) {
        case 2: {
            const uint64_t target = raw & ~delta_mask;
            if (target == 0) return 0;
            return pointer_size == 4 ? (target + value_add) & 0xffffffff : (target + value_add) & kTagMask;
        }
        case 3:
            if ((raw >> 63) != 0) return value_add + (raw & 0xffffffff);
            return raw & 0x7ffffffffff;
        case 4: {
            const uint64_t target = raw & ~delta_mask & 0xffffffff;
            if ((target & 0xffff8000) == 0) return target;
            if ((target & 0x3fff8000) == 0x3fff8000) return target | 0xc0000000;
            return (target + value_add) & 0xffffffff;
        }
        case 5:
            return value_add + (raw & 0x3ffffffff);
        default:
            return raw;
    }
}

uint64_t SlideInfo::tag(uint64_t raw) const {
    switch (version) {
        case 2:
            return pointer_size == 8 ? (raw & ~delta_mask) >> 56 : 0;
        case 3:
            return (raw >> 63) != 0 ? 0x100 | (raw >> 32 & 0x7ffff) << 16 : raw >> 43 & 0xff;
        case 5:
            return (raw >> 63) != 0 ? 0x100 | (raw >> 34 & 0x3ffff) << 16 : raw >> 34 & 0xff;
        default:
            return 0;
    }
}

SlideInfo read_slide_info(ByteView file, const Mapping& mapping, unsigned pointer_size) {
    const ByteView bytes = slide_bytes(file, mapping);
    SlideInfo info;
    info.version = bytes.u32(0, "slide info version");
    info.pointer_size = pointer_size;
    if (info.version == 1) {
        check_v1(bytes);
        return info;
    }
    if (info.version < 1 || info.version > 5)
        throw bytes.error(0, "slide info version " + std::to_string(info.version), "1 to 5");
    info.page_size = bytes.u32(4, "slide info page size");
    check_page_size(bytes, info.page_size);
    if (has_extras(info.version)) {
        info.delta_mask = bytes.u64(0x18, "slide info delta mask");
        info.value_add = bytes.u64(0x20, "slide info value add");
        check_delta_mask(bytes, info.delta_mask);
    } else {
        info.value_add = bytes.u64(0x10, "slide info value add");
    }
    const Pages pages = read_pages(bytes, info.version);
    if (pages.count() > mapping.size / info.page_size + 1)
        throw bytes.error(8, "slide info for " + std::to_string(pages.count()) + " pages",
                          "at most the " + std::to_string(mapping.size / info.page_size + 1) + " of its mapping");
    return info;
}

void walk_pointers(ByteView file, const Mapping& mapping, const SlideInfo& info, uint64_t begin, uint64_t end,
                   const std::function<void(uint64_t at, uint64_t raw)>& visit) {
    if (mapping.slide_size == 0) return;
    if (info.version == 1) return walk_bitmaps(file, mapping, info.pointer_size, begin, end, visit);
    const Pages pages = read_pages(slide_bytes(file, mapping), info.version);
    const ByteView data = file.sub(mapping.file_offset, mapping.size, "data mapping");
    end = std::min(end, data.size());
    uint64_t page = begin / info.page_size;
    const PageWalker::Visit in_range = [&](uint64_t offset, uint64_t raw) {
        const uint64_t at = page * info.page_size + offset;
        if (at >= begin && at < end) visit(at, raw);
    };
    for (; page < pages.count() && page * info.page_size < end; ++page) {
        const uint64_t size = std::min<uint64_t>(info.page_size, data.size() - page * info.page_size);
        walk_page(pages, page, data.sub(page * info.page_size, size, "data page"), info, &in_range);
    }
}

void check_chains(ByteView file, const Mapping& mapping, const SlideInfo& info, size_t limit,
                  std::vector<BadRange>& bad, base::Residency& residency) {
    if (info.version < 2) return;
    const Pages pages = read_pages(slide_bytes(file, mapping), info.version);
    const ByteView data = file.sub(mapping.file_offset, mapping.size, "data mapping");
    size_t found = 0;
    for (uint64_t i = 0; i < pages.count(); ++i) {
        const uint64_t at = i * info.page_size;
        if (at >= data.size()) break;
        const uint64_t size = std::min<uint64_t>(info.page_size, data.size() - at);
        residency.touched(size);
        try {
            walk_page(pages, i, data.sub(at, size, "data page"), info, nullptr);
        } catch (const base::Error& error) {
            if (++found > limit) {
                bad.push_back({mapping.address, mapping.size, error});
                return;
            }
            bad.push_back({mapping.address + at, size, error});
        }
    }
}

}  // namespace strata::dyld
