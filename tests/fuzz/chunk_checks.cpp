#include "chunk_checks.h"

#include "fuzz_check.h"
#include "record/code.h"
#include "record/facts.h"
#include "record/functions.h"
#include "record/layout.h"
#include "record/strings.h"

namespace strata::fuzz {

using record::Chunk;
using record::ColumnKind;

record::ChunkSink ChunkChecker::sink() {
    return [this](const Chunk& chunk) { add(chunk); };
}

void ChunkChecker::add(const Chunk& chunk) {
    const auto bytes = chunk.message.bytes();
    STRATA_FUZZ_CHECK(chunk.digest == record::column_digest(chunk.kind, bytes));
    auto& totals = totals_[static_cast<size_t>(chunk.kind)];
    totals.count += chunk.count;
    totals.bytes += bytes.size();
    ++totals.chunks;
    if (chunk.kind != ColumnKind::kPlaces) STRATA_FUZZ_CHECK(unplaced_ == 0);
    switch (chunk.kind) {
        case ColumnKind::kLayout:
            (void)record::decode_layout(bytes);
            break;
        case ColumnKind::kSymbols:
            return add_symbols(chunk);
        case ColumnKind::kPlaces:
            return add_places(chunk);
        case ColumnKind::kFunctions:
            return add_functions(chunk);
        case ColumnKind::kStrings:
            return add_strings(chunk);
        case ColumnKind::kCode:
            return add_code(chunk);
        case ColumnKind::kImports:
        case ColumnKind::kSignature:
        case ColumnKind::kData:
        case ColumnKind::kObjc:
        case ColumnKind::kSwift:
            return add_facts(chunk);
    }
}

void ChunkChecker::add_symbols(const Chunk& chunk) {
    const record::SymbolsView view(chunk.message.bytes());
    STRATA_FUZZ_CHECK(view.size() == chunk.count && chunk.count != 0);
    for (uint64_t i = 0; i < view.size(); ++i) {
        const auto name = view.name(i);
        STRATA_FUZZ_CHECK(!any_symbol_ || last_symbol_ <= name);
        last_symbol_ = name;
        any_symbol_ = true;
        (void)view.kind(i);
        (void)view.dylib(i);
        (void)view.target(i);
    }
    unplaced_ = chunk.count;
}

void ChunkChecker::add_places(const Chunk& chunk) {
    const record::PlacesView view(chunk.message.bytes());
    STRATA_FUZZ_CHECK(view.size() == chunk.count && chunk.count == unplaced_);
    for (uint64_t i = 0; i < view.size(); ++i) (void)view.place(i);
    unplaced_ = 0;
}

void ChunkChecker::add_strings(const Chunk& chunk) {
    const record::StringsView view(chunk.message.bytes());
    STRATA_FUZZ_CHECK(view.size() == chunk.count && chunk.count != 0);
    for (uint64_t i = 0; i < view.size(); ++i) {
        const auto value = view.value(i);
        const auto section = view.section(i);
        if (any_string_) {
            const int order = value.compare(last_string_);
            STRATA_FUZZ_CHECK(order > 0 || (order == 0 && section > last_string_section_));
        }
        STRATA_FUZZ_CHECK(!value.empty());
        last_string_ = value;
        last_string_section_ = section;
        any_string_ = true;
    }
}

void ChunkChecker::add_facts(const Chunk& chunk) {
    const record::FactsView view(chunk.message.bytes());
    STRATA_FUZZ_CHECK(view.size() == chunk.count && chunk.count != 0);
    for (uint64_t i = 1; i < view.size(); ++i) STRATA_FUZZ_CHECK(view[i - 1] < view[i]);
}

void ChunkChecker::add_functions(const Chunk& chunk) {
    const record::FunctionsView view(chunk.message.bytes());
    STRATA_FUZZ_CHECK(view.size() == chunk.count && chunk.count != 0);
    for (uint64_t i = 0; i < view.size(); ++i) (void)view[i];
}

void ChunkChecker::add_code(const Chunk& chunk) {
    STRATA_FUZZ_CHECK(record::CodeView(chunk.message.bytes()).size() == chunk.count && chunk.count != 0);
}

void ChunkChecker::finish(const record::Head& head) const {
    STRATA_FUZZ_CHECK(unplaced_ == 0);
    // ELF and PE have functions but no fingerprints.
    const uint64_t fingerprints = head.column(ColumnKind::kCode).count;
    STRATA_FUZZ_CHECK(fingerprints == 0 || fingerprints == head.column(ColumnKind::kFunctions).count);
    for (const auto kind : record::kColumnKinds) {
        const auto& totals = totals_[static_cast<size_t>(kind)];
        const auto& column = head.column(kind);
        STRATA_FUZZ_CHECK(column.count == totals.count && column.bytes == totals.bytes &&
                          column.chunks.size() == totals.chunks);
    }
    const auto message = record::encode_head(head);
    const auto again = record::decode_head(message.bytes());
    STRATA_FUZZ_CHECK(again.address == head.address && again.section_addresses == head.section_addresses &&
                      again.aliases == head.aliases);
    STRATA_FUZZ_CHECK(again.section_digests == head.section_digests && again.uuid == head.uuid &&
                      again.stabs == head.stabs && again.redacted == head.redacted &&
                      again.unmapped_locals == head.unmapped_locals);
}

}  // namespace strata::fuzz
