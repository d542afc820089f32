// What is known of an ELF or PE file once a parser has read it: plain values, the same for both formats where they mean
// the same. Bulk that lies in the file as it is (section bytes, strings) is not here: whoever holds the facts holds the
// file, and reads it through the ranges given.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace strata::foreign {

enum class Format : uint8_t { kElf = 1, kPe = 2 };
/// "ELF", "PE".
std::string_view format_name(Format format);

/// Facts of the headers. Numbers are the format's own.
struct Header {
    uint32_t machine = 0;     ///< e_machine, or IMAGE_FILE_MACHINE_*
    uint32_t type = 0;        ///< e_type, or Characteristics
    uint32_t flags = 0;       ///< e_flags, or DllCharacteristics
    uint32_t system = 0;      ///< EI_OSABI, or Subsystem
    bool is_64 = false;       ///< ELFCLASS64, or PE32+
    bool big_endian = false;  ///< ELF only
    uint64_t base = 0;        ///< PE: ImageBase. ELF: 0, its addresses are whole
    uint32_t min_os = 0;  ///< oldest system it runs on as xxxx.yy.zz nibbles (ABI note; OS version of PE); 0 = not said
    uint32_t abi_system = 0;        ///< ELF: 1 + the ABI note's system (0 Linux, ...); 0 = no such note
    std::string_view build_id;      ///< bytes of NT_GNU_BUILD_ID, or the 16 of the PDB's GUID
    std::string_view install_name;  ///< DT_SONAME, or the export directory's name
    uint64_t exceptions_at = 0;     ///< PE: where the exception directory (.pdata) is, from the base
    uint64_t exceptions_size = 0;   ///< bytes
};

struct Segment {
    uint32_t type = 0;   ///< p_type
    uint32_t flags = 0;  ///< p_flags: 1 execute, 2 write, 4 read
    uint64_t address = 0;
    uint64_t size = 0;  ///< in memory
    uint64_t file_offset = 0;
    uint64_t file_size = 0;
};

struct Section {
    std::string_view name;
    uint32_t type = 0;   ///< sh_type; PE: 0
    uint64_t flags = 0;  ///< sh_flags, or Characteristics
    uint64_t address = 0;
    uint64_t size = 0;         ///< in memory
    uint64_t file_offset = 0;  ///< of its bytes; [file_offset, file_offset + file_size) lies in the file
    uint64_t file_size = 0;    ///< 0 = it has none
    uint64_t align = 0;        ///< bytes
    uint64_t entry_size = 0;   ///< sh_entsize
};

/// Something said in one line that is worth comparing.
enum class DetailKind : uint8_t {
    kInterpreter = 1,
    kRpath,
    kRunpath,
    kNeededVersion,   ///< "libc.so.6 GLIBC_2.34"
    kDefinedVersion,  ///< "GLIBC_2.34"
    kDynamicFlags,    ///< "BIND_NOW"
    kDynamicFlags1,   ///< "NOW PIE"
    kSubsystem,       ///< PE: "windows-cui"
    kLast = kSubsystem,
};
struct Detail {
    DetailKind kind = DetailKind::kInterpreter;
    std::string_view text;
};

enum class Binding : uint8_t { kLocal, kGlobal, kWeak, kLast = kWeak };
enum class SymbolType : uint8_t { kOther, kFunction, kObject, kThreadLocal, kLast = kThreadLocal };

// Where a symbol is, besides the 1-based sections.
inline constexpr uint32_t kNoSection = 0;  ///< undefined: an import
inline constexpr uint32_t kAbsoluteSection = 0xffff'fff1;
inline constexpr uint32_t kCommonSection = 0xffff'fff2;
inline constexpr uint32_t kAnySection = 0xffff'fff3;  ///< `value` is an address; which section is there decides
inline constexpr uint32_t kNoLibrary = 0xffff'ffff;

/// One symbol. 80 bytes.
struct Symbol {
    std::string_view name;
    std::string_view version;       ///< "GLIBC_2.34"; empty = none
    std::string_view target;        ///< PE: "OTHER.Name" an export is forwarded to
    uint64_t value = 0;             ///< address; ELF objects: offset in its section; PE: from the base
    uint64_t size = 0;              ///< bytes; 0 = not said
    uint32_t section = 0;           ///< 1-based, or one of the constants above
    uint32_t library = kNoLibrary;  ///< index into Facts::libraries
    Binding binding = Binding::kLocal;
    SymbolType type = SymbolType::kOther;
    bool dynamic = false;         ///< the loader sees it (.dynsym; imports and exports of PE)
    bool hidden_version = false;  ///< reachable only by naming its version
};

/// All facts of one file. Texts view `texts`, so it stays where it is.
struct Facts {
    Facts() = default;
    Facts(const Facts&) = delete;
    Facts& operator=(const Facts&) = delete;

    Format format = Format::kElf;
    Header header;
    std::vector<Segment> segments;
    std::vector<Section> sections;            ///< in the order of the file's table, without ELF's empty first entry
    std::vector<std::string_view> libraries;  ///< DT_NEEDED, or the DLLs imported from, in order
    std::vector<Detail> details;
    std::vector<Symbol> symbols;
    uint64_t left_out = 0;  ///< symbols that name files, sections and code/data markers: counted, not sent
    std::pmr::monotonic_buffer_resource texts;
};

}  // namespace strata::foreign
