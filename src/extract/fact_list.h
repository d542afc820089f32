// Facts of one column being collected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "macho/metadata_reader.h"
#include "record/facts.h"

namespace strata::extract {

/// Collects facts up to a bound: a name may be a megabyte long, and a hostile class may have it on a million methods.
class FactList {
  public:
    /// Throws macho::MetadataLimit when the facts add up to more than any real image has.
    void add(std::string_view owner, std::string name, std::string_view value) {
        bytes_ += owner.size() + name.size() + value.size() + kPerFact;
        if (bytes_ > kMaxBytes) throw macho::MetadataLimit{"text in its metadata"};
        facts_.push_back({std::string(owner), std::move(name), std::string(value)});
    }

    /// The fact that says what is not here, if something is not; then encodes. No bound applies to it.
    void finish(record::ColumnKind kind, const macho::MetadataSummary& summary, const record::ChunkSink& sink) {
        if (summary.unreadable != 0) facts_.push_back({record::column_name(kind), "unreadable", summary.text()});
        record::encode_facts(kind, facts_, sink);
    }

  private:
    static constexpr uint64_t kMaxBytes = 64U << 20;
    static constexpr uint64_t kPerFact = 128;

    std::vector<record::FactRecord> facts_;
    uint64_t bytes_ = 0;
};

}  // namespace strata::extract
