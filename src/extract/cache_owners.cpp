#include "extract/cache_owners.h"

#include <algorithm>

namespace strata::extract {

std::string_view CacheOwners::of(uint64_t address) const {
    std::call_once(once_, [this] { read(); });
    const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                        [](uint64_t a, const Range& range) { return a < range.begin; });
    if (after == ranges_.begin()) return {};
    const Range& range = *(after - 1);
    return address < range.end ? range.path : std::string_view{};
}

void CacheOwners::read() const {
    // Hostile load commands may name any number of segments; real images have some ten.
    constexpr size_t kMaxRanges = 1U << 20;
    for (const auto& entry : cache_.images()) {
        try {
            const macho::Image image = cache_.read_image(entry);
            cache_.touched(image.header.size());
            for (const auto& segment : image.segments)
                if (segment.name != "__LINKEDIT" && segment.size != 0 && ranges_.size() < kMaxRanges)
                    ranges_.push_back({segment.address, segment.address + segment.size, entry.path});
        } catch (const base::Error&) {
            // Its own extraction reports that.
        }
    }
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
}

}  // namespace strata::extract
