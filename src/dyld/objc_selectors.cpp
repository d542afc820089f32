#include "dyld/objc_selectors.h"

#include <algorithm>
#include <optional>

#include "base/error.h"

namespace strata::dyld {
namespace {

using macho::SelectorBase;

constexpr uint64_t kObjcOptsField = 0x1d0;  // objcOptsOffset, objcOptsSize
constexpr uint64_t kObjcOptsSize = 0x38;    // up to and with the selector base, in every version
constexpr uint64_t kOptsSelectorBase = 0x30;

// objc_opt_t
constexpr uint32_t kFirstVersionWithBase = 16;
constexpr uint64_t kOptSelectorBase = 0x28;
constexpr uint32_t kSubCacheHeader = 0x1c8;  // first header of the builders that may use it

SelectorBase from_header(const SharedCache& cache, uint64_t offset) {
    const uint64_t base = cache.header().base_address();
    const auto opts = cache.space().at(base + offset, kObjcOptsSize, "ObjCOptimizationHeader");
    const uint64_t selectors = opts.u64(kOptsSelectorBase, "selector base");
    if (selectors == 0) return {};
    return {SelectorBase::Kind::kAddress, base + selectors};
}

SelectorBase from_libobjc(const SharedCache& cache) {
    const auto& images = cache.images();
    const auto libobjc = std::find_if(images.begin(), images.end(),
                                      [](const ImageEntry& image) { return image.path.ends_with("/libobjc.A.dylib"); });
    if (libobjc == images.end()) return {SelectorBase::Kind::kUnknown, 0};
    const macho::Image image = cache.read_image(*libobjc);
    for (const auto& section : image.sections) {
        if (section.name != "__objc_opt_ro" || section.size < kOptSelectorBase + 8) continue;
        const auto opt = cache.space().at(section.address, section.size, "__objc_opt_ro");
        if (opt.u32(0, "objc_opt_t version") < kFirstVersionWithBase) return {};
        const uint64_t offset = opt.u64(kOptSelectorBase, "selector base");
        if (offset == 0) return {};
        return {SelectorBase::Kind::kSigned, section.address + offset};
    }
    return {SelectorBase::Kind::kUnknown, 0};
}

}  // namespace

SelectorBase find_selector_base(const SharedCache& cache) {
    const auto& header = cache.header();
    if (header.size < kSubCacheHeader) return {};
    try {
        if (header.size >= kObjcOptsField + 16) {
            const auto file = cache.files().main().file->view();
            const uint64_t offset = file.u64(kObjcOptsField, "objcOptsOffset");
            const uint64_t size = file.u64(kObjcOptsField + 8, "objcOptsSize");
            if (offset != 0 && size != 0) return from_header(cache, offset);
        }
        return from_libobjc(cache);
    } catch (const base::Error&) {
        return {SelectorBase::Kind::kUnknown, 0};
    }
}

}  // namespace strata::dyld
