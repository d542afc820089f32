#include "reading.h"

#include "base/error.h"
#include "chunk_checks.h"
#include "extract/open_source.h"

namespace strata::hostile {

namespace {

bool names_others(record::ColumnKind kind) {
    using record::ColumnKind;
    return kind == ColumnKind::kCode || kind == ColumnKind::kData || kind == ColumnKind::kObjc ||
           kind == ColumnKind::kSwift;
}

}  // namespace

ReadOutcome read_all(const std::filesystem::path& path, Check check) {
    ReadOutcome outcome;
    try {
        const auto opened = extract::open_source(path);
        const extract::Source& source = *opened;
        outcome.images = source.image_count();
        outcome.warnings = source.info().warnings;
        for (uint64_t i = 0; i < source.image_count(); ++i) {
            fuzz::ChunkChecker checker;
            try {
                const auto ignore = [](const record::Chunk&) {};
                const auto head = source.extract(i, check == Check::kRecords ? checker.sink() : ignore);
                if (check == Check::kRecords) checker.finish(head);
                auto& facts = outcome.facts[source.image_key(i)];
                auto& relations = outcome.relations[source.image_key(i)];
                for (const auto kind : record::kColumnKinds)
                    for (const auto& chunk : head.column(kind).chunks)
                        (names_others(kind) ? relations : facts) += chunk.digest.view();
                facts += head.section_digests;
            } catch (const base::Error& error) {
                outcome.failures.emplace_back(error.what());
            }
        }
    } catch (const base::Error& error) {
        outcome.refusal = error.what();
    }
    return outcome;
}

}  // namespace strata::hostile
