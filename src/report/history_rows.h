// Histories of symbols and images as lines: JSON (docs/json.md) or text. Each ends with a line end.
#pragma once

#include <string>
#include <vector>

#include "query/history.h"
#include "query/matrix.h"

namespace strata::report {

std::string symbol_step_json(const query::SymbolStep& step);
std::string symbol_step_text(const query::SymbolStep& step);

/// One object for the whole row: what each firmware has, and what it did.
std::string matrix_row_json(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row);
/// The path, then a line a firmware: content, counts, what happened.
std::string matrix_row_text(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row);

/// The steps of one image as a history: an object, or a line, a firmware.
std::string image_history_json(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row);
std::string image_history_text(const std::vector<record::Firmware>& firmwares, const query::MatrixRow& row);

std::string history_summary_json(const query::HistorySummary& summary);
std::string history_summary_text(const query::HistorySummary& summary);

}  // namespace strata::report
