#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <stdexcept>

#include "foreign/elf_format.h"
#include "foreign/elf_prepare.h"
#include "foreign/lief_compat.h"
#include "foreign/lief_reader.h"

namespace strata::foreign {
namespace {

using LIEF::ELF::Binary;

/// The number behind an enumeration value, which LIEF takes from the file unchecked.
template <typename Enum>
uint32_t number(Enum value) {
    return static_cast<uint32_t>(value);
}

std::string flag_names(uint64_t flags, std::span<const std::pair<uint64_t, const char*>> names) {
    std::string text;
    for (const auto& [bit, name] : names) {
        if ((flags & bit) == 0) continue;
        text += std::string(text.empty() ? "" : " ") + name;
        flags &= ~bit;
    }
    if (flags != 0) text += std::string(text.empty() ? "" : " ") + base::hex(flags);
    return text;
}

// DF_* and DF_1_* of elf.h.
constexpr std::array<std::pair<uint64_t, const char*>, 5> kDynamicFlags{
    {{1, "ORIGIN"}, {2, "SYMBOLIC"}, {4, "TEXTREL"}, {8, "BIND_NOW"}, {16, "STATIC_TLS"}}};
constexpr std::array<std::pair<uint64_t, const char*>, 10> kDynamicFlags1{{{0x1, "NOW"},
                                                                           {0x2, "GLOBAL"},
                                                                           {0x8, "NODELETE"},
                                                                           {0x20, "INITFIRST"},
                                                                           {0x40, "NOOPEN"},
                                                                           {0x80, "ORIGIN"},
                                                                           {0x400, "INTERPOSE"},
                                                                           {0x800, "NODEFLIB"},
                                                                           {0x8000, "NODUMP"},
                                                                           {0x08000000, "PIE"}}};

class ElfReader {
  public:
    ElfReader(const Binary& elf, ElfPlaces places, FactsEncoder& out)
        : elf_(elf), places_(std::move(places)), out_(out) {}

    void run() {
        collect_libraries();
        collect_versions();
        send_header();
        send_segments();
        send_sections();
        for (const auto& library : libraries_) out_.library(library);
        send_details();
        for (const auto& symbol : elf_.dynamic_symbols()) send_symbol(compat::ref(symbol), true);
        for (const auto& symbol : compat::symtab(elf_)) send_symbol(compat::ref(symbol), false);
    }

  private:
    struct Version {
        std::string name;
        std::string library;
    };

    void collect_libraries() {
        for (const auto& entry : elf_.dynamic_entries()) {
            if (const auto* needed = dynamic_cast<const LIEF::ELF::DynamicEntryLibrary*>(&compat::ref(entry)))
                libraries_.push_back(needed->name());
            if (const auto* own = dynamic_cast<const LIEF::ELF::DynamicSharedObject*>(&compat::ref(entry)))
                install_name_ = own->name();
        }
    }

    /// What the indices of .gnu.version mean.
    void collect_versions() {
        for (const auto& need : elf_.symbols_version_requirement())
            for (const auto& version : need.auxiliary_symbols())
                versions_[version.other() & kVersionMask] = {version.name(), need.name()};
        for (const auto& definition : elf_.symbols_version_definition())
            for (const auto& name : definition.symbols_aux()) {
                versions_[definition.ndx() & kVersionMask] = {name.name(), ""};
                break;  // the others are its parents
            }
    }

    void send_header() {
        const auto& from = elf_.header();
        Header header;
        header.machine = number(from.machine_type());
        header.type = number(from.file_type());
        header.flags = from.processor_flag();
        header.system = number(from.identity_os_abi());
        header.is_64 = number(from.identity_class()) == 2;
        header.big_endian = number(from.identity_data()) == 2;
        std::string build_id;
        for (const auto& item : elf_.notes()) {
            const auto& note = compat::ref(item);
            std::string name = note.name();
            name = name.substr(0, name.find('\0'));
            const std::string bytes = compat::note_bytes(note);
            if (name == "GNU" && compat::note_type(note) == kNoteBuildId && build_id.empty()) build_id = bytes;
            if (name == "GNU" && compat::note_type(note) == kNoteAbiTag) read_abi(bytes, header);
        }
        header.build_id = std::string_view(build_id).substr(0, 64);
        header.install_name = install_name_;
        out_.header(Format::kElf, header);
    }

