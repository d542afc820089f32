#include "macho/image.h"

#include <algorithm>

#include "macho/big_endian.h"
#include "macho/names.h"

namespace strata::macho {
namespace {

using base::ByteView;

/// Where the linkedit tables are said to be; resolved when all segments are known.
struct LinkeditRange {
    uint32_t offset = 0;
    uint64_t size = 0;
    ByteView command;
};

/// Decodes load commands one by one into an Image.
class Reader {
  public:
    Reader(const AddressSpace& space, uint64_t address) : space_(&space), start_(space.rest(address, "mach header")) {
        image_.address = address;
    }
    explicit Reader(ByteView file) : start_(file) {}

    Image read() {
        read_header();
        read_commands();
        if (is_standalone()) find_address();
        resolve_linkedit();
        sort_sections();
        return std::move(image_);
    }

  private:
    bool is_standalone() const { return space_ == nullptr; }

    void read_header() {
        const ByteView rest = start_;
        const auto& header = rest.get<MachHeader>(0, "mach header");
        const uint32_t magic = header.magic;
        if (magic != kMagic32 && magic != kMagic64) {
            const bool swapped = magic == kMagic32Swapped || magic == kMagic64Swapped;
            throw rest.error(0, swapped ? big_endian_message(rest) : "no Mach-O magic: " + base::hex(magic),
                             "feedface or feedfacf, little-endian");
        }
        image_.is_64 = magic == kMagic64;
        image_.cpu_type = header.cputype;
        image_.cpu_subtype = header.cpusubtype;
        image_.file_type = header.filetype;
        image_.flags = header.flags;
        const uint64_t header_size = image_.is_64 ? kHeaderSize64 : kHeaderSize32;
        // A large ncmds over few bytes would make a loop of zero-size commands: bound it by the bytes there are.
        if (header.ncmds > header.sizeofcmds / sizeof(LoadCommand))
            throw rest.error(16, "ncmds of " + std::to_string(header.ncmds) + " does not fit sizeofcmds",
                             "at most " + std::to_string(header.sizeofcmds / sizeof(LoadCommand)));
        image_.header = rest.sub(0, header_size + header.sizeofcmds, "mach header and load commands");
        commands_ = image_.header.from(header_size, "load commands");
        count_ = header.ncmds;
    }

    static std::string big_endian_message(ByteView rest) {
        const uint32_t cpu = rest.get<Be32>(4, "mach header");
        const uint32_t subtype = rest.get<Be32>(8, "mach header");
        return "big-endian Mach-O (" + arch_name(cpu, subtype) + ") is not supported";
    }

    void read_commands() {
        uint64_t at = 0;
        for (uint32_t i = 0; i < count_; ++i) {
            const auto& command = commands_.get<LoadCommand>(at, "load command");
            const uint32_t size = command.cmdsize;
            if (size < sizeof(LoadCommand) || size % 4 != 0 || size > commands_.size() - at)
                throw commands_.error(at + 4, "load command size " + base::hex(size),
                                      "a multiple of 4 from 8 to " + base::hex(commands_.size() - at));
            image_.commands.push_back(command.cmd);
            read_command(command.cmd, commands_.sub(at, size, "load command"));
            at += size;
        }
    }

