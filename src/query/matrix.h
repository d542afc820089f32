// Images over firmwares: which content each build has, and where it changed, went back, or was gone.
//
// Columns are content-addressed: equal digests prove equal content, so nothing but heads is read, for any number of
// firmwares.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "query/pattern.h"
#include "record/column.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// The kinds whose digests make an image's content: all but places (they follow from layout and code sizes) and
/// signature (it differs on every build).
bool is_content(record::ColumnKind kind);

/// One image in one firmware.
struct Cell {
    bool present = false;
    bool failed = false;
    std::string uuid;  ///< 16 bytes or empty
    std::optional<uint64_t> source_version;
    std::array<uint64_t, record::kColumnKinds.size()> counts{};
    /// Which content of each kind this is, numbered from 1 by first appearance in the row; 0: none, or not content.
    std::array<uint32_t, record::kColumnKinds.size()> kinds{};
    /// Which content as a whole, likewise.
    uint32_t content = 0;
};

enum class Step : uint8_t { kAbsent, kFirst, kSame, kChanged, kReverted, kGone, kBack };
/// "absent", "first", ...
const char* step_name(Step step);

/// What a build did to the image, against the build before it that had it.
struct CellStep {
    Step step = Step::kAbsent;
    std::vector<record::ColumnKind> changed;  ///< kChanged, kReverted, kBack: kinds of other content than before
    std::optional<size_t> reverted_to;        ///< kReverted: index of the firmware that had this content first
};

struct MatrixRow {
    std::string path;
    std::vector<Cell> cells;      ///< one a firmware
    std::vector<CellStep> steps;  ///< the same
};
using OnRow = std::function<void(const MatrixRow&)>;

/// Calls `on_row` for each image path that any of the firmwares has and that matches, by path. `one_line`: firmwares of
/// different platforms or architectures are one line of versions; else a new line begins where these change. Memory:
/// one row, and one cursor a firmware. Throws Error(kStore) on damage.
void matrix(store::Reader& reader, const std::vector<record::Firmware>& firmwares, bool one_line,
            const Pattern& pattern, const OnRow& on_row);

}  // namespace strata::query