    /// Four words: system, and three parts of its version.
    static void read_abi(const std::string& bytes, Header& header) {
        if (bytes.size() < 16) return;
        const auto word = [&](size_t i) {
            uint32_t value = 0;
            for (size_t b = 0; b < 4; ++b) value |= uint32_t{static_cast<uint8_t>(bytes[i * 4 + b])} << (8 * b);
            return header.big_endian ? __builtin_bswap32(value) : value;
        };
        header.abi_system = std::min(word(0), 0xffU) + 1;
        header.min_os = (word(1) & 0xffff) << 16 | (word(2) & 0xff) << 8 | (word(3) & 0xff);
    }

    void send_segments() {
        size_t index = 0;
        const auto segments = elf_.segments();
        if (places_.moved && segments.size() != places_.segments.size())
            throw std::runtime_error("program headers that cannot be read");
        for (const auto& item : segments) {
            const auto& from = compat::ref(item);
            uint64_t offset = from.file_offset();
            uint64_t file_size = from.physical_size();
            if (places_.moved) {
                offset = places_.segments[index].offset;
                file_size = places_.segments[index++].file_size;
            }
            out_.segment({number(from.type()), number(from.flags()), from.virtual_address(), from.virtual_size(),
                          offset, file_size});
        }
    }

    void send_sections() {
        size_t index = 0;
        const auto sections = elf_.sections();
        if (sections.size() != places_.sections.size() && sections.size() != 0)
            throw std::runtime_error("section headers that cannot be read");
        for (const auto& item : sections) {
            const auto& from = compat::ref(item);
            const ElfSectionPlace& place = places_.sections[index++];
            const uint32_t type = place.type;
            if (index == 1 && type == kShtNull) continue;
            const std::string name = from.name();
            Section section;
            section.name = name;
            section.type = type;
            section.flags = static_cast<uint64_t>(from.flags());
            section.address = from.virtual_address();
            section.size = place.size;
            section.file_offset = place.offset;
            section.file_size = type == kShtNobits || type == kShtNull ? 0 : place.size;
            section.align = from.alignment();
            section.entry_size = from.entry_size();
            out_.section(section);
        }
    }

    void send_details() {
        const auto detail = [&](DetailKind kind, const std::string& text) { out_.detail({kind, text}); };
        if (elf_.has_interpreter()) detail(DetailKind::kInterpreter, elf_.interpreter());
        for (const auto& item : elf_.dynamic_entries()) {
            const auto& entry = compat::ref(item);
            if (const auto* rpath = dynamic_cast<const LIEF::ELF::DynamicEntryRpath*>(&entry))
                detail(DetailKind::kRpath, rpath->rpath());
            if (const auto* runpath = dynamic_cast<const LIEF::ELF::DynamicEntryRunPath*>(&entry))
                detail(DetailKind::kRunpath, runpath->runpath());
            if (number(entry.tag()) == kDtFlags)
                detail(DetailKind::kDynamicFlags, flag_names(entry.value(), kDynamicFlags));
            if (number(entry.tag()) == kDtFlags1)
                detail(DetailKind::kDynamicFlags1, flag_names(entry.value(), kDynamicFlags1));
        }
        for (const auto& need : elf_.symbols_version_requirement())
            for (const auto& version : need.auxiliary_symbols())
                detail(DetailKind::kNeededVersion, need.name() + " " + version.name());
        for (const auto& definition : elf_.symbols_version_definition())
            for (const auto& name : definition.symbols_aux()) {
                detail(DetailKind::kDefinedVersion, name.name());
                break;
            }
    }

