// An ELF or PE file as extraction sees it: its facts, with addresses for everything.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "foreign/facts.h"
#include "record/functions.h"
#include "record/symbols.h"

namespace strata::extract {

/// Borrows the facts and the file. Costs 12 bytes a section.
class ForeignImage {
  public:
    ForeignImage(const foreign::Facts& facts, base::ByteView file, const std::function<void(uint64_t)>& touched);

    const foreign::Facts& facts;
    const base::ByteView file;
    const std::function<void(uint64_t)>& touched;

    bool is_elf() const { return facts.format == foreign::Format::kElf; }
    /// An ELF object file: nothing has an address yet.
    bool is_object() const;
    /// Where the image begins: the lowest loaded segment, or the image base.
    uint64_t address() const { return address_; }
    /// Of each section. Those of an object file are laid out one after another, as a linker would.
    const std::vector<uint64_t>& section_addresses() const { return section_addresses_; }

    bool holds_code(const foreign::Section& section) const;
    /// What the section has in the file; empty when nothing.
    base::ByteView bytes_of(const foreign::Section& section) const;

    /// 1-based; `hint` is preferred when it holds the address, its end included. 0 = none. O(log sections).
    uint32_t section_of(uint64_t address, uint32_t hint = 0) const;
    record::Place place_of(uint64_t address, uint32_t hint) const;
    /// Address of a defined symbol.
    uint64_t address_of(const foreign::Symbol& symbol) const;

    /// [address, address + size) in the file; empty when no section has it.
    std::optional<base::ByteView> at(uint64_t address, uint64_t size) const;

  private:
    bool is_mapped(const foreign::Section& section) const;
    void lay_out();

    uint64_t address_ = 0;
    uint64_t thread_local_base_ = 0;
    std::vector<uint64_t> section_addresses_;
    std::vector<uint32_t> by_address_;  // mapped sections
};

class ForeignMeanings;

// The parts of extraction; each emits its columns.
void extract_foreign_symbols(const ForeignImage& image, const record::ChunkSink& sink);
std::vector<record::FunctionRecord> extract_foreign_functions(const ForeignImage& image, const record::ChunkSink& sink);
/// `functions` as the line above gives them.
void extract_foreign_code(const ForeignImage& image, const ForeignMeanings& meanings,
                          std::span<const record::FunctionRecord> functions, const record::ChunkSink& sink);
void extract_foreign_data(const ForeignImage& image, const ForeignMeanings& meanings, const record::ChunkSink& sink);
void extract_foreign_strings(const ForeignImage& image, const record::ChunkSink& sink);

}  // namespace strata::extract
