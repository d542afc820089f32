#include "dyld/mappings.h"

#include <algorithm>

namespace strata::dyld {

Mappings::Mappings(const CacheFiles& files) {
    for (uint32_t i = 0; i < files.files.size(); ++i) {
        const auto& mappings = files.files[i].header.mappings;
        for (uint32_t j = 0; j < mappings.size(); ++j)
            regions_.push_back({mappings[j].address, mappings[j].size, mappings[j].file_offset, i, j});
    }
    std::stable_sort(regions_.begin(), regions_.end(),
                     [](const Region& a, const Region& b) { return a.address < b.address; });
    for (size_t i = 1; i < regions_.size(); ++i) {
        const Region& before = regions_[i - 1];
        const Region& region = regions_[i];
        if (region.address - before.address >= before.size) continue;
        const auto& file = files.files[region.file];
        throw base::Error::input(file.file->path().string(), file.header.size + region.mapping * 0x20ULL,
                                 "mapping at " + base::hex(region.address) + " overlaps the one at " +
                                     base::hex(before.address) + " of " + files.files[before.file].name(),
                                 "an address at or after " + base::hex(before.address + before.size));
    }
}

const Region* Mappings::find(uint64_t address) const {
    const auto after = std::upper_bound(regions_.begin(), regions_.end(), address,
                                        [](uint64_t a, const Region& r) { return a < r.address; });
    if (after == regions_.begin()) return nullptr;
    const Region& region = *(after - 1);
    return address - region.address < region.size ? &region : nullptr;
}

}  // namespace strata::dyld
