// Symbols, imports and functions of ELF and PE files.
#include <algorithm>
#include <memory_resource>
#include <tuple>

#include "extract/foreign_image.h"
#include "extract/limits.h"
#include "record/facts.h"
#include "record/functions.h"

namespace strata::extract {
namespace {

using foreign::Binding;
using foreign::Symbol;
using foreign::SymbolType;
using record::FunctionRecord;
using record::SymbolKind;
using record::SymbolRecord;

// Machines whose exception tables name functions (Microsoft's PE format, ".pdata").
constexpr uint32_t kPeX64 = 0x8664;
constexpr uint32_t kPeArm64 = 0xaa64;

uint8_t bits(SymbolKind kind, uint8_t flags = 0) {
    return static_cast<uint8_t>(static_cast<uint8_t>(kind) | flags);
}

bool is_import(const Symbol& symbol) {
    // What is in common has no place before it is linked, wherever that will be.
    return symbol.section == foreign::kNoSection || symbol.section == foreign::kCommonSection;
}

class SymbolCollector {
  public:
    explicit SymbolCollector(const ForeignImage& image) : image_(image) {}

    void run(const record::ChunkSink& sink) {
        symbols_.reserve(image_.facts.symbols.size());
        for (const auto& symbol : image_.facts.symbols) symbols_.push_back(record_of(symbol));
        merge();
        const auto& libraries = image_.facts.libraries;
        record::encode_symbols(symbols_, libraries, sink);
    }

  private:
    SymbolRecord record_of(const Symbol& symbol) {
        SymbolRecord record;
        record.name = symbol.name;
        const bool weak = symbol.binding == Binding::kWeak;
        uint8_t flags = weak ? record::kSymbolWeak : 0;
        if (is_import(symbol)) {
            record.kind = bits(SymbolKind::kImport, flags);
            if (symbol.library != foreign::kNoLibrary) record.dylib = static_cast<uint16_t>(symbol.library);
            return record;
        }
        // An object file exports what it shows the linker; everything else what it shows the loader.
        const bool global = symbol.binding != Binding::kLocal;
        if (global && (symbol.dynamic || image_.is_object())) flags |= record::kSymbolExported;
        // A version that is not the default one is only reached by naming it.
        if (symbol.hidden_version && !symbol.version.empty()) record.name = joined(symbol.name, symbol.version);
        if (!symbol.target.empty()) {
            record.kind = bits(SymbolKind::kReexport, flags);
            record.target = symbol.target;
            return record;
        }
        if (symbol.section == foreign::kAbsoluteSection) {
            record.kind = bits(SymbolKind::kAbsolute, flags);
            record.place = {record::kFarPlace, symbol.value};
            return record;
        }
        record.kind = bits(!global ? SymbolKind::kLocal : weak ? SymbolKind::kWeak : SymbolKind::kExport, flags);
        const uint32_t hint = symbol.section <= image_.facts.sections.size() ? symbol.section : 0;
        record.place = image_.place_of(image_.address_of(symbol), hint);
        return record;
    }

    std::string_view joined(std::string_view name, std::string_view version) {
        auto* copy = static_cast<char*>(arena_.allocate(name.size() + 1 + version.size(), 1));
        char* end = std::copy(name.begin(), name.end(), copy);
        *end = '@';
        std::copy(version.begin(), version.end(), end + 1);
        return {copy, name.size() + 1 + version.size()};
    }

    /// The loader's table and the linker's name the same symbols: each is kept once, with what both know.
    void merge() {
        const auto imported = [](const SymbolRecord& s) {
            return (s.kind & record::kSymbolKindMask) == static_cast<uint8_t>(SymbolKind::kImport);
        };
        std::sort(symbols_.begin(), symbols_.end(), [&](const SymbolRecord& a, const SymbolRecord& b) {
            // Those with a library, and those that are exported, come first.
            return std::tuple(a.name, imported(a), a.place, a.target, a.dylib, static_cast<uint8_t>(~a.kind)) <
                   std::tuple(b.name, imported(b), b.place, b.target, b.dylib, static_cast<uint8_t>(~b.kind));
        });
        size_t kept = 0;
        for (size_t i = 0; i < symbols_.size(); ++i) {
            if (kept > 0 && is_same(symbols_[kept - 1], symbols_[i], imported(symbols_[i]))) {
                symbols_[kept - 1].kind =
                    static_cast<uint8_t>(symbols_[kept - 1].kind | (symbols_[i].kind & ~record::kSymbolKindMask));
            } else {
                symbols_[kept++] = symbols_[i];
            }
        }
        symbols_.resize(kept);
    }

    static bool is_same(const SymbolRecord& kept, const SymbolRecord& next, bool imported) {
        const uint8_t import = static_cast<uint8_t>(SymbolKind::kImport);
        if (kept.name != next.name || imported != ((kept.kind & record::kSymbolKindMask) == import)) return false;
        // The linker's table does not say which library an import comes from.
        if (imported) return kept.dylib == next.dylib || next.dylib == record::kNoDylib;
        return kept.place == next.place && kept.target == next.target;
    }

