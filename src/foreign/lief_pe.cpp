#include <algorithm>
#include <stdexcept>

#include "foreign/lief_compat.h"
#include "foreign/lief_reader.h"

namespace strata::foreign {
namespace {

using LIEF::PE::Binary;

template <typename Enum>
uint32_t number(Enum value) {
    return static_cast<uint32_t>(value);
}

// Microsoft's PE format: data directories, storage classes.
constexpr uint32_t kExportDirectory = 0;
constexpr uint32_t kExceptionDirectory = 3;
constexpr uint64_t kClassExternal = 2;
constexpr uint64_t kClassStatic = 3;
constexpr uint64_t kClassWeak = 105;
constexpr uint64_t kTypeFunction = 0x20;
constexpr uint64_t kSymbolSize = 18;
constexpr size_t kMaxForward = 4096;

const char* subsystem_name(uint32_t subsystem) {
    switch (subsystem) {
        case 1:
            return "native";
        case 2:
            return "windows-gui";
        case 3:
            return "windows-cui";
        case 7:
            return "posix-cui";
        case 9:
            return "windows-ce-gui";
        case 10:
            return "efi-application";
        case 11:
            return "efi-boot-service-driver";
        case 12:
            return "efi-runtime-driver";
        case 13:
            return "efi-rom";
        case 14:
            return "xbox";
        case 16:
            return "windows-boot-application";
        default:
            return nullptr;
    }
}

struct Range {
    uint64_t at = 0;
    uint64_t size = 0;
    bool holds(uint64_t address) const { return address >= at && address - at < size; }
};

class PeReader {
  public:
    PeReader(const Binary& pe, const std::vector<uint8_t>& file, FactsEncoder& out) : pe_(pe), file_(file), out_(out) {}

    void run() {
        send_header();
        send_sections();
        send_imports();
        send_details();
        send_exports();
        send_symbols();
    }

  private:
    Range directory(uint32_t which) const {
        for (const auto& item : pe_.data_directories()) {
            const auto& entry = compat::ref(item);
            if (number(entry.type()) == which) return {entry.RVA(), entry.size()};
        }
        return {};
    }

    void send_header() {
        const auto& optional = pe_.optional_header();
        Header header;
        header.machine = number(pe_.header().machine()) & 0xffff;
        header.type = number(pe_.header().characteristics()) & 0xffff;
        header.flags = number(optional.dll_characteristics());
        header.system = number(optional.subsystem());
        header.is_64 = number(optional.magic()) == 0x20b;
        header.base = optional.imagebase();
        header.min_os = uint32_t{optional.major_operating_system_version()} << 16 |
                        (optional.minor_operating_system_version() & 0xffU) << 8;
        const std::string guid = compat::pdb_guid(pe_);
        header.build_id = guid;
        std::string name;
        if (pe_.has_exports()) name = compat::ref(pe_.get_export()).name();
        header.install_name = name;
        const Range exceptions = directory(kExceptionDirectory);
        header.exceptions_at = exceptions.at;
        header.exceptions_size = exceptions.size;
        out_.header(Format::kPe, header);
    }

    void send_sections() {
        for (const auto& item : pe_.sections()) {
            const auto& from = compat::ref(item);
            const std::string name = from.name();
            Section section;
            section.name = name;
            section.flags = from.characteristics();
            section.address = from.virtual_address();
            // Of the bytes in the file, what is beyond the size in memory is padding.
            const uint64_t raw = from.sizeof_raw_data();
            const uint64_t size = from.virtual_size() == 0 ? raw : from.virtual_size();
            section.size = size;
            section.file_offset = from.pointerto_raw_data();
            section.file_size = from.pointerto_raw_data() == 0 ? 0 : std::min(raw, size);
            // IMAGE_SCN_ALIGN_*: objects only; images have one alignment for all.
            section.align = pe_.optional_header().section_alignment();
            out_.section(section);
            ranges_.push_back({{section.address, section.file_size}, section.file_offset});
        }
    }

    void send_imports() {
        for (const auto& item : pe_.imports()) out_.library(compat::ref(item).name());
        uint32_t library = 0;
        for (const auto& item : pe_.imports()) {
            for (const auto& entry_item : compat::ref(item).entries()) {
                const auto& entry = compat::ref(entry_item);
                const std::string name = entry.is_ordinal() ? "#" + std::to_string(entry.ordinal()) : entry.name();
                if (name.empty()) continue;
                Symbol symbol;
                symbol.name = name;
                symbol.library = library;
                symbol.binding = Binding::kGlobal;
                symbol.dynamic = true;
                out_.symbol(symbol);
            }
            ++library;
        }
    }

    void send_details() {
        const uint32_t subsystem = number(pe_.optional_header().subsystem());
        const char* name = subsystem_name(subsystem);
        const std::string text = name != nullptr ? name : std::to_string(subsystem);
        out_.detail({DetailKind::kSubsystem, text});
    }

