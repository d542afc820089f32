// An ELF file before LIEF sees it: without what nothing here needs and LIEF would spend its time and memory on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "foreign/file_parts.h"

namespace strata::foreign {

/// What the section table of the file says of one section, whatever LIEF is shown.
struct ElfSectionPlace {
    uint32_t type = 0;    ///< sh_type
    uint64_t offset = 0;  ///< sh_offset
    uint64_t size = 0;    ///< sh_size
};

/// The parts that a worker needs: all but the contents of plain sections behind everything loaded (debug information:
/// most of some files), of which LIEF would keep two copies. Throws std::runtime_error when the tables are not in the
/// file. Reads only these. Costs 100 bytes a section.
std::vector<FilePart> needed_parts_of_elf(std::span<const uint8_t> file);

/// Changes `file`, which has the whole file or those parts of it, and says what its section table was before, in its
/// order:
/// - relocation sections that are not loaded become plain ones: LIEF 0.9 looks each relocation of an object file up
///   among all others, which is 8 seconds for an object of 4 MB;
/// - sections are where their contents are now; those that were left out are empty.
/// Throws std::runtime_error when the section table is not in the file. Costs 40 bytes a section.
std::vector<ElfSectionPlace> prepare_elf(FileInParts& file);

}  // namespace strata::foreign
