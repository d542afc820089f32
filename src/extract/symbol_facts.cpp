#include "extract/symbol_facts.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>

#include "macho/exports.h"

namespace strata::extract {
namespace {

using macho::Image;
using macho::SymbolEntry;
using record::Place;
using record::SymbolKind;
using record::SymbolRecord;

constexpr std::string_view kRedacted = "<redacted>";
// Hostile tables may name one long string a million times; real names average 52 bytes, C++ ones some hundreds.
constexpr uint64_t kMaxNameBytesPerSymbol = 512;
constexpr uint64_t kNameSlack = 1U << 20;
// What one image may cost in memory: the largest real ones have some hundred thousand symbols. Names that
// are only in the exports trie are copied, and a trie can stand for many times its size.
constexpr uint64_t kMaxSymbols = 1U << 20;
constexpr uint64_t kMaxKeptBytes = 64U << 20;
// Reading one name from a shared pool makes about this much resident.
constexpr uint64_t kNameTouch = 4096;
constexpr size_t kMaxSections = 0xfff0;  // places number sections in 16 bits

uint8_t kind_bits(SymbolKind kind, uint8_t flags = 0) {
    return static_cast<uint8_t>(static_cast<uint8_t>(kind) | flags);
}

/// Places are relative to sections, so that they stay the same when a cache is laid out afresh.
Place place_of(const Image& image, uint64_t address, uint32_t section_hint) {
    // Zero-filled sections may be of any size: an offset that does not fit 32 bits would lose its section when stored.
    const uint32_t section = image.section_of(address, section_hint);
    if (section != 0 && address - image.sections[section - 1].address <= UINT32_MAX)
        return {static_cast<uint16_t>(section), address - image.sections[section - 1].address};
    if (address >= image.address && address - image.address <= UINT32_MAX) return {0, address - image.address};
    return {record::kFarPlace, address};
}

/// External symbols of the symbol table by name, to meet the same symbols of the exports trie. 4 bytes a slot.
class NameIndex {
  public:
    explicit NameIndex(const std::vector<SymbolRecord>& symbols) : symbols_(symbols) {}

    void build(size_t count) {
        slots_.assign(std::bit_ceil(count * 2 + 2), 0);
        for (uint32_t i = 0; i < count; ++i) {
            size_t slot = hash(symbols_[i].name);
            while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
            slots_[slot] = i + 1;
        }
    }

    /// Calls `accept` with the index of each symbol of this name until one is taken.
    template <typename Accept>
    std::optional<uint32_t> find(std::string_view name, const Accept& accept) const {
        for (size_t slot = hash(name); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
            const uint32_t index = slots_[slot] - 1;
            if (symbols_[index].name == name && accept(symbols_[index])) return index;
        }
        return std::nullopt;
    }

  private:
    size_t hash(std::string_view name) const { return std::hash<std::string_view>{}(name) & (slots_.size() - 1); }

    const std::vector<SymbolRecord>& symbols_;
    std::vector<uint32_t> slots_;
};

class SymbolCollector {
  public:
    SymbolCollector(const ImageContext& context, AddressNames& names)
        : context_(context), image_(context.image), names_(names), index_(symbols_) {
        if (image_.sections.size() > kMaxSections)
            throw image_.header.error(0, std::to_string(image_.sections.size()) + " sections",
                                      "at most " + std::to_string(kMaxSections));
        for (const auto& dependency : image_.dependencies) dylibs_.push_back(dependency.name);
        if (dylibs_.size() >= record::kNoDylib)
            throw image_.header.error(0, std::to_string(dylibs_.size()) + " dependencies", "below 65,535");
    }

    SymbolCounts run(const record::ChunkSink& sink) {
        add_own();
        add_exports();
        add_locals();
        add_redacted();
        record::encode_symbols(symbols_, dylibs_, sink);
        hand_out_names();
        counts_.redacted = static_cast<uint32_t>(redacted_.size());
        counts_.unmapped_locals = static_cast<uint32_t>(local_addresses_.size());
        return counts_;
    }

  private:
    /// They are sorted by name now.
    void hand_out_names() {
        names_.reserve(symbols_.size());
        for (const auto& symbol : symbols_) {
            const auto kind = static_cast<SymbolKind>(symbol.kind & record::kSymbolKindMask);
            const uint16_t section = symbol.place.section;
            if (kind == SymbolKind::kRedacted || section == 0 || section >= record::kFarPlace || symbol.name.empty())
                continue;
            names_.add(address_of(symbol.place), symbol.name, (symbol.kind & record::kSymbolExported) != 0,
                       !image_.sections[section - 1].holds_code());
        }
        names_.finish();
    }

