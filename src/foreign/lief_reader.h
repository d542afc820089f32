// ELF and PE files through LIEF. Only lief_*.cpp include LIEF's headers; only a worker process calls these.
#pragma once

#include <cstdint>
#include <vector>

#include "foreign/file_parts.h"
#include "foreign/wire.h"

namespace strata::foreign {

/// Parses `file` and sends all its facts but the end. Throws whatever LIEF throws, and std::exception of its own.
/// `file` may be changed: what LIEF would waste its time with is blotted out.
void read_with_lief(Format format, FileInParts& file, FactsEncoder& out);

void read_elf(FileInParts& file, FactsEncoder& out);
void read_pe(const std::vector<uint8_t>& file, FactsEncoder& out);

}  // namespace strata::foreign
