// Filling a store with made-up images, without any source.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "record/code.h"
#include "record/facts.h"
#include "record/functions.h"
#include "record/layout.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "store/reader.h"
#include "store/writer.h"
#include "support/temp_dir.h"

namespace strata::test {

/// A symbol that owns its texts. `offset` is from the start of section 1.
struct MadeSymbol {
    std::string name;
    record::SymbolKind kind = record::SymbolKind::kLocal;
    uint64_t offset = 0;
    std::string dylib;
    std::string target;
    uint8_t flags = 0;
};

/// One image as its facts.
struct MadeFacts {
    std::vector<MadeSymbol> symbols;
    std::vector<std::string> strings;                                    ///< all in __TEXT,__cstring
    std::vector<std::pair<std::string, std::string>> strings_elsewhere;  ///< value, section ("__TEXT,__os_log")
    std::vector<record::FunctionRecord> functions;
    std::vector<record::CodeRecord> code;  ///< none, or one for each function
    std::vector<record::FactRecord> objc;
    std::vector<record::FactRecord> signature;
    record::Layout layout;
    std::string uuid = std::string(16, 'u');
    uint64_t address = 0x180000000;
};

/// Stores the image's columns and gives its head, complete with ids.
inline record::Head put_facts(store::Writer& writer, const MadeFacts& facts) {
    record::Head head;
    head.uuid = facts.uuid;
    head.address = facts.address;
    head.section_addresses = {facts.address + 0x1000};
    const record::ChunkSink sink = [&](record::Chunk chunk) {
        auto& column = head.column(chunk.kind);
        column.count += chunk.count;
        column.bytes += chunk.message.size();
        column.chunks.push_back({writer.put_chunk(chunk), chunk.digest, static_cast<uint32_t>(chunk.message.size())});
    };
    sink(record::encode_layout(facts.layout));
    std::vector<std::string_view> dylibs;
    std::vector<record::SymbolRecord> symbols;
    for (const auto& symbol : facts.symbols) {
        uint16_t dylib = record::kNoDylib;
        if (!symbol.dylib.empty()) {
            dylib = static_cast<uint16_t>(dylibs.size());
            dylibs.push_back(symbol.dylib);
        }
        symbols.push_back({symbol.name,
                           symbol.target,
                           {1, symbol.offset},
                           dylib,
                           static_cast<uint8_t>(static_cast<uint8_t>(symbol.kind) | symbol.flags)});
    }
    record::encode_symbols(symbols, dylibs, sink);
    record::encode_functions(facts.functions, sink);
    if (!facts.code.empty()) record::encode_code(facts.code, sink);
    std::vector<record::StringRecord> strings;
    std::vector<std::string> sections{"__TEXT,__cstring"};
    for (const auto& [value, section] : facts.strings_elsewhere) sections.push_back(section);
    std::sort(sections.begin(), sections.end());
    sections.erase(std::unique(sections.begin(), sections.end()), sections.end());
    const auto index = [&](const std::string& name) {
        return static_cast<uint16_t>(std::lower_bound(sections.begin(), sections.end(), name) - sections.begin());
    };
    for (const auto& value : facts.strings) strings.push_back({value, index("__TEXT,__cstring")});
    for (const auto& [value, section] : facts.strings_elsewhere) strings.push_back({value, index(section)});
    record::encode_strings(strings, sections, sink);
    auto objc = facts.objc;
    record::encode_facts(record::ColumnKind::kObjc, objc, sink);
    auto signature = facts.signature;
    record::encode_facts(record::ColumnKind::kSignature, signature, sink);
    return head;
}

/// A complete firmware of these images.
inline record::Firmware put_firmware(store::Writer& writer, const std::string& name,
                                     const std::vector<std::pair<std::string, MadeFacts>>& images) {
    record::Firmware firmware;
    firmware.name = name;
    firmware.id = writer.new_firmware_id();
    firmware.complete = true;
    firmware.images = images.size();
    for (const auto& [path, facts] : images) writer.put_head(firmware.id, path, put_facts(writer, facts));
    writer.put_firmware(firmware);
    return firmware;
}

}  // namespace strata::test
