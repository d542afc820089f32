// Encoding and reading of image heads (schema/head.capnp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/column.h"

namespace strata::record {

/// Why an image could not be read.
struct Failure {
    std::string file;
    std::optional<uint64_t> offset;
    std::string message;
    std::string expected;

    static Failure from(const base::Error& error);
};

/// One chunk of a column as a head refers to it.
struct ChunkRef {
    uint64_t id = 0;  ///< key in the `columns` family
    base::Digest digest;
    uint32_t bytes = 0;  ///< of the message
};

/// All chunks of one kind.
struct ColumnRef {
    uint64_t count = 0;  ///< entries
    uint64_t bytes = 0;  ///< of all messages
    std::vector<ChunkRef> chunks;

    bool same_content(const ColumnRef& other) const;
};

/// A head as plain values: a few kilobytes, owns everything.
struct Head {
    std::string uuid;  ///< 16 bytes or empty
    std::optional<uint64_t> source_version;
    bool has_build_version = false;
    uint32_t min_os = 0;
    uint32_t sdk = 0;
    uint64_t address = 0;
    std::vector<uint64_t> segment_addresses;
    std::vector<uint64_t> section_addresses;
    std::string section_digests;                ///< 16 bytes a section
    std::vector<uint32_t> dependency_versions;  ///< current, compatibility a dependency
    std::array<ColumnRef, kColumnKinds.size()> columns;
    std::vector<std::string> aliases;
    std::optional<Failure> failure;
    uint32_t stabs = 0;            ///< debugging entries of the symbol table: counted, not kept
    uint32_t redacted = 0;         ///< entries of the symbol table named "<redacted>"
    uint32_t unmapped_locals = 0;  ///< local symbols from outside the image
    uint16_t source = 0;  ///< index into the firmware's sources

    const ColumnRef& column(ColumnKind kind) const { return columns[static_cast<size_t>(kind)]; }
    ColumnRef& column(ColumnKind kind) { return columns[static_cast<size_t>(kind)]; }
};

inline constexpr size_t kSectionDigestSize = 16;

Message encode_head(const Head& head);

/// Throws Error(kStore) on damage.
Head decode_head(std::string_view message);

}  // namespace strata::record
