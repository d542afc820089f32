#include "record/code.h"

#include <algorithm>

#include "record/functions.h"

namespace strata::record {

void encode_code(std::span<const CodeRecord> functions, const ChunkSink& sink) {
    while (!functions.empty()) {
        const auto part = functions.first(std::min(functions.size(), kFunctionsPerChunk));
        functions = functions.subspan(part.size());
        const auto count = static_cast<uint32_t>(part.size());
        auto builder = sized_builder(count * 16ULL + 64);
        auto root = builder.initRoot<schema::Code>();
        auto code = root.initCode(count);
        auto references = root.initReferences(count);
        for (uint32_t i = 0; i < count; ++i) {
            code.set(i, part[i].code);
            references.set(i, part[i].references);
        }
        sink(make_chunk(ColumnKind::kCode, count, builder));
    }
}

CodeView::CodeView(std::string_view message) : message_(message, "code column") {
    guarded("code column", [&] {
        const auto root = message_.root<schema::Code>();
        code_ = raw_list<uint64_t>(root.getCode());
        references_ = raw_list<uint64_t>(root.getReferences());
    });
    if (code_.size() != references_.size()) fail_record("code column", "lists differ in length");
}

}  // namespace strata::record
