// Content of named data of ELF libraries and position-independent programs: variables, tables, vtables, with pointers
// replaced by what they lead to. By symbol, not by section: sections of constants hold jump tables and unwind tables,
// whose offsets change with the layout.
//
// Where pointers are is known from the dynamic relocations. Files without (objects, programs at a fixed address, PE
// with its relative addresses) do not tell, so nothing is said about them.
#include <algorithm>
#include <tuple>

#include "code/fingerprint.h"
#include "extract/foreign_image.h"
#include "extract/foreign_meanings.h"
#include "extract/limits.h"
#include "foreign/elf_format.h"
#include "record/facts.h"

namespace strata::extract {
namespace {

using foreign::Section;
using foreign::Symbol;

constexpr uint32_t kShtDynsym = 11;
constexpr uint32_t kShtRelr = 19;
constexpr uint64_t kRelaSize = 24;    // Elf64_Rela
constexpr uint64_t kSymbolSize = 24;  // Elf64_Sym
constexpr uint64_t kWord = 8;
constexpr size_t kMaxPointers = 2U << 20;
constexpr uint64_t kNameSeed = 0x656c6673;

std::string hex_text(uint64_t value) {
    std::string text(16, '0');
    for (size_t i = text.size(); i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
    return text;
}

/// The pointers that the loader fills in. Damaged tables give fewer; a file with too many gives none.
class ElfPointers {
  public:
    struct Pointer {
        uint64_t address = 0;
        uint64_t meaning = 0;
    };

    ElfPointers(const ForeignImage& image, const ForeignMeanings& meanings) : image_(image), meanings_(meanings) {
        for (const auto& section : image.facts.sections) {
            if (section.type == kShtDynsym && symbols_.empty()) symbols_ = image.bytes_of(section);
            if (section.name == ".dynstr" && names_.empty()) names_ = image.bytes_of(section);
        }
        for (const auto& section : image.facts.sections) {
            if ((section.flags & foreign::kShfAlloc) == 0) continue;
            if (section.type == foreign::kShtRela) read_rela(image.bytes_of(section));
            if (section.type == kShtRelr) read_relr(image.bytes_of(section));
        }
        std::sort(pointers_.begin(), pointers_.end(), [](const Pointer& a, const Pointer& b) {
            return std::tie(a.address, a.meaning) < std::tie(b.address, b.meaning);
        });
        // One word named a million times would be stepped over once for each symbol.
        const auto same = [](const Pointer& a, const Pointer& b) { return a.address == b.address; };
        pointers_.erase(std::unique(pointers_.begin(), pointers_.end(), same), pointers_.end());
    }

    bool complete() const { return complete_; }
    const std::vector<Pointer>& all() const { return pointers_; }

  private:
    void add(uint64_t address, uint64_t meaning) {
        complete_ = complete_ && pointers_.size() < kMaxPointers;
        if (complete_) pointers_.push_back({address, meaning});
    }

    void read_rela(base::ByteView table) {
        for (uint64_t at = 0; complete_ && table.contains(at, kRelaSize); at += kRelaSize) {
            const uint64_t info = table.u64(at + 8, "relocation");
            const uint64_t addend = table.u64(at + 16, "relocation");
            const uint64_t symbol = info >> 32;
            uint64_t meaning = meanings_.of(addend);
            if (symbol != 0) {
                const uint64_t words[] = {code::hash_text(name_of(symbol), kNameSeed), addend, info & UINT32_MAX};
                meaning = code::hash_bytes(words, sizeof words);
            }
            add(table.u64(at, "relocation"), meaning);
        }
        image_.touched(table.size());
    }

    /// Addresses, each followed by bitmaps (bit 0 set) of the 63 words after it.
    void read_relr(base::ByteView table) {
        uint64_t next = 0;
        for (uint64_t at = 0; complete_ && table.contains(at, kWord); at += kWord) {
            const uint64_t entry = table.u64(at, "relocation");
            if ((entry & 1) == 0) {
                add_relative(entry);
                next = entry + kWord;
                continue;
            }
            for (unsigned bit = 1; bit < 64; ++bit)
                if ((entry >> bit & 1) != 0) add_relative(next + (bit - 1) * kWord);
            next += 63 * kWord;
        }
        image_.touched(table.size());
    }

    void add_relative(uint64_t address) {
        // Those that lead nowhere count too: a bitmap of eight bytes stands for 63.
        complete_ = complete_ && ++relative_ <= kMaxPointers;
        if (!complete_) return;
        if (const auto word = image_.at(address, kWord)) add(address, meanings_.of(word->u64(0, "pointer")));
    }

    std::string_view name_of(uint64_t symbol) {
        if (symbol > symbols_.size() / kSymbolSize || !symbols_.contains(symbol * kSymbolSize, 4)) return {};
        const uint64_t at = symbols_.u32(symbol * kSymbolSize, "symbol");
        if (at >= names_.size() || !complete_) return {};
        const auto rest = names_.as_text().substr(at);
        const auto name = rest.substr(0, rest.find('\0'));
        // One long name, told by every relocation of a hostile file, would be read again and again.
        name_bytes_ += name.size();
        complete_ = name_bytes_ <= kMaxNameBytes;
        return name;
    }

    const ForeignImage& image_;
    const ForeignMeanings& meanings_;
    base::ByteView symbols_;
    base::ByteView names_;
    std::vector<Pointer> pointers_;  // by address
    uint64_t name_bytes_ = 0;
    uint64_t relative_ = 0;
    bool complete_ = true;
};

class ForeignData {
  public:
    ForeignData(const ForeignImage& image, const ForeignMeanings& meanings)
        : image_(image), pointers_(image, meanings) {
        // Symbols of hostile sizes lie on top of each other.
        for (const auto& section : image.facts.sections) budget_ += 2 * section.file_size;
    }

    std::vector<record::FactRecord> run() {
        std::vector<const Symbol*> symbols;
        for (const auto& symbol : image_.facts.symbols)
            if (symbol.type == foreign::SymbolType::kObject && symbol.size != 0 && !symbol.name.empty() &&
                symbol.section != foreign::kNoSection && symbol.section <= image_.facts.sections.size())
                symbols.push_back(&symbol);
        // Both tables name most of them.
        const auto key = [](const Symbol* s) { return std::tie(s->name, s->value, s->size, s->section); };
        std::sort(symbols.begin(), symbols.end(), [&](auto a, auto b) { return key(a) < key(b); });
        const auto last = std::unique(symbols.begin(), symbols.end(), [&](auto a, auto b) { return key(a) == key(b); });
        symbols.erase(last, symbols.end());
        if (pointers_.complete())
            for (const auto* symbol : symbols) add(*symbol);
        return std::move(facts_);
    }

  private:
    void add(const Symbol& symbol) {
        const Section& section = image_.facts.sections[symbol.section - 1];
        const uint64_t address = image_.address_of(symbol);
        const uint64_t offset = address - image_.section_addresses()[symbol.section - 1];
        const auto bytes = image_.bytes_of(section);
        if (image_.holds_code(section) || (section.flags & foreign::kShfAlloc) == 0 || symbol.size > budget_ ||
            !bytes.contains(offset, symbol.size))
            return;
        budget_ -= symbol.size;
        const std::string_view raw = bytes.as_text().substr(offset, symbol.size);
        uint64_t hash = symbol.size;
        uint64_t done = 0;
        const auto& all = pointers_.all();
        auto pointer = std::lower_bound(all.begin(), all.end(), address,
                                        [](const auto& p, uint64_t wanted) { return p.address < wanted; });
        for (; pointer != all.end() && pointer->address - address < symbol.size; ++pointer) {
            const uint64_t at = pointer->address - address;
            if (at < done) continue;
            hash = code::hash_text(raw.substr(done, at - done), hash);
            hash = code::hash_bytes(&pointer->meaning, sizeof pointer->meaning, hash);
            done = std::min(at + kWord, symbol.size);
        }
        hash = code::hash_text(raw.substr(done), hash);
        facts_.push_back({std::string(section.name), std::string(symbol.name), hex_text(hash)});
        image_.touched(symbol.size);
    }

    const ForeignImage& image_;
    ElfPointers pointers_;
    uint64_t budget_ = 0;
    std::vector<record::FactRecord> facts_;
};

}  // namespace

void extract_foreign_data(const ForeignImage& image, const ForeignMeanings& meanings, const record::ChunkSink& sink) {
    const auto& header = image.facts.header;
    std::vector<record::FactRecord> facts;
    if (image.is_elf() && header.is_64 && !header.big_endian && header.type == foreign::kEtDyn)
        facts = ForeignData(image, meanings).run();
    record::encode_facts(record::ColumnKind::kData, facts, sink);
}

}  // namespace strata::extract
