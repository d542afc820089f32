// What must hold for the records that extraction makes, whatever it was given.
#pragma once

#include <string>

#include "record/column.h"
#include "record/head.h"
#include "record/symbols.h"

namespace strata::fuzz {

/// Decodes every chunk of one image again and checks order, counts and digests across chunks. Aborts on a broken
/// promise.
class ChunkChecker {
  public:
    /// Must outlive the sink's use.
    record::ChunkSink sink();

    /// Checks the head against the chunks that came, and that it survives encoding.
    void finish(const record::Head& head) const;

  private:
    void add(const record::Chunk& chunk);
    void add_symbols(const record::Chunk& chunk);
    void add_places(const record::Chunk& chunk);
    void add_strings(const record::Chunk& chunk);
    void add_facts(const record::Chunk& chunk);
    void add_code(const record::Chunk& chunk);
    void add_functions(const record::Chunk& chunk);

    struct Totals {
        uint64_t count = 0;
        uint64_t bytes = 0;
        uint64_t chunks = 0;
    };
    Totals totals_[record::kColumnKinds.size()];
    uint64_t unplaced_ = 0;  // symbols whose places have not come yet
    bool any_symbol_ = false;
    bool any_string_ = false;
    std::string last_symbol_;
    std::string last_string_;
    std::string last_string_section_;
};

}  // namespace strata::fuzz
