// ELF and PE files read in the tests by a worker, and what was stored of them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "extract/facts.h"
#include "extract/foreign_facts.h"
#include "record/facts.h"

namespace strata::extract {

/// All that was stored of one file.
struct ForeignFacts {
    record::Head head;
    Kept kept;
    record::Layout layout;  ///< views `kept`
    std::vector<StoredSymbol> symbols;

    uint64_t address_of(const record::Place& place) const {
        if (place.section == record::kFarPlace) return place.offset;
        return place.offset + (place.section == 0 ? head.address : head.section_addresses.at(place.section - 1U));
    }

    const StoredSymbol* symbol(std::string_view name) const {
        for (const auto& symbol : symbols)
            if (symbol.name == name) return &symbol;
        return nullptr;
    }

    /// Size by address.
    std::map<uint64_t, uint64_t> functions() {
        std::map<uint64_t, uint64_t> functions;
        for (const auto& chunk : kept.of(record::ColumnKind::kFunctions)) {
            const record::FunctionsView view(chunk.message.bytes());
            for (uint64_t i = 0; i < view.size(); ++i)
                functions[address_of({view[i].section, view[i].offset})] = view[i].size;
        }
        return functions;
    }

    /// "value (section)"
    std::vector<std::string> strings() {
        std::vector<std::string> strings;
        for (const auto& chunk : kept.of(record::ColumnKind::kStrings)) {
            const record::StringsView view(chunk.message.bytes());
            for (uint64_t i = 0; i < view.size(); ++i)
                strings.push_back(std::string(view.value(i)) + " (" + std::string(view.section(i)) + ")");
        }
        return strings;
    }

    /// "owner name value"
    std::vector<std::string> imports() {
        std::vector<std::string> imports;
        for (const auto& chunk : kept.of(record::ColumnKind::kImports)) {
            const record::FactsView view(chunk.message.bytes());
            for (uint64_t i = 0; i < view.size(); ++i)
                imports.push_back(std::string(view[i].owner) + " " + std::string(view[i].name) + " " +
                                  std::string(view[i].value));
        }
        return imports;
    }

    /// "command text"
    std::vector<std::pair<uint32_t, std::string>> details() const {
        std::vector<std::pair<uint32_t, std::string>> details;
        for (const auto& detail : layout.details) details.emplace_back(detail.command, detail.text);
        return details;
    }
};

/// One pool for all tests of a process, with the program itself as the worker.
inline foreign::WorkerPool& worker_pool() {
    static foreign::WorkerPool pool(foreign::WorkerProgram::other(STRATA_BIN));
    return pool;
}

inline std::unique_ptr<ForeignFacts> read_foreign(foreign::Format format, const std::filesystem::path& path) {
    const auto file = base::MappedFile::open(path);
    auto facts = std::make_unique<ForeignFacts>();
    facts->head = extract_foreign(
        worker_pool(), format, file->view(), [](uint64_t) {}, facts->kept.sink());
    facts->layout = record::decode_layout(facts->kept.of(record::ColumnKind::kLayout).at(0).message.bytes());
    facts->symbols = symbols_of(facts->kept);
    return facts;
}

}  // namespace strata::extract