    void read_command(uint32_t type, ByteView command) {
        switch (type) {
            case kLcSegment:
                return read_segment<SegmentCommand32, Section32>(command);
            case kLcSegment64:
                return read_segment<SegmentCommand64, Section64>(command);
            case kLcSymtab:
                return read_symtab(command);
            case kLcDyldInfo:
            case kLcDyldInfoOnly: {
                const auto& info = command.get<DyldInfoCommand>(0, "LC_DYLD_INFO");
                exports_ = {info.export_off, info.export_size, command};
                rebases_ = {info.rebase_off, info.rebase_size, command};
                binds_ = {info.bind_off, info.bind_size, command};
                weak_binds_ = {info.weak_bind_off, info.weak_bind_size, command};
                lazy_binds_ = {info.lazy_bind_off, info.lazy_bind_size, command};
                return;
            }
            case kLcDyldExportsTrie:
                return read_linkedit_data(command, exports_);
            case kLcDyldChainedFixups:
                return read_linkedit_data(command, fixups_);
            case kLcCodeSignature:
                return read_linkedit_data(command, signature_);
            case kLcFunctionStarts:
                return read_linkedit_data(command, starts_);
            case kLcIdDylib:
                image_.install_name =
                    text_at(command, command.get<DylibCommand>(0, "LC_ID_DYLIB").name_offset, sizeof(DylibCommand));
                return;
            case kLcLoadDylib:
                return read_dependency(command, DependencyKind::kLoad);
            case kLcLoadWeakDylib:
                return read_dependency(command, DependencyKind::kWeak);
            case kLcReexportDylib:
                return read_dependency(command, DependencyKind::kReexport);
            case kLcLoadUpwardDylib:
                return read_dependency(command, DependencyKind::kUpward);
            case kLcLazyLoadDylib:
                return read_dependency(command, DependencyKind::kLazy);
            case kLcUuid: {
                const auto& uuid = command.get<UuidCommand>(0, "LC_UUID");
                image_.uuid.emplace();
                std::copy(std::begin(uuid.uuid), std::end(uuid.uuid), image_.uuid->begin());
                return;
            }
            case kLcSourceVersion:
                image_.source_version = command.get<SourceVersionCommand>(0, "LC_SOURCE_VERSION").version;
                return;
            case kLcBuildVersion: {
                const auto& build = command.get<BuildVersionCommand>(0, "LC_BUILD_VERSION");
                // Zippered images carry two; the first is the primary platform.
                if (!image_.has_build_version) set_versions(build.platform, build.minos, build.sdk);
                return;
            }
            case kLcVersionMinMacos:
                return read_version_min(command, 1);
            case kLcVersionMinIos:
                return read_version_min(command, 2);
            case kLcVersionMinTvos:
                return read_version_min(command, 3);
            case kLcVersionMinWatchos:
                return read_version_min(command, 4);
            case kLcRpath:
            case kLcSubFramework:
            case kLcSubUmbrella:
            case kLcSubClient:
            case kLcSubLibrary:
            case kLcIdDylinker:
            case kLcLoadDylinker:
            case kLcDyldEnvironment: {
                const auto& text = command.get<StringCommand>(0, "load command with a text");
                image_.details.push_back({type, text_at(command, text.text_offset, sizeof(StringCommand))});
                return;
            }
            default:
                return;
        }
    }

    /// The text of a load command: within the command, up to its NUL or the command's end.
    static std::string_view text_at(ByteView command, uint32_t offset, uint64_t minimum) {
        if (offset < minimum || offset >= command.size())
            throw command.error(8, "text offset " + base::hex(offset),
                                "from " + base::hex(minimum) + " to below " + base::hex(command.size()));
        return command.text(offset);
    }

    template <typename SegmentCommand, typename SectionRecord>
    void read_segment(ByteView command) {
        const auto& raw = command.get<SegmentCommand>(0, "segment command");
        Segment segment{base::fixed_name(raw.segname),
                        raw.vmaddr,
                        raw.vmsize,
                        raw.fileoff,
                        raw.filesize,
                        raw.maxprot,
                        raw.initprot,
                        raw.flags};
        if (segment.size > UINT64_MAX - segment.address)
            throw command.error(24, "segment at " + base::hex(segment.address) + " wraps around",
                                "address + size below 2^64");
        const uint64_t room = (command.size() - sizeof(SegmentCommand)) / sizeof(SectionRecord);
        if (raw.nsects > room)
            throw command.error(sizeof(SegmentCommand) - 8, "segment with " + std::to_string(raw.nsects) + " sections",
                                "at most " + std::to_string(room) + " in this command");
        for (uint32_t i = 0; i < raw.nsects; ++i)
            add_section<SectionRecord>(
                command.sub(sizeof(SegmentCommand) + i * sizeof(SectionRecord), sizeof(SectionRecord), "section"),
                segment);
        image_.segments.push_back(segment);
    }

