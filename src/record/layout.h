// Encoding and reading of the layout column (schema/layout.capnp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/column.h"

namespace strata::record {

/// The layout of an image as plain values; texts are borrowed (from the input when encoding, from the record when
/// read).
struct Layout {
    struct Segment {
        std::string_view name;
        uint32_t max_prot = 0;
        uint32_t init_prot = 0;
        uint32_t flags = 0;
        auto operator<=>(const Segment&) const = default;
    };
    struct Section {
        std::string_view segment;
        std::string_view name;
        uint64_t size = 0;
        uint32_t flags = 0;
        uint32_t align = 0;
        std::string literal_digest;  ///< 32 bytes or empty
    };
    struct Dependency {
        std::string_view name;
        uint8_t kind = 0;  ///< macho::DependencyKind
        auto operator<=>(const Dependency&) const = default;
    };
    struct Detail {
        uint32_t command = 0;
        std::string_view text;
        auto operator<=>(const Detail&) const = default;
    };

    uint32_t cpu_type = 0;
    uint32_t cpu_subtype = 0;
    uint32_t file_type = 0;
    uint32_t flags = 0;
    uint32_t platform = 0;
    std::string_view install_name;
    std::vector<Segment> segments;
    std::vector<Section> sections;
    std::vector<Dependency> dependencies;
    std::vector<uint32_t> load_commands;
    std::vector<Detail> details;
};

Chunk encode_layout(const Layout& layout);

/// Decodes a record; the result views `message`. Throws Error(kStore) on damage.
Layout decode_layout(std::string_view message);

}  // namespace strata::record
