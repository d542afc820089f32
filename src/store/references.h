// Which columns are referred to, and by whom: what garbage collection, freezing, verification and statistics are made
// of.
#pragma once

#include <cstdint>
#include <vector>

#include "record/column.h"
#include "record/firmware.h"
#include "store/database.h"

namespace strata::store {

/// One column id. 12 bytes.
struct Reference {
    static constexpr uint32_t kNobody = 0;

    uint32_t first_firmware = kNobody;  ///< id of a firmware that refers to it
    uint32_t bytes = 0;                 ///< of the message
    uint8_t kind = 0;                   ///< record::ColumnKind
    bool shared = false;                ///< another firmware refers to it too
    bool thawed_wanted = false;         ///< a firmware that is not frozen refers to it
    bool is_referenced() const { return first_firmware != kNobody; }
};

/// Indexed by column id. 12 bytes an id that was ever handed out: some 300 kB a firmware.
using References = std::vector<Reference>;

/// Reads all heads of all firmwares. Throws Error(kStore) on damage.
References collect_references(Database& database, uint64_t end_of_ids);

/// The first id that was never handed out.
uint64_t end_of_column_ids(Database& database);

}  // namespace strata::store
