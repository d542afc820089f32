#pragma once
// truth.jsonl: what is in a generated cache, and what a step changed.

#include "layout.h"
#include "plan.h"

#include <fstream>

namespace dscgen {

// One line: the counts a reader must find in this image.
void write_counts(std::ostream& out, const Scale& scale, const Image& image);
// One line: what the step did to this image and all facts that differ.
void write_change(std::ostream& out, const Scale& scale, const Change& change);

// Symbols as a reader lists them: nlist and trie entries once, `<redacted>` ones by their real name when it is known.
u64 symbol_count(const ImageShape& shape);
std::string json_string(const std::string& text);

}  // namespace dscgen
