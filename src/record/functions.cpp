#include "record/functions.h"

#include <algorithm>

namespace strata::record {

void encode_functions(std::span<const FunctionRecord> functions, const ChunkSink& sink) {
    while (!functions.empty()) {
        const auto part = functions.first(std::min(functions.size(), kFunctionsPerChunk));
        functions = functions.subspan(part.size());
        const auto count = static_cast<uint32_t>(part.size());
        auto builder = sized_builder(count * 10ULL + 64);
        auto root = builder.initRoot<schema::Functions>();
        auto sections = root.initSections(count);
        auto offsets = root.initOffsets(count);
        auto sizes = root.initSizes(count);
        for (uint32_t i = 0; i < count; ++i) {
            sections.set(i, part[i].section);
            offsets.set(i, part[i].offset);
            sizes.set(i, part[i].size);
        }
        sink(make_chunk(ColumnKind::kFunctions, count, builder));
    }
}

FunctionsView::FunctionsView(std::string_view message) : message_(message, "functions column") {
    guarded("functions column", [&] {
        const auto root = message_.root<schema::Functions>();
        sections_ = raw_list<uint16_t>(root.getSections());
        offsets_ = raw_list<uint32_t>(root.getOffsets());
        sizes_ = raw_list<uint32_t>(root.getSizes());
    });
    if (offsets_.size() != sections_.size() || sizes_.size() != sections_.size())
        fail_record("functions column", "lists differ in length");
}

}  // namespace strata::record