    template <typename SectionRecord>
    void add_section(ByteView record, const Segment& segment) {
        const auto& raw = record.get<SectionRecord>(0, "section");
        Section section{base::fixed_name(raw.segname),
                        base::fixed_name(raw.sectname),
                        raw.addr,
                        raw.size,
                        raw.align,
                        raw.flags,
                        record};
        const bool inside = section.address >= segment.address && section.address - segment.address <= segment.size &&
                            section.size <= segment.size - (section.address - segment.address);
        // Sections that the cache builder emptied (size 0) may point anywhere.
        if (section.size != 0 && !inside)
            throw record.error(32,
                               "section " + std::string(section.segment) + "," + std::string(section.name) + " at " +
                                   base::hex(section.address) + " of " + base::hex(section.size) +
                                   " bytes leaves its segment",
                               "a range inside [" + base::hex(segment.address) + ", " +
                                   base::hex(segment.address + segment.size) + ")");
        if (is_standalone()) place_section(section, raw.offset, segment);
        image_.sections.push_back(section);
    }

    /// dSYMs keep the segments of the binary they belong to, with a file size of 0: such sections have no bytes,
    /// whatever their offset says.
    static void place_section(Section& section, uint64_t offset, const Segment& segment) {
        if (section.size == 0 || section.is_zerofill()) return;
        const uint64_t delta = section.address - segment.address;
        section.stripped = segment.file_size == 0 || (offset == 0 && delta >= segment.file_size);
        if (section.stripped) return;
        section.file_offset = offset != 0 ? offset : segment.file_offset + delta;
    }

    void find_address() {
        const Segment* holder = image_.segment("__TEXT");
        for (const auto& segment : image_.segments)
            if (holder == nullptr && segment.file_offset == 0 && segment.file_size != 0) holder = &segment;
        if (holder == nullptr && !image_.segments.empty()) holder = &image_.segments.front();
        image_.address = holder == nullptr ? 0 : holder->address;
    }

    void read_symtab(ByteView command) {
        const auto& symtab = command.get<SymtabCommand>(0, "LC_SYMTAB");
        nlists_ = {symtab.symoff, symtab.nsyms, command};
        pool_ = {symtab.stroff, symtab.strsize, command};
    }

    static void read_linkedit_data(ByteView command, LinkeditRange& range) {
        const auto& data = command.get<LinkeditDataCommand>(0, "linkedit data command");
        range = {data.dataoff, data.datasize, command};
    }

    void read_dependency(ByteView command, DependencyKind kind) {
        const auto& dylib = command.get<DylibCommand>(0, "dylib command");
        image_.dependencies.push_back({text_at(command, dylib.name_offset, sizeof(DylibCommand)), kind,
                                       dylib.current_version, dylib.compatibility_version});
    }

    void read_version_min(ByteView command, uint32_t platform) {
        const auto& version = command.get<VersionMinCommand>(0, "LC_VERSION_MIN");
        if (!image_.has_build_version) set_versions(platform, version.version, version.sdk);
    }

    void set_versions(uint32_t platform, uint32_t min_os, uint32_t sdk) {
        image_.has_build_version = true;
        image_.platform = platform;
        image_.min_os = min_os;
        image_.sdk = sdk;
    }

    /// Linkedit tables are named by file offset. In a cache that is an offset in the file which holds this image's
    /// __LINKEDIT, so it is turned into an address through that segment; this also survives rewritten file offsets. The
    /// segment's size is not trusted (old builders wrote sizes past the mapping's end); the mapping's end is the bound.
    ByteView linkedit(const LinkeditRange& range, uint64_t size, const char* what) const {
        if (size == 0) return {};
        if (is_standalone()) return in_file(range, size, what);
        const Segment* segment = image_.segment("__LINKEDIT");
        if (segment == nullptr)
            throw range.command.error(8, std::string(what) + " without a __LINKEDIT segment", "one");
        if (range.offset < segment->file_offset)
            throw range.command.error(8, std::string(what) + " at file offset " + base::hex(range.offset),
                                      "at least __LINKEDIT's file offset " + base::hex(segment->file_offset));
        const uint64_t delta = range.offset - segment->file_offset;
        const ByteView mapped = space_->rest(segment->address, "__LINKEDIT");
        if (!mapped.contains(delta, size))
            throw range.command.error(8,
                                      std::string(what) + " of " + base::hex(size) + " bytes at file offset " +
                                          base::hex(range.offset) + " leaves the mapping that holds __LINKEDIT",
                                      "an end at or before " + base::hex(segment->file_offset + mapped.size()));
        return mapped.sub(delta, size, what);
    }