    void count_name(std::string_view name, uint64_t entries) {
        name_bytes_ += name.size();
        if (name_bytes_ > kMaxNameBytesPerSymbol * entries + kNameSlack)
            throw image_.header.error(
                0, "symbol names of this image add up to more than " + base::hex(name_bytes_) + " bytes",
                "at most " + std::to_string(kMaxNameBytesPerSymbol) + " bytes a symbol on average");
        touch(name);
    }

    /// Names that follow each other in the pool are on the page that is resident already.
    void touch(std::string_view name) {
        const auto page = reinterpret_cast<uintptr_t>(name.data()) / kNameTouch;
        if (page == last_page_ || name.empty()) return;
        last_page_ = page;
        context_.touched(kNameTouch);
    }

    void check_count(uint64_t more) const {
        if (more > kMaxSymbols || symbols_.size() + more > kMaxSymbols)
            throw image_.header.error(0, "more than " + std::to_string(kMaxSymbols) + " symbols", "fewer in one image");
    }

    void add_own() {
        const macho::SymbolTable table(image_.nlists, image_.string_pool, image_.is_64);
        check_count(table.size());
        symbols_.reserve(table.size());
        for (uint64_t i = 0; i < table.size(); ++i) {
            const SymbolEntry entry = table[i];
            if (entry.is_stab()) {
                ++counts_.stabs;
                continue;
            }
            count_name(entry.name, table.size());
            if (entry.name == kRedacted) {
                redacted_.push_back({entry.value, entry.section});
                continue;
            }
            symbols_.push_back(own_symbol(entry));
            count_name(symbols_.back().target, table.size());
        }
    }

    SymbolRecord own_symbol(const SymbolEntry& entry) const {
        SymbolRecord symbol;
        symbol.name = entry.name;
        const bool external = entry.is_external() && !entry.is_private();
        uint8_t flags = entry.is_private() ? record::kSymbolPrivate : 0;
        // Without a trie the symbol table is all that says what is exported.
        if (external && image_.exports_trie.empty() && !entry.is_undefined()) flags |= record::kSymbolExported;
        if (entry.is_undefined()) {
            if ((entry.desc & macho::kNWeakRef) != 0) flags |= record::kSymbolWeak;
            symbol.kind = kind_bits(SymbolKind::kImport, flags);
            symbol.dylib = dylib_of(entry.library_ordinal());
            return symbol;
        }
        if (entry.kind() == macho::kNIndirect) {
            symbol.kind = kind_bits(SymbolKind::kReexport, flags);
            symbol.target = image_.string_pool.text(entry.value);
            return symbol;
        }
        if ((entry.desc & macho::kNWeakDef) != 0) flags |= record::kSymbolWeak;
        if (entry.kind() == macho::kNAbsolute) {
            symbol.kind = kind_bits(SymbolKind::kAbsolute, flags);
            symbol.place = {record::kFarPlace, entry.value};
            return symbol;
        }
        const bool weak = (flags & record::kSymbolWeak) != 0;
        symbol.kind = kind_bits(!external ? SymbolKind::kLocal : weak ? SymbolKind::kWeak : SymbolKind::kExport, flags);
        symbol.place = place_of(image_, entry.value, entry.section);
        return symbol;
    }

    /// Ordinals are 1-based; 0, 0xfe and 0xff mean this image, any image, the main executable.
    uint16_t dylib_of(uint64_t ordinal) const {
        const bool named = (image_.flags & macho::kFlagTwoLevel) != 0 && ordinal != 0 && ordinal <= dylibs_.size();
        return named ? static_cast<uint16_t>(ordinal - 1) : record::kNoDylib;
    }

    void add_exports() {
        const size_t own = symbols_.size();
        index_.build(own);
        macho::walk_exports(image_.exports_trie, [&](const macho::ExportEntry& entry) {
            SymbolRecord symbol = exported_symbol(entry);
            const auto same =
                index_.find(entry.name, [&](const SymbolRecord& other) { return is_same(other, symbol); });
            if (same) {
                merge(symbols_[*same], symbol);
                return;
            }
            check_count(1);
            symbol.name = keep(entry.name);
            symbol.kind |= record::kSymbolUnlisted;
            symbols_.push_back(symbol);
        });
        context_.touched(image_.exports_trie.size());
    }

    SymbolRecord exported_symbol(const macho::ExportEntry& entry) {
        SymbolRecord symbol;
        uint8_t flags = record::kSymbolExported;
        if (entry.is_weak()) flags |= record::kSymbolWeak;
        if (entry.is_reexport()) {
            symbol.kind = kind_bits(SymbolKind::kReexport, flags);
            symbol.dylib = dylib_of(entry.library_ordinal);
            if (entry.target != entry.name) symbol.target = keep(entry.target);
        } else if (entry.is_absolute()) {
            symbol.kind = kind_bits(SymbolKind::kAbsolute, flags);
            symbol.place = {record::kFarPlace, entry.value};
        } else {
            symbol.kind = kind_bits(entry.is_weak() ? SymbolKind::kWeak : SymbolKind::kExport, flags);
            symbol.place = place_of(image_, without_thumb_bit(image_.address + entry.value), 0);
        }
        return symbol;
    }

