// Objective-C and Swift metadata in flat memory. Two bytes (layout, number of sections), nine bytes for each section
// (which, offset, size), then the bytes of the one mapping.
#include <array>
#include <string>

#include "base/error.h"
#include "extract/objc_facts.h"
#include "extract/swift_facts.h"
#include "flat_space.h"
#include "fuzz_check.h"
#include "macho/objc.h"
#include "macho/swift.h"

namespace {

using strata::base::ByteView;
using strata::fuzz::FlatSpace;
using strata::fuzz::image_of;
using strata::fuzz::kFlatBase;
using strata::fuzz::kSectionBytes;

constexpr size_t kMaxSections = 16;
constexpr std::array<const char*, 8> kSections = {"__objc_classlist", "__objc_catlist",  "__objc_protolist",
                                                  "__objc_imageinfo", "__objc_catlist2", "__swift5_types",
                                                  "__swift5_protos",  "__swift5_proto"};

strata::macho::SelectorBase selectors_of(uint8_t layout) {
    using Kind = strata::macho::SelectorBase::Kind;
    switch (layout >> 1 & 3) {
        case 1:
            return {Kind::kSigned, kFlatBase + 0x800000};
        case 2:
            return {Kind::kAddress, kFlatBase + 8};
        case 3:
            return {Kind::kUnknown, 0};
        default:
            return {};
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const strata::base::ByteSource source{"metadata", data};
    const ByteView all(&source, data, size);
    const size_t count = data[1] % (kMaxSections + 1);
    if (size < 2 + count * kSectionBytes) return 0;
    const FlatSpace space(all.from(2 + count * kSectionBytes, "mapping"));
    const auto image = image_of(all, 2, count, kSections, (data[0] & 1) != 0);
    const auto selectors = selectors_of(data[0]);
    const auto bound = [](uint64_t address) -> std::string_view {
        return address % 16 == 8 ? "_OBJC_CLASS_$_NSObject" : "";
    };
    const bool with_binds = (data[0] & 8) != 0;
    const auto nothing = [](uint64_t) {};
    const strata::macho::SymbolTable locals({}, {}, image.is_64);
    try {
        strata::extract::ImageContext context{space, image, locals, nothing, selectors, {}};
        if (with_binds) context.bound_symbol = bound;
        uint64_t facts = 0;
        const auto sink = [&](const strata::record::Chunk& chunk) { facts += chunk.count; };
        strata::extract::extract_objc(context, sink);
        strata::extract::extract_swift(context, sink);
        // Every fact but one a column stands for an entry that was counted.
        STRATA_FUZZ_CHECK(facts <= 4 * (uint64_t{1} << 20));
        const auto summary = strata::macho::walk_objc({space, image, selectors, context.bound_symbol},
                                                      [&](const strata::macho::ObjcItem& item) {
                                                          STRATA_FUZZ_CHECK(item.methods.size() <= size);
                                                          STRATA_FUZZ_CHECK(item.name.size() < size);
                                                      });
        STRATA_FUZZ_CHECK(summary.unreadable <= summary.items && summary.text().empty() == (summary.unreadable == 0));
    } catch (const strata::base::Error& error) {
        STRATA_FUZZ_CHECK(!error.message().empty());
    }
    return 0;
}