    ByteView in_file(const LinkeditRange& range, uint64_t size, const char* what) const {
        if (size == 0) return {};
        if (!start_.contains(range.offset, size))
            throw range.command.error(8,
                                      std::string(what) + " of " + base::hex(size) + " bytes at offset " +
                                          base::hex(range.offset) + " leaves the file",
                                      "an end at or before " + base::hex(start_.size()));
        return start_.sub(range.offset, size, what);
    }

    void resolve_linkedit() {
        image_.nlists = linkedit(nlists_, nlists_.size * image_.nlist_size(), "symbol table");
        if (!image_.nlists.empty()) image_.string_pool = linkedit(pool_, pool_.size, "string pool");
        image_.exports_trie = linkedit(exports_, exports_.size, "exports trie");
        image_.function_starts = linkedit(starts_, starts_.size, "function starts");
        if (!is_standalone()) return;
        image_.chained_fixups = in_file(fixups_, fixups_.size, "chained fixups");
        image_.rebases = in_file(rebases_, rebases_.size, "rebase opcodes");
        image_.binds = in_file(binds_, binds_.size, "bind opcodes");
        image_.weak_binds = in_file(weak_binds_, weak_binds_.size, "weak bind opcodes");
        image_.lazy_binds = in_file(lazy_binds_, lazy_binds_.size, "lazy bind opcodes");
        image_.code_signature = in_file(signature_, signature_.size, "code signature");
    }

    void sort_sections() {
        for (uint32_t i = 0; i < image_.sections.size(); ++i)
            if (image_.sections[i].size != 0) image_.sections_by_address.push_back(i);
        std::stable_sort(
            image_.sections_by_address.begin(), image_.sections_by_address.end(),
            [&](uint32_t a, uint32_t b) { return image_.sections[a].address < image_.sections[b].address; });
    }

    const AddressSpace* space_ = nullptr;  // null: a standalone file
    ByteView start_;                       // from the header on
    Image image_;
    ByteView commands_;
    uint32_t count_ = 0;
    LinkeditRange nlists_, pool_, exports_, starts_;
    LinkeditRange fixups_, rebases_, binds_, weak_binds_, lazy_binds_, signature_;
};

}  // namespace

const Segment* Image::segment(std::string_view name) const {
    for (const auto& segment : segments)
        if (segment.name == name) return &segment;
    return nullptr;
}

uint32_t Image::section_of(uint64_t wanted, uint32_t hint) const {
    if (hint != 0 && hint <= sections.size()) {
        const auto& section = sections[hint - 1];
        if (wanted >= section.address && wanted - section.address <= section.size) return hint;
    }
    const auto after = std::upper_bound(sections_by_address.begin(), sections_by_address.end(), wanted,
                                        [&](uint64_t a, uint32_t i) { return a < sections[i].address; });
    if (after == sections_by_address.begin()) return 0;
    const uint32_t index = *(after - 1);
    return wanted - sections[index].address < sections[index].size ? index + 1 : 0;
}

uint64_t Image::declared_bytes() const {
    uint64_t total = header.size() + nlists.size() + exports_trie.size() + function_starts.size();
    for (const auto& section : sections)
        if (section.has_bytes()) total += std::min(section.size, UINT64_MAX - total);
    return total;
}

uint64_t claimed_header_bytes(const AddressSpace& space, uint64_t address) {
    try {
        const ByteView rest = space.rest(address, "mach header");
        return std::min(rest.size(), kHeaderSize64 + rest.get<MachHeader>(0, "mach header").sizeofcmds);
    } catch (const base::Error&) {
        return 0;
    }
}

Image read_image(const AddressSpace& space, uint64_t address) {
    return Reader(space, address).read();
}

Image read_file_image(ByteView file) {
    return Reader(file).read();
}

}  // namespace strata::macho
