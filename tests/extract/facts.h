// Extracting an image in a test and counting what came out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "extract/source.h"
#include "extract/symbol_facts.h"
#include "record/facts.h"
#include "record/functions.h"
#include "record/layout.h"
#include "record/strings.h"
#include "support/memory_space.h"

namespace strata::extract {

/// Chunks by kind, kept.
class Kept {
  public:
    record::ChunkSink sink() {
        return [this](record::Chunk chunk) { chunks_[chunk.kind].push_back(std::move(chunk)); };
    }
    const std::vector<record::Chunk>& of(record::ColumnKind kind) { return chunks_[kind]; }
    uint64_t count(record::ColumnKind kind) {
        uint64_t total = 0;
        for (const auto& chunk : chunks_[kind]) total += chunk.count;
        return total;
    }

  private:
    std::map<record::ColumnKind, std::vector<record::Chunk>> chunks_;
};

/// One symbol as it was stored, owned.
struct StoredSymbol {
    std::string name;
    record::SymbolKind kind;
    uint8_t flags;
    std::string dylib;
    std::string target;
    record::Place place;
};

inline std::vector<StoredSymbol> symbols_of(Kept& kept) {
    std::vector<StoredSymbol> symbols;
    const auto& names = kept.of(record::ColumnKind::kSymbols);
    const auto& places = kept.of(record::ColumnKind::kPlaces);
    for (size_t c = 0; c < names.size(); ++c) {
        const record::SymbolsView view(names[c].message.bytes());
        const record::PlacesView place_view(places.at(c).message.bytes());
        for (uint64_t i = 0; i < view.size(); ++i)
            symbols.push_back({std::string(view.name(i)), view.kind(i), view.flags(i), std::string(view.dylib(i)),
                               std::string(view.target(i)), place_view.place(i)});
    }
    return symbols;
}

/// Facts of a column as "owner | name | value".
inline std::vector<std::string> facts_of(Kept& kept, record::ColumnKind kind) {
    std::vector<std::string> facts;
    for (const auto& chunk : kept.of(kind)) {
        const record::FactsView view(chunk.message.bytes());
        for (uint64_t i = 0; i < view.size(); ++i)
            facts.push_back(std::string(view[i].owner) + " | " + std::string(view[i].name) + " | " +
                            std::string(view[i].value));
    }
    return facts;
}

/// An image made up of parts, for the functions that extract one column. Tables are views of buffers that it owns.
struct MadeImage {
    MadeImage() {
        image.address = 0x10000;
        image.cpu_type = 0x0100000c;
        image.flags = macho::kFlagTwoLevel;
        image.segments.push_back({"__TEXT", 0x10000, 0x10000, 0, 0x10000, 5, 5, 0});
        image.header = header.view();
    }

    void add_section(std::string_view segment, std::string_view name, uint64_t address, uint64_t size, uint32_t flags) {
        macho::Section section;
        section.segment = segment;
        section.name = name;
        section.address = address;
        section.size = size;
        section.flags = flags;
        section.command = image.header;
        image.sections.push_back(section);
        if (size != 0) image.sections_by_address.push_back(static_cast<uint32_t>(image.sections.size() - 1));
    }

    ImageContext context() const {
        return {space, image, locals, [](uint64_t) {}};
    }

    test::Buffer header{std::string(64, 'h')};
    test::MemorySpace space;
    macho::Image image;
    macho::SymbolTable locals{{}, {}, true};
};

}  // namespace strata::extract