    const ForeignImage& image_;
    std::vector<SymbolRecord> symbols_;
    std::pmr::monotonic_buffer_resource arena_;
};

void extract_imports(const ForeignImage& image, const record::ChunkSink& sink) {
    std::vector<record::FactRecord> facts;
    for (const auto& symbol : image.facts.symbols) {
        if (!symbol.dynamic || symbol.section != foreign::kNoSection) continue;
        std::string value = "bind";
        if (symbol.binding == Binding::kWeak) value += " weak";
        if (!symbol.version.empty()) value += " " + std::string(symbol.version);
        const std::string_view library =
            symbol.library == foreign::kNoLibrary ? std::string_view{} : image.facts.libraries[symbol.library];
        facts.push_back({std::string(library), std::string(symbol.name), std::move(value)});
    }
    record::encode_facts(record::ColumnKind::kImports, facts, sink);
}

struct Function {
    uint64_t address = 0;
    uint64_t size = 0;
    auto operator<=>(const Function&) const = default;
};

/// The exception table of x64 and arm64: every function but leaves that touch no register of their caller. A damaged
/// one gives less.
class ExceptionTable {
  public:
    explicit ExceptionTable(const ForeignImage& image) : image_(image), base_(image.facts.header.base) {}

    void add_to(std::vector<Function>& functions) const {
        const auto& header = image_.facts.header;
        if (header.machine != kPeX64 && header.machine != kPeArm64) return;
        const uint64_t entry = header.machine == kPeX64 ? 12 : 8;
        const auto table = image_.at(base_ + header.exceptions_at, header.exceptions_size);
        if (!table) return;
        image_.touched(table->size());
        for (uint64_t at = 0; table->contains(at, entry) && functions.size() < kMaxFunctions; at += entry) {
            const uint32_t begin = table->u32(at, "function");
            if (begin == 0) continue;
            const uint32_t second = table->u32(at + 4, "function");
            const uint64_t size = header.machine == kPeX64 ? x64_size(begin, second, table->u32(at + 8, "unwind info"))
                                                           : arm64_size(second);
            if (size != 0) functions.push_back({base_ + begin, size});
        }
    }

  private:
    /// 0 for parts of functions: their unwind info is chained to that of another (UNW_FLAG_CHAININFO).
    uint64_t x64_size(uint32_t begin, uint32_t end, uint32_t unwind) const {
        const auto info = image_.at(base_ + (unwind & ~3U), 1);
        const bool chained = (unwind & 1) != 0 || (info && (info->u8(0, "unwind info") >> 3 & 4) != 0);
        return chained || end <= begin ? 0 : end - begin;
    }

    /// Packed into the entry, or in .xdata; 0 for fragments (flag 2).
    uint64_t arm64_size(uint32_t unwind) const {
        if ((unwind & 3) == 1) return uint64_t{unwind >> 2 & 0x7ff} * 4;
        if ((unwind & 3) != 0) return 0;
        const auto info = image_.at(base_ + unwind, 4);
        return info ? uint64_t{info->u32(0, "unwind info") & 0x3ffff} * 4 : 0;
    }

    const ForeignImage& image_;
    const uint64_t base_;
};

/// Functions that do not say their size reach to the next one, or to the end of their section.
uint64_t guessed_size(const ForeignImage& image, const Function& function, const Function* next) {
    const uint32_t section = image.section_of(function.address);
    if (section == 0) return 0;
    const uint64_t end = image.section_addresses()[section - 1] + image.facts.sections[section - 1].size;
    const uint64_t limit = next == nullptr ? end : std::min(end, next->address);
    return limit > function.address ? limit - function.address : 0;
}

}  // namespace

void extract_foreign_symbols(const ForeignImage& image, const record::ChunkSink& sink) {
    SymbolCollector(image).run(sink);
    extract_imports(image, sink);
}

std::vector<FunctionRecord> extract_foreign_functions(const ForeignImage& image, const record::ChunkSink& sink) {
    std::vector<Function> functions;
    for (const auto& symbol : image.facts.symbols)
        if (symbol.type == SymbolType::kFunction && !is_import(symbol) && symbol.section != foreign::kAbsoluteSection &&
            symbol.target.empty())
            functions.push_back({image.address_of(symbol), symbol.size});
    ExceptionTable(image).add_to(functions);
    std::sort(functions.begin(), functions.end());
    std::vector<FunctionRecord> records;
    for (size_t i = 0; i < functions.size(); ++i) {
        // Names of one function may tell different sizes: the largest comes last.
        if (i + 1 < functions.size() && functions[i + 1].address == functions[i].address) continue;
        const Function* next = i + 1 < functions.size() ? &functions[i + 1] : nullptr;
        const uint64_t size = functions[i].size != 0 ? functions[i].size : guessed_size(image, functions[i], next);
        const auto place = image.place_of(functions[i].address, 0);
        if (place.section == record::kFarPlace) continue;  // nowhere in the image
        records.push_back({place.section, static_cast<uint32_t>(place.offset),
                           static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX))});
    }
    record::encode_functions(records, sink);
    return records;
}

}  // namespace strata::extract