    void send_exports() {
        if (!pe_.has_exports()) return;
        const Range table = directory(kExportDirectory);
        for (const auto& item : compat::ref(pe_.get_export()).entries()) {
            const auto& entry = compat::ref(item);
            if (entry.address() == 0) continue;  // an ordinal that is not used
            const std::string name = entry.name().empty() ? "#" + std::to_string(entry.ordinal()) : entry.name();
            std::string target;
            // An address inside the export table is that of a text: the export is another library's.
            if (table.holds(entry.address())) target = text_at(entry.address());
            Symbol symbol;
            symbol.name = name;
            symbol.target = target;
            symbol.value = entry.address();
            symbol.section = kAnySection;
            symbol.binding = Binding::kGlobal;
            symbol.dynamic = true;
            out_.symbol(symbol);
        }
    }

    std::string text_at(uint64_t address) const {
        for (const auto& [range, offset] : ranges_) {
            if (!range.holds(address)) continue;
            const uint64_t begin = offset + (address - range.at);
            std::string text;
            for (uint64_t at = begin; at < file_.size() && file_[at] != 0 && text.size() < kMaxForward; ++at)
                text += static_cast<char>(file_[at]);
            return text;
        }
        return {};
    }

    uint64_t raw(uint64_t at, unsigned size) const {
        if (at > file_.size() || size > file_.size() - at) throw std::runtime_error("symbol table leaves the file");
        uint64_t value = 0;
        for (unsigned i = 0; i < size; ++i) value |= uint64_t{file_[at + i]} << (8 * i);
        return value;
    }

    /// Up to eight bytes in the entry, or an offset into the string table behind the symbols.
    std::string coff_name(uint64_t entry, uint64_t strings) const {
        const bool is_long = raw(entry, 4) == 0;
        const uint64_t begin = is_long ? strings + raw(entry + 4, 4) : entry;
        const uint64_t end = is_long ? file_.size() : entry + 8;
        std::string name;
        for (uint64_t at = begin; at < end && at < file_.size() && file_[at] != 0 && name.size() <= kMaxText; ++at)
            name += static_cast<char>(file_[at]);
        return name;
    }

    /// The COFF symbol table, which MinGW leaves in place. Not by LIEF: 0.9 has no names of up to eight characters.
    void send_symbols() {
        const uint64_t table = pe_.header().pointerto_symbol_table();
        const uint64_t count = pe_.header().numberof_symbols();
        if (table == 0) return;
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t entry = table + i * kSymbolSize;
            send_symbol(entry, table + count * kSymbolSize);
            i += raw(entry + 17, 1);  // what follows says more about this one
        }
    }

    void send_symbol(uint64_t entry, uint64_t strings) {
        const std::string name = coff_name(entry, strings);
        const uint64_t value = raw(entry + 8, 4);
        const auto section = static_cast<int16_t>(raw(entry + 12, 2));
        const uint64_t type = raw(entry + 14, 2);
        const uint64_t storage = raw(entry + 16, 1);
        const bool named = storage == kClassExternal || storage == kClassWeak || storage == kClassStatic;
        // A static symbol with the name of a section stands for it.
        const bool is_section = storage == kClassStatic && value == 0 && name.starts_with(".");
        if (!named || is_section || name.empty() || section < -1 || section > static_cast<int>(ranges_.size())) {
            out_.left_out();
            return;
        }
        Symbol symbol;
        symbol.name = name;
        symbol.value = value;
        symbol.section = section == -1 ? kAbsoluteSection : static_cast<uint32_t>(section);
        if (section > 0) symbol.value += ranges_[static_cast<size_t>(section) - 1].first.at;
        symbol.binding = storage == kClassStatic ? Binding::kLocal
                         : storage == kClassWeak ? Binding::kWeak
                                                 : Binding::kGlobal;
        if (type == kTypeFunction) symbol.type = SymbolType::kFunction;
        out_.symbol(symbol);
    }

    const Binary& pe_;
    const std::vector<uint8_t>& file_;
    FactsEncoder& out_;
    std::vector<std::pair<Range, uint64_t>> ranges_;  // in memory, and where in the file
};

}  // namespace

void read_pe(const std::vector<uint8_t>& file, FactsEncoder& out) {
    const auto pe = LIEF::PE::Parser::parse(file, "file");
    if (!pe) throw std::runtime_error("is no PE file that LIEF can read");
    PeReader(*pe, file, out).run();
}

void read_with_lief(Format format, FileInParts& file, FactsEncoder& out) {
    if (format == Format::kElf) {
        read_elf(file, out);
    } else {
        read_pe(file.bytes, out);
    }
}

}  // namespace strata::foreign
