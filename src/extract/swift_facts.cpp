#include "extract/swift_facts.h"

#include "extract/fact_list.h"
#include "macho/swift.h"

namespace strata::extract {
namespace {

constexpr uint64_t kItemTouch = 8192;  // a descriptor, its name, perhaps a parent

}  // namespace

void extract_swift(const ImageContext& context, const record::ChunkSink& sink) {
    FactList facts;
    const auto summary =
        macho::walk_swift({context.space, context.image, context.bound_symbol}, [&](const macho::SwiftItem& item) {
            context.touched(kItemTouch);
            facts.add(item.type, item.conforms.empty() ? std::string() : "conforms " + item.conforms, {});
        });
    facts.finish(record::ColumnKind::kSwift, summary, sink);
}

}  // namespace strata::extract