    void send_symbol(const LIEF::ELF::Symbol& from, bool dynamic) {
        const std::string name = from.name();
        const uint32_t type = number(from.type());
        if (name.empty() || type == kSttSection || type == kSttFile || is_marker(name)) {
            if (!name.empty() || from.value() != 0 || type != 0) out_.left_out();
            return;
        }
        Symbol symbol;
        symbol.name = name;
        symbol.value = from.value();
        symbol.size = from.size();
        symbol.section = section_of(from.section_idx());
        symbol.binding = number(from.binding()) == 0   ? Binding::kLocal
                         : number(from.binding()) == 2 ? Binding::kWeak
                                                       : Binding::kGlobal;
        symbol.type = type == kSttFunc || type == kSttIfunc      ? SymbolType::kFunction
                      : type == kSttObject || type == kSttCommon ? SymbolType::kObject
                      : type == kSttTls                          ? SymbolType::kThreadLocal
                                                                 : SymbolType::kOther;
        symbol.dynamic = dynamic;
        std::string version;
        if (dynamic) {
            version = add_version(from, symbol);
        } else {
            version = cut_version(symbol);
        }
        symbol.version = version;
        out_.symbol(symbol);
    }

    /// "$x", "$d.1": where code and data of ARM and RISC-V begin. Thousands of them, and no names.
    static bool is_marker(const std::string& name) {
        return name.size() >= 2 && name[0] == '$' && std::string_view("adtx").find(name[1]) != std::string_view::npos &&
               (name.size() == 2 || name[2] == '.');
    }

    /// LIEF keeps ELF's empty first section, the wire does not: its indices are 1-based as they are.
    uint32_t section_of(uint16_t index) const {
        if (index == 0) return kNoSection;
        if (index == 0xfff1) return kAbsoluteSection;
        if (index == 0xfff2) return kCommonSection;
        if (index >= 0xff00 || index >= places_.sections.size()) return kAnySection;
        return index;
    }

    std::string add_version(const LIEF::ELF::Symbol& from, Symbol& symbol) {
        if (!from.has_version()) return {};
        const uint16_t index = compat::ref(from.symbol_version()).value();
        const auto found = versions_.find(index & kVersionMask);
        if ((index & kVersionMask) < 2 || found == versions_.end()) return {};
        symbol.hidden_version = (index & ~kVersionMask) != 0;
        const auto library = std::find(libraries_.begin(), libraries_.end(), found->second.library);
        if (symbol.section == kNoSection && library != libraries_.end())
            symbol.library = static_cast<uint32_t>(library - libraries_.begin());
        return found->second.name;
    }

    /// Linkers write "name@VERSION" or "name@@VERSION" into .symtab. The version of a variable that was copied from a
    /// library is the library's: this file does not define an old version of it.
    std::string cut_version(Symbol& symbol) const {
        const size_t at = symbol.name.find('@');
        if (at == 0 || at == std::string_view::npos) return {};
        const bool is_default = symbol.name.substr(at).starts_with("@@");
        const std::string version(symbol.name.substr(at + (is_default ? 2 : 1)));
        if (version.empty() || version.find('@') != std::string::npos) return {};
        symbol.name = symbol.name.substr(0, at);
        symbol.hidden_version = !is_default && std::any_of(versions_.begin(), versions_.end(), [&](const auto& known) {
            return known.second.library.empty() && known.second.name == version;
        });
        return version;
    }

    static constexpr uint16_t kVersionMask = 0x7fff;

    const Binary& elf_;
    const ElfPlaces places_;  // of the file as it came
    FactsEncoder& out_;
    std::vector<std::string> libraries_;
    std::string install_name_;
    std::map<uint16_t, Version> versions_;
};

}  // namespace

void read_elf(FileInParts& file, FactsEncoder& out) {
    auto places = prepare_elf(file);
    const auto elf = LIEF::ELF::Parser::parse(file.bytes, "file");
    if (!elf) throw std::runtime_error("is no ELF file that LIEF can read");
    ElfReader(*elf, std::move(places), out).run();
}

}  // namespace strata::foreign
