#include "extract/file_pointers.h"

#include <algorithm>

#include "code/fingerprint.h"
#include "extract/limits.h"
#include "macho/format.h"
#include "macho/symbols.h"

namespace strata::extract {
namespace {

using macho::ChainedFixups;
using macho::RelocationInfo;

constexpr size_t kMaxRebases = 2U << 20;
constexpr size_t kMaxFixed = 1U << 20;
constexpr size_t kMaxThreadedImports = 1U << 16;  // chains count them in 16 bits
constexpr uint64_t kBindSeed = 0x62696e64;
constexpr uint64_t kOtherTag = 0x6f74686572;
constexpr uint64_t kWalkSlack = 64U << 20;
constexpr uint64_t kLargestPage = 0x8000;  // of chained fixups
constexpr uint8_t kPointerType = 1;        // REBASE_TYPE_POINTER, BIND_TYPE_POINTER
constexpr uint32_t kDyldInfo = 0x22;       // LC_DYLD_INFO; LC_DYLD_INFO_ONLY with the bit below
constexpr uint32_t kRequiredCommand = 0x80000000;

uint64_t library_hash(std::string_view library) {
    return code::hash_text(library, kBindSeed);
}

/// Never 0. The hash of the library is the seed of that of the name, so the two are told apart.
uint64_t bind_tag(uint64_t library, std::string_view name, int64_t addend) {
    const uint64_t words[] = {code::hash_text(name, library), static_cast<uint64_t>(addend)};
    return code::hash_bytes(words, sizeof words) | 1;
}

}  // namespace

bool FilePointers::are_told(const macho::SegmentSpace& space, const macho::Image& image) {
    if (image.is_object() || space.fixups()) return true;
    return std::any_of(image.commands.begin(), image.commands.end(),
                       [](uint32_t command) { return (command & ~kRequiredCommand) == kDyldInfo; });
}

FilePointers::FilePointers(base::ByteView file, const macho::SegmentSpace& space, const macho::Image& image)
    : space_(space), image_(image), walkable_(4 * file.size() + kWalkSlack) {
    // Once each: a name is as long as its command, and may be bound to a million times.
    for (const auto& dependency : image.dependencies) libraries_.push_back(library_hash(dependency.name));
    if (image.is_object()) {
        read_relocations(file);
    } else if (space.fixups()) {
        import_tags_.resize(space.fixups()->import_count());
    } else {
        read_rebases();
        // A weak definition that was found elsewhere replaces the image's own, so it comes first.
        read_binds(image.weak_binds, macho::BindKind::kWeak);
        if (space.is_threaded())
            read_threaded();
        else
            read_binds(image.binds, macho::BindKind::kBind);
    }
    std::stable_sort(fixed_.begin(), fixed_.end(),
                     [](const Fixed& a, const Fixed& b) { return a.address < b.address; });
    std::sort(rebases_.begin(), rebases_.end());
    rebases_.erase(std::unique(rebases_.begin(), rebases_.end()), rebases_.end());
}

void FilePointers::read_rebases() {
    macho::walk_rebases(image_, image_.rebases, [&](const macho::Rebase& rebase) {
        if (rebase.type != kPointerType) return;
        if (rebase.count > kMaxRebases - rebases_.size()) fail_of_rebases(image_.rebases);
        const uint64_t first = image_.segments[rebase.segment].address + rebase.offset;
        for (uint64_t i = 0; i < rebase.count; ++i) rebases_.push_back(first + i * rebase.stride);
    });
}

void FilePointers::fail_of_rebases(base::ByteView program) {
    throw program.error(0, "more than " + std::to_string(kMaxRebases) + " rebases", "fewer in one image");
}

void FilePointers::read_binds(base::ByteView program, macho::BindKind kind) {
    const char* name = nullptr;  // a program names a symbol once for many places
    int32_t ordinal = 0;
    int64_t addend = 0;
    uint64_t tag = 0;
    macho::walk_binds(image_, program, kind, [&](const macho::Bind& bind) {
        if (bind.type != kPointerType) return;
        const auto& import = bind.import;
        if (name != import.name.data() || ordinal != import.ordinal || addend != import.addend)
            tag = bind_tag(library(import.ordinal), counted(import.name), import.addend);
        name = import.name.data();
        ordinal = import.ordinal;
        addend = import.addend;
        const uint64_t first = image_.segments[bind.segment].address + bind.offset;
        for (uint64_t i = 0; i < bind.count; ++i) add({first + i * bind.stride, 0, tag});
    });
}

/// Chains in the data; the program tells the imports that they count, and where they begin.
void FilePointers::read_threaded() {
    std::vector<uint64_t> tags;
    const auto add_import = [&](const macho::Bind& bind) {
        if (bind.threaded && tags.size() < kMaxThreadedImports)
            tags.push_back(bind_tag(library(bind.import.ordinal), counted(bind.import.name), bind.import.addend));
    };
    macho::walk_threaded(space_, image_, image_.binds, add_import,
                         [&](uint64_t address, const ChainedFixups::Pointer& pointer) {
                             if (pointer.bind) {
                                 const auto [target, tag] = meaning_of(pointer, tags.at(pointer.import));
                                 return add({address, target, tag});
                             }
                             if (rebases_.size() == kMaxRebases) fail_of_rebases(image_.binds);
                             rebases_.push_back(address);
                         });
}

/// Target and tag; `import`: the tag of what it is bound to.
std::pair<uint64_t, uint64_t> FilePointers::meaning_of(const ChainedFixups::Pointer& pointer, uint64_t import) {
    const uint64_t signing = pointer.authenticated ? uint64_t{pointer.signing} << 1 | 1 : 0;
    if (!pointer.bind) return {pointer.target, uint64_t{pointer.high} << 32 | signing};
    const uint64_t words[] = {import, static_cast<uint64_t>(pointer.addend), signing};
    return {0, code::hash_bytes(words, sizeof words)};
}

void FilePointers::add(const Fixed& fixed) {
    if (fixed_.size() == kMaxFixed)
        throw image_.header.error(0, "more than " + std::to_string(kMaxFixed) + " bound or relocated pointers",
                                  "fewer in one image");
    fixed_.push_back(fixed);
}

uint64_t FilePointers::library(int32_t ordinal) const {
    if (ordinal > 0 && static_cast<size_t>(ordinal) <= libraries_.size())
        return libraries_[static_cast<size_t>(ordinal) - 1];
    return library_hash(ordinal == macho::kOrdinalWeak ? "@weak" : ordinal == macho::kOrdinalFlat ? "@flat" : "@self");
}

std::string_view FilePointers::counted(std::string_view name) {
    name_bytes_ += name.size();
    if (name_bytes_ > kMaxNameBytes)
        throw image_.header.error(
            0, "names of bound symbols add up to more than " + base::hex(kMaxNameBytes) + " bytes", "fewer");
    return name;
}

void FilePointers::read_relocations(base::ByteView file) {
    for (const auto& section : image_.sections)
        if (section.has_bytes() && !section.holds_code()) read_relocations_of(file, section);
}

/// Of object files: a pointer to a symbol is that symbol's, or a place in a section of this file. Everything else
/// (differences of two symbols, parts of addresses) is what the linker makes of it: it stands for nothing.
void FilePointers::read_relocations_of(base::ByteView file, const macho::Section& section) {
    const macho::SymbolTable symbols(image_.nlists, image_.string_pool, image_.is_64);
    const uint64_t width = image_.pointer_size();
    // reloff and nreloc are 16 bytes before the end of the 64-bit section record, 12 before that of the 32-bit one.
    const uint64_t field = image_.is_64 ? 56 : 48;
    const uint64_t size = uint64_t{section.command.u32(field + 4, "number of relocations")} * sizeof(RelocationInfo);
    if (size == 0) return;
    relocation_bytes_ += size;
    if (relocation_bytes_ > file.size())
        throw section.command.error(field + 4, "relocations of all sections add up to more bytes than the file has",
                                    "tables of their own");
    const auto table = file.sub(section.command.u32(field, "relocations offset"), size, "relocations");
    uint32_t previous = macho::kRelocationScattered;
    for (uint64_t at = 0; at < size; at += sizeof(RelocationInfo)) {
        const auto& relocation = table.get<RelocationInfo>(at, "relocation");
        const uint32_t info = relocation.info;
        const uint32_t symbol = info & 0xffffff;
        const bool is_scattered = (relocation.address & macho::kRelocationScattered) != 0;
        const bool is_plain = !is_scattered && info >> 28 == 0 && (info >> 24 & 1) == 0;  // type and relative to here
        const bool is_pointer = is_plain && previous != relocation.address &&
                                uint64_t{1} << (info >> 25 & 3) == width && relocation.address + width <= section.size;
        previous = relocation.address;
        const uint64_t address = section.address + (relocation.address & (is_scattered ? 0xffffff : UINT32_MAX));
        if (!is_pointer) {
            add({address, 0, kOtherTag});
        } else if ((info >> 27 & 1) == 0) {
            add({address, word_at(address), 0});
        } else {
            const auto name = symbol < symbols.size() ? counted(symbols[symbol].name) : std::string_view{};
            add({address, 0, bind_tag(library_hash("@symbol"), name, static_cast<int64_t>(word_at(address)))});
        }
    }
}

uint64_t FilePointers::word_at(uint64_t address) const {
    const auto word = space_.at(address, image_.pointer_size(), "pointer");
    return image_.is_64 ? word.u64(0, "pointer") : word.u32(0, "pointer");
}

void FilePointers::walk(uint64_t address, uint64_t size, const PointerVisitor& visit) {
    if (space_.fixups()) return walk_chains(address, size, visit);
    auto fixed = std::lower_bound(fixed_.begin(), fixed_.end(), address,
                                  [](const Fixed& f, uint64_t wanted) { return f.address < wanted; });
    auto rebase = std::lower_bound(rebases_.begin(), rebases_.end(), address);
    const auto is_inside = [&](uint64_t at) { return at - address < size; };
    while (true) {
        const bool has_fixed = fixed != fixed_.end() && is_inside(fixed->address);
        const bool has_rebase = rebase != rebases_.end() && is_inside(*rebase);
        if (!has_fixed && !has_rebase) return;
        if (has_fixed && (!has_rebase || fixed->address <= *rebase)) {
            const uint64_t at = fixed->address;
            visit(at, fixed->target, fixed->tag);
            while (fixed != fixed_.end() && fixed->address == at) ++fixed;
            if (has_rebase && *rebase == at) ++rebase;
        } else {
            visit_rebase(*rebase, visit);
            ++rebase;
        }
    }
}

void FilePointers::visit_rebase(uint64_t address, const PointerVisitor& visit) const {
    const uint64_t word = word_at(address);
    if (!space_.is_threaded()) return visit(address, word, 0);
    // A word of a chain; the plain addresses that opcodes tell read the same.
    const auto [target, tag] = meaning_of(macho::decode_threaded(word, image_.address), 0);
    visit(address, target, tag);
}

void FilePointers::walk_chains(uint64_t address, uint64_t size, const PointerVisitor& visit) {
    const auto& fixups = *space_.fixups();
    // Each call goes through whole pages, once for each chain segment that they lie in: a hostile file has many small
    // sections on one page, and many segments on top of each other.
    uint64_t times = 0;
    for (const auto& segment : fixups.segments())
        if (address < segment.address + uint64_t{segment.page_count} * segment.page_size &&
            address + size > segment.address)
            ++times;
    const uint64_t each = size + 2 * kLargestPage;
    const uint64_t looked_at = fixups.segments().size() + kLargestPage;
    if (times > walkable_ / each || looked_at > walkable_ - times * each)
        throw image_.header.error(0, "sections or segments share pages of chained fixups", "pages of their own");
    walkable_ -= times * each + looked_at;
    fixups.walk_range(space_, address, size, [&](uint64_t at, const ChainedFixups::Pointer& pointer) {
        const auto [target, tag] = meaning_of(pointer, pointer.bind ? import_tag(pointer.import) : 0);
        visit(at, target, tag);
    });
}

uint64_t FilePointers::import_tag(uint32_t index) {
    uint64_t& tag = import_tags_.at(index);  // walks check it
    if (tag == 0) {
        const auto import = space_.fixups()->import(index);
        tag = bind_tag(library(import.ordinal), counted(import.name), import.addend);
    }
    return tag;
}

}  // namespace strata::extract
