// Instructions and offsets reach only so far. A builder lays a cache out so that they do, and what does not fit is
// refused: a wrapped distance would lead to a wrong place that no reader can tell from a right one.

#include "layout.h"
#include "objc.h"

#include <algorithm>
#include <stdexcept>

namespace dscgen {

namespace {

class ReachCheck {
  public:
    ReachCheck(const Spec& spec, const CacheLayout& l) : spec_(spec), l_(l), profile_(profile(spec)) {}

    void run() const {
        for (const Image& image : l_.images) {
            const ImageShape& s = image.shape;
            const u64 text = s.segment_address[kSegText];
            const Section last = s.size[kStubs] != 0 ? kStubs : kText;
            if (u64{s.offset[last]} + s.size[last] - s.offset[kText] > call_reach())
                refuse(image, "its code is too large for its calls");
            for (u32 segment = kSegText; segment < kSegmentCount; ++segment) {
                if (!within(text, s.segment_size[kSegText], s.segment_address[segment], s.segment_size[segment],
                            data_reach()))
                    refuse(image, "its data is too far from its code");
            }
            if (s.size[kMethList] != 0 && leads_to_pool()) selectors(image);
        }
        for (const File& f : l_.files) {
            for (const Mapping& m : f.mappings) {
                if (m.kind == MappingKind::text || m.kind == MappingKind::data) pointers(m.address + m.size);
            }
        }
    }

  private:
    [[noreturn]] static void refuse(const Image& image, const char* why) {
        throw std::invalid_argument(image.path + ": " + why + ": use --layout many, or fewer bytes");
    }

    // Whether every byte of one range is less than `reach` from every byte of the other.
    static bool within(u64 a, u64 a_size, u64 b, u64 b_size, u64 reach) {
        return b_size == 0 || std::max(a + a_size, b + b_size) - std::min(a, b) < reach;
    }

    u64 call_reach() const {
        if (is_x86(spec_.arch)) return u64{2} << 30;
        return is_thumb(spec_.arch) ? u64{16} << 20 : u64{128} << 20;
    }

    // 2 GB either way from an instruction, or with adrp 4 GB from its page.
    u64 data_reach() const { return is_x86(spec_.arch) ? u64{2} << 30 : (u64{4} << 30) - 0x1000; }

    // Whether method lists have distances to libobjc: to selectors, or when they are there to types.
    bool leads_to_pool() const {
        const MethodForm form = method_form(spec_);
        return form == MethodForm::self_relative ||
               (form != MethodForm::pointers && spec_.objc_strings == ObjcStrings::pool);
    }

    void selectors(const Image& image) const {
        const ImageShape& objc = l_.by_id(selector_home(spec_)).shape;
        if (!within(image.shape.section_address(profile_, kMethList), image.shape.size[kMethList],
                    objc.section_address(profile_, kObjcOptRo), objc.size[kObjcOptRo], u64{2} << 30))
            refuse(image, "its method lists are too far from the selectors");
    }

    // Pointers are stored in what the links of their chains leave free.
    void pointers(u64 end) const {
        u64 limit = ~u64{0};
        if (!is_64bit(spec_.arch)) limit = u64{4} << 30;
        if (spec_.slide == 2 && !is_64bit(spec_.arch)) limit = l_.base + (u64{1} << 29);
        if (spec_.slide == 4) limit = l_.base + (u64{1} << 30);
        if (spec_.slide == 5) limit = l_.base + (u64{1} << 34);
        if (end > limit) throw std::invalid_argument("more than this era's pointers reach: use fewer bytes");
    }

    const Spec& spec_;
    const CacheLayout& l_;
    Profile profile_;
};

}  // namespace

void check_reach(const Spec& spec, const CacheLayout& layout) {
    ReachCheck(spec, layout).run();
}

}  // namespace dscgen
