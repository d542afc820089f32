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

/// What the program header table says of one segment.
struct ElfSegmentPlace {
    uint32_t type = 0;       ///< p_type
    uint64_t offset = 0;     ///< p_offset
    uint64_t file_size = 0;  ///< p_filesz
    uint64_t address = 0;    ///< p_vaddr
    uint64_t size = 0;       ///< p_memsz
};

/// The tables of a file as they came.
struct ElfPlaces {
    std::vector<ElfSectionPlace> sections;
    std::vector<ElfSegmentPlace> segments;  ///< of a file that was moved
    bool moved = false;                     ///< whether what LIEF is shown has other places
};

/// The parts that a worker needs: all but the contents of plain sections, such as code, constants and debug
/// information, which are most of a file, and of which LIEF would keep two copies. What is loaded is only left out
/// behind all that LIEF looks up by address. Throws std::runtime_error when the tables are not in the file. Reads only
/// these, and the dynamic section. Costs 100 bytes a section.
std::vector<FilePart> needed_parts_of_elf(std::span<const uint8_t> file);

/// Changes `file`, which has the whole file or those parts of it, and says what its tables were before, in their order:
/// - relocation sections that are not loaded become plain ones: LIEF 0.9 looks each relocation of an object file up
///   among all others, which is 8 seconds for an object of 4 MB;
/// - sections and segments are where their contents are now; what was left out of them is not in them any more.
/// Throws std::runtime_error when the section table is not in the file, or that of the segments not in what is left of
/// one. Costs 40 bytes a section.
ElfPlaces prepare_elf(FileInParts& file);

}  // namespace strata::foreign