    /// On 32-bit ARM the trie marks Thumb code in bit 0; the symbol table has that in n_desc and plain addresses.
    uint64_t without_thumb_bit(uint64_t address) const {
        const uint32_t section =
            (address & 1) != 0 && image_.cpu_type == macho::kCpuTypeArm ? image_.section_of(address) : 0;
        return section != 0 && image_.sections[section - 1].holds_code() ? address & ~uint64_t{1} : address;
    }

    /// Whether a symbol table entry and an export of the same name are one symbol.
    bool is_same(const SymbolRecord& own, const SymbolRecord& exported) const {
        const auto kind = static_cast<SymbolKind>(own.kind & record::kSymbolKindMask);
        const auto exported_kind = static_cast<SymbolKind>(exported.kind & record::kSymbolKindMask);
        if (exported_kind == SymbolKind::kReexport) return kind == SymbolKind::kReexport;
        if (kind == SymbolKind::kImport || kind == SymbolKind::kReexport) return false;
        return address_of(own.place) == address_of(exported.place);
    }

    uint64_t address_of(const Place& place) const {
        if (place.section == record::kFarPlace) return place.offset;
        return (place.section == 0 ? image_.address : image_.sections[place.section - 1].address) + place.offset;
    }

    /// The trie knows best what is exported; the symbol table knows the section.
    static void merge(SymbolRecord& own, const SymbolRecord& exported) {
        own.kind =
            static_cast<uint8_t>((exported.kind & record::kSymbolKindMask) | (own.kind & ~record::kSymbolKindMask) |
                                 (exported.kind & ~record::kSymbolKindMask));
        if (exported.dylib != record::kNoDylib) own.dylib = exported.dylib;
        if (!exported.target.empty()) own.target = exported.target;
    }

    void add_locals() {
        const auto& locals = context_.locals;
        check_count(locals.size());
        symbols_.reserve(symbols_.size() + locals.size());
        local_addresses_.reserve(locals.size());
        name_bytes_ = 0;
        for (uint64_t i = 0; i < locals.size(); ++i) {
            const SymbolEntry entry = locals[i];
            if (entry.is_stab()) {
                ++counts_.stabs;
                continue;
            }
            count_name(entry.name, locals.size());
            symbols_.push_back(own_symbol(entry));
            count_name(symbols_.back().target, locals.size());
            if (symbols_.back().kind == kind_bits(SymbolKind::kExport))
                symbols_.back().kind = kind_bits(SymbolKind::kLocal);
            local_addresses_.push_back(entry.value);
        }
        std::sort(local_addresses_.begin(), local_addresses_.end());
    }

    /// Redacted symbols whose real name is not among the unmapped locals.
    void add_redacted() {
        for (const auto& [address, section] : redacted_) {
            if (std::binary_search(local_addresses_.begin(), local_addresses_.end(), address)) continue;
            SymbolRecord symbol;
            symbol.name = kRedacted;
            symbol.kind = kind_bits(SymbolKind::kRedacted);
            symbol.place = place_of(image_, address, section);
            symbols_.push_back(symbol);
        }
    }

    /// Copies a text that is only valid during a callback.
    std::string_view keep(std::string_view text) {
        kept_bytes_ += text.size() + 1;
        if (kept_bytes_ > kMaxKeptBytes)
            throw image_.exports_trie.error(
                0, "names of the exports trie add up to more than " + base::hex(kMaxKeptBytes) + " bytes",
                "fewer in one image");
        auto* copy = static_cast<char*>(names_.texts().allocate(text.size() + 1, 1));
        std::copy(text.begin(), text.end(), copy);
        return {copy, text.size()};
    }

    struct Redacted {
        uint64_t address;
        uint32_t section;
    };

    const ImageContext& context_;
    const Image& image_;
    AddressNames& names_;
    std::vector<std::string_view> dylibs_;
    std::vector<SymbolRecord> symbols_;
    NameIndex index_;
    std::vector<Redacted> redacted_;
    std::vector<uint64_t> local_addresses_;
    uintptr_t last_page_ = 0;
    uint64_t name_bytes_ = 0;
    uint64_t kept_bytes_ = 0;
    SymbolCounts counts_;
};

}  // namespace

SymbolCounts extract_symbols(const ImageContext& context, AddressNames& names, const record::ChunkSink& sink) {
    return SymbolCollector(context, names).run(sink);
}

}  // namespace strata::extract
