#include "extract/foreign_facts.h"

#include <algorithm>
#include <bit>
#include <deque>

#include "base/sha256.h"
#include "extract/foreign_image.h"
#include "extract/foreign_meanings.h"
#include "extract/limits.h"
#include "foreign/elf_format.h"
#include "macho/names.h"
#include "macho/other_formats.h"
#include "record/layout.h"

namespace strata::extract {
namespace {

using foreign::DetailKind;
using foreign::Facts;
using foreign::Format;

constexpr size_t kUuidBytes = 16;
constexpr uint32_t kPeDll = 0x2000;  // IMAGE_FILE_DLL

macho::CpuNumbers cpu_of(const Facts& facts) {
    const auto& header = facts.header;
    return facts.format == Format::kElf ? macho::elf_cpu(header.machine, header.is_64, header.big_endian)
                                        : macho::pe_cpu(header.machine);
}

uint32_t file_type_of(const Facts& facts) {
    const uint32_t type = facts.header.type;
    if (facts.format == Format::kElf) return macho::kElfTag | (type & ~macho::kTagMask);
    return (type & kPeDll) != 0 ? macho::kPeLibrary : macho::kPeExecutable;
}

/// The ABI note knows best; most files only have EI_OSABI, and that is mostly 0 ("System V": nothing said).
uint32_t elf_platform(const foreign::Header& header) {
    switch (header.abi_system) {
        case 1:
            return macho::kPlatformLinux;
        case 2:
            return macho::kPlatformHurd;
        case 3:
            return macho::kPlatformSolaris;
        case 4:
            return macho::kPlatformFreeBsd;
        case 5:
            return macho::kPlatformNetBsd;
        default:
            break;
    }
    switch (header.system) {  // ELFOSABI_*
        case 2:
            return macho::kPlatformNetBsd;
        case 3:
            return macho::kPlatformLinux;
        case 6:
            return macho::kPlatformSolaris;
        case 9:
            return macho::kPlatformFreeBsd;
        case 12:
            return macho::kPlatformOpenBsd;
        default:
            return 0;
    }
}

uint32_t pe_platform(uint32_t subsystem) {
    switch (subsystem) {
        case 0:
            return 0;
        case 10:
        case 11:
        case 12:
        case 13:
            return macho::kPlatformUefi;
        case 14:
            return macho::kPlatformXbox;
        default:
            return macho::kPlatformWindows;
    }
}

/// "PT_LOAD"; unknown ones as a number, which `made` keeps.
std::string_view segment_name(uint32_t type, std::deque<std::string>& made) {
    switch (type) {  // PT_* of elf.h
        case 0:
            return "PT_NULL";
        case 1:
            return "PT_LOAD";
        case 2:
            return "PT_DYNAMIC";
        case 3:
            return "PT_INTERP";
        case 4:
            return "PT_NOTE";
        case 6:
            return "PT_PHDR";
        case 7:
            return "PT_TLS";
        case 0x6474e550:
            return "PT_GNU_EH_FRAME";
        case 0x6474e551:
            return "PT_GNU_STACK";
        case 0x6474e552:
            return "PT_GNU_RELRO";
        case 0x6474e553:
            return "PT_GNU_PROPERTY";
        default:
            return made.emplace_back("PT_" + base::hex(type));
    }
}

/// p_flags are execute 1, write 2, read 4; protections read 1, write 2, execute 4.
uint32_t protection_of(uint32_t flags) {
    return (flags & 2) | (flags & 4) >> 2 | (flags & 1) << 2;
}

/// PE: all 32 bits as they are. ELF: the type in the low 8 bits, where Mach-O has its own, the flags above. Types
/// beyond 127 (of processors and systems) keep their low 7 bits below a set one.
uint32_t section_flags(Format format, const foreign::Section& section) {
    if (format == Format::kPe) return static_cast<uint32_t>(section.flags);
    const uint32_t type = section.type < 0x80 ? section.type : 0x80 | (section.type & 0x7f);
    return type | static_cast<uint32_t>(section.flags) << 8;
}

uint32_t command_of(DetailKind kind) {
    switch (kind) {
        case DetailKind::kInterpreter:
            return macho::kElfInterpreter;
        case DetailKind::kRpath:
            return macho::kElfRpath;
        case DetailKind::kRunpath:
            return macho::kElfRunpath;
        case DetailKind::kNeededVersion:
            return macho::kElfNeededVersion;
        case DetailKind::kDefinedVersion:
            return macho::kElfDefinedVersion;
        case DetailKind::kDynamicFlags:
            return macho::kElfDynamicFlags;
        case DetailKind::kDynamicFlags1:
            return macho::kElfDynamicFlags1;
        case DetailKind::kSubsystem:
            return macho::kPeSubsystem;
    }
    return macho::kElfTag;
}

record::Chunk layout_of(const Facts& facts) {
    record::Layout layout;
    std::deque<std::string> made;
    const auto cpu = cpu_of(facts);
    const auto& header = facts.header;
    layout.cpu_type = cpu.type;
    layout.cpu_subtype = cpu.subtype;
    layout.file_type = file_type_of(facts);
    layout.flags = facts.format == Format::kElf ? header.flags : (header.type & 0xffff) | header.flags << 16;
    layout.platform = facts.format == Format::kElf ? elf_platform(header) : pe_platform(header.system);
    layout.install_name = header.install_name;
    for (const auto& segment : facts.segments) {
        const uint32_t protection = protection_of(segment.flags);
        layout.segments.push_back({segment_name(segment.type, made), protection, protection, 0});
    }
    for (const auto& section : facts.sections)
        layout.sections.push_back({"",
                                   section.name,
                                   section.size,
                                   section_flags(facts.format, section),
                                   static_cast<uint32_t>(std::bit_width(std::max<uint64_t>(section.align, 1)) - 1),
                                   {}});
    for (const auto library : facts.libraries) layout.dependencies.push_back({library, 0});
    for (const auto& detail : facts.details) {
        layout.load_commands.push_back(command_of(detail.kind));
        layout.details.push_back({command_of(detail.kind), detail.text});
    }
    return record::encode_layout(layout);
}

void digest_sections(const ForeignImage& image, std::string& digests) {
    base::Sha256 hash;
    for (const auto& section : image.facts.sections) {
        std::string digest(record::kSectionDigestSize, '\0');
        const auto bytes = image.bytes_of(section);
        for (uint64_t at = 0; at < bytes.size(); at += kTouchedStep) {
            const uint64_t step = std::min(kTouchedStep, bytes.size() - at);
            hash.update(bytes.data() + at, step);
            image.touched(step);
        }
        if (!bytes.empty()) digest = hash.finish().view().substr(0, record::kSectionDigestSize);
        digests += digest;
    }
}

record::Head head_of(const ForeignImage& image) {
    record::Head head;
    const auto& header = image.facts.header;
    // Build ids are 20 bytes as a rule, sometimes 8 or 16: the first 16 tell builds apart just as well.
    if (!header.build_id.empty()) {
        head.uuid = header.build_id.substr(0, kUuidBytes);
        head.uuid.resize(kUuidBytes, '\0');
        // Windows writes the first three parts of a GUID as little-endian numbers: in print order it reads as its tools
        // print it.
        if (!image.is_elf())
            for (const auto& [begin, end] : {std::pair(0, 4), std::pair(4, 6), std::pair(6, 8)})
                std::reverse(head.uuid.begin() + begin, head.uuid.begin() + end);
    }
    head.has_build_version = header.min_os != 0;
    head.min_os = header.min_os;
    head.address = image.address();
    for (const auto& segment : image.facts.segments) head.segment_addresses.push_back(segment.address);
    head.section_addresses = image.section_addresses();
    digest_sections(image, head.section_digests);
    head.stabs = static_cast<uint32_t>(std::min<uint64_t>(image.facts.left_out, UINT32_MAX));
    return head;
}

/// Overlapping sections could make a small file work like a large one.
void check_work(const Facts& facts, base::ByteView file) {
    constexpr uint64_t kSlack = 1U << 20;
    uint64_t bytes = 0;
    for (const auto& section : facts.sections) {
        bytes += section.file_size;  // each is at most the file, and there are at most 65,520
        if (bytes > 2 * file.size() + kSlack)
            throw file.error(0, "sections claim more bytes than the file has: they overlap", "sections side by side");
    }
}

}  // namespace

record::Head extract_foreign(const Facts& facts, base::ByteView file, const std::function<void(uint64_t)>& touched,
                             const record::ChunkSink& sink) {
    check_work(facts, file);
    const ForeignImage image(facts, file, touched);
    record::Head head = head_of(image);
    const record::ChunkSink counting = [&](record::Chunk chunk) {
        auto& column = head.column(chunk.kind);
        column.count += chunk.count;
        column.bytes += chunk.message.size();
        column.chunks.push_back({0, chunk.digest, static_cast<uint32_t>(chunk.message.size())});
        sink(std::move(chunk));
    };
    counting(layout_of(facts));
    extract_foreign_symbols(image, counting);
    const auto functions = extract_foreign_functions(image, counting);
    const ForeignMeanings meanings(image);
    extract_foreign_code(image, meanings, functions, counting);
    extract_foreign_data(image, meanings, counting);
    extract_foreign_strings(image, counting);
    return head;
}

record::Head extract_foreign(foreign::WorkerPool& pool, Format format, base::ByteView file,
                             const std::function<void(uint64_t)>& touched, const record::ChunkSink& sink) {
    const auto facts = pool.read(format, file, touched);
    return extract_foreign(*facts, file, touched, sink);
}

std::string foreign_arch(Format format, base::ByteView file) {
    constexpr uint64_t kElfHeader = 20;
    if (format == Format::kElf) {
        if (!file.contains(0, kElfHeader)) return {};
        const bool big = file.u8(5, "byte order") == 2;
        const auto machine = file.u16(18, "machine");
        const auto cpu = macho::elf_cpu(big ? static_cast<uint16_t>(machine << 8 | machine >> 8) : machine,
                                        file.u8(4, "class") == 2, big);
        return macho::arch_name(cpu.type, cpu.subtype);
    }
    constexpr uint64_t kPeOffset = 0x3c;
    if (!file.contains(kPeOffset, 4)) return {};
    const uint64_t at = file.u32(kPeOffset, "e_lfanew");
    if (!file.contains(at, 6)) return {};
    const auto cpu = macho::pe_cpu(file.u16(at + 4, "machine"));
    return macho::arch_name(cpu.type, cpu.subtype);
}

}  // namespace strata::extract
