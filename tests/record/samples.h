// Made-up content of records, shared by the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "record/firmware.h"
#include "record/functions.h"
#include "record/head.h"
#include "record/layout.h"
#include "record/strings.h"
#include "record/symbols.h"
#include "support/random.h"

namespace strata::record {

/// A sink that keeps all chunks of one kind.
inline ChunkSink keep(std::vector<Chunk>& chunks, ColumnKind kind) {
    return [&chunks, kind](Chunk chunk) {
        if (chunk.kind == kind) chunks.push_back(std::move(chunk));
    };
}

/// Symbols that own their texts.
struct SymbolSet {
    std::vector<std::string> names;
    std::vector<std::string> dylib_names;
    std::vector<std::string_view> dylibs;
    std::vector<SymbolRecord> records;
};

inline Place random_place(test::Random& random) {
    switch (random.below(4)) {
        case 0:
            return {kNoPlace, 0};
        case 1:
            return {kFarPlace, random.word()};
        default:
            return {static_cast<uint16_t>(random.below(0xfff0)), random.below(1ULL << 32)};
    }
}

/// `count` symbols; the texts are kept in `set`, which must not move afterwards.
inline void fill_symbols(SymbolSet& set, uint64_t count, test::Random& random) {
    set.names.reserve(2 * count);
    set.dylib_names = {"/usr/lib/libb.dylib", "/usr/lib/liba.dylib", "odd \xff\x01 name"};
    set.dylibs.assign(set.dylib_names.begin(), set.dylib_names.end());
    for (uint64_t i = 0; i < count; ++i) {
        SymbolRecord symbol;
        set.names.push_back(random.one_in(2) ? random.crowded_name(6) : random.bytes(random.below(60)));
        symbol.name = set.names.back();
        symbol.kind = static_cast<uint8_t>(random.below(7) | random.below(8) << 4);
        if (random.one_in(3)) symbol.dylib = static_cast<uint16_t>(random.below(3));
        if (random.one_in(10)) {
            set.names.push_back(random.name(random.below(20)));
            symbol.target = set.names.back();
        }
        symbol.place = random_place(random);
        set.records.push_back(symbol);
    }
}

inline Layout sample_layout() {
    Layout layout;
    layout.cpu_type = 0x0100000c;
    layout.cpu_subtype = 0x80000002;
    layout.file_type = 6;
    layout.flags = 0x80100085;
    layout.platform = 2;
    layout.install_name = "/usr/lib/lib\xff\x01.dylib";
    layout.segments = {{"__TEXT", 5, 5, 0}, {"__sixteen_bytes__", 7, 3, 16}, {"", 0, 0, UINT32_MAX}};
    layout.sections = {
        {"__TEXT", "__text", 0x1000, 0x80000400, 2, ""},
        {"__TEXT", "__cstring", UINT64_MAX, 2, 0, std::string("\0binary\xff digest of thirty-two b..", 32)}};
    layout.dependencies = {{"/usr/lib/libSystem.B.dylib", 0}, {"", 4}};
    layout.load_commands = {0x19, 0x8000001c, 0xffffffff};
    layout.details = {{0x8000001c, "@loader_path/\xc3\xa4"}};
    return layout;
}

inline Head sample_head() {
    Head head;
    head.uuid = std::string("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 16);
    head.source_version = UINT64_MAX;
    head.has_build_version = true;
    head.min_os = 0x000e0000;
    head.sdk = 0x000e0203;
    head.address = 0x7ff800001000;
    head.segment_addresses = {0x1000, UINT64_MAX};
    head.section_addresses = {0x1100, 0, 0x1200};
    head.section_digests = std::string(3 * kSectionDigestSize, '\xd1');
    head.dependency_versions = {0x10000, 0x20000};
    head.column(ColumnKind::kLayout) = {1, 800, {{7, base::sha256("a", 1)}}};
    head.column(ColumnKind::kSymbols) = {3, 5000, {{8, base::sha256("b", 1)}, {UINT64_MAX, base::sha256("c", 1)}}};
    head.aliases = {"/usr/lib/a.dylib", "\xff"};
    head.stabs = 12;
    head.redacted = 13;
    head.unmapped_locals = 14;
    return head;
}

inline Firmware sample_firmware() {
    Firmware firmware;
    firmware.name = "iOS 26.0.1";
    firmware.id = UINT32_MAX;
    firmware.complete = true;
    firmware.identity = std::string(32, '\xfe');
    firmware.source_path = "/caches/\xff";
    firmware.kind = "dyld_shared_cache";
    firmware.arch = "arm64e";
    firmware.platform = 2;
    firmware.os_version = 0x1a0001;
    firmware.uuid = std::string(16, '\0');
    firmware.files = {{"cache", UINT64_MAX, std::string(16, 'u')}, {"cache.01", 1, ""}};
    firmware.images = 4600;
    firmware.failed = 3;
    firmware.warnings = {"one", ""};
    firmware.tool_version = "0.1.0";
    firmware.extracted_bytes = 1ULL << 40;
    return firmware;
}

}  // namespace strata::record
