// An ELF file before LIEF sees it: without what nothing here needs and LIEF would spend its time and memory on.
#pragma once

#include <cstdint>
#include <vector>

namespace strata::foreign {

/// What the section table of the file says of one section, whatever LIEF is shown.
struct ElfSectionPlace {
    uint32_t type = 0;    ///< sh_type
    uint64_t offset = 0;  ///< sh_offset
    uint64_t size = 0;    ///< sh_size
};

/// Changes `file`, and says what its section table was before, in its order:
/// - relocation sections that are not loaded become plain ones: LIEF 0.9 looks each relocation of an object file up
///   among all others, which is 8 seconds for an object of 4 MB;
/// - contents of plain sections behind everything loaded (debug information: most of some files) are cut out, and what
///   follows moves up: LIEF keeps two copies of the file.
/// Throws std::runtime_error when the section table is not in the file. Costs 40 bytes a section.
std::vector<ElfSectionPlace> prepare_elf(std::vector<uint8_t>& file);

}  // namespace strata::foreign
