#include "report/facts_json.h"

#include <set>

#include "base/text.h"
#include "diff/functions_of.h"
#include "macho/names.h"
#include "record/facts.h"
#include "record/layout.h"
#include "record/strings.h"
#include "record/symbols.h"

namespace strata::report {
namespace {

using record::ColumnKind;
using record::Head;

constexpr size_t kDrainAt = 64U << 10;

/// Writes one image member by member.
class ImageWriter {
  public:
    using Write = std::function<void(std::string_view)>;

    ImageWriter(const Write& write, store::Reader& reader, const Head& head)
        : write_(write), reader_(reader), head_(head) {}

    void write(const record::Firmware& firmware, std::string_view path) {
        json_.begin_object().field("firmware", firmware.name).field("path", path);
        if (head_.failure) {
            json_.field("status", "failed").key("error");
            write_failure(json_, *head_.failure);
        } else {
            write_facts();
        }
        json_.end_object();
        write_(json_.drain() + "\n");
    }

  private:
    void write_facts() {
        const auto& chunks = head_.column(ColumnKind::kLayout).chunks;
        if (chunks.size() != 1) record::fail_record("image head", "has no layout column");
        const store::Lease lease = reader_.column(chunks.front().id);
        const auto layout = record::decode_layout(lease.message());
        write_scalars(layout);
        write_dependencies(layout);
        write_sections(layout);
        write_load_commands(layout);
        write_symbols();
        write_functions();
        write_strings();
        write_exports();
        for (const auto kind : record::kFactsColumns) write_facts(kind);
    }

    void write_scalars(const record::Layout& layout) {
        const auto version = [&](uint32_t packed) {
            return head_.has_build_version ? base::version_text(packed) : std::string();
        };
        json_.field("uuid", base::uuid_text(head_.uuid));
        json_.field("source_version", head_.source_version ? base::source_version_text(*head_.source_version) : "");
        json_.field("platform", macho::platform_name(layout.platform));
        json_.field("min_os", version(head_.min_os)).field("sdk", version(head_.sdk));
        json_.field("arch", macho::arch_name(layout.cpu_type, layout.cpu_subtype));
        json_.field("file_type", macho::file_type_name(layout.file_type));
        json_.field("flags", layout.flags).field("address", head_.address).field("install_name", layout.install_name);
        json_.key("aliases").begin_array();
        for (const auto& alias : head_.aliases) json_.text(alias);
        json_.end_array();
    }

    void write_dependencies(const record::Layout& layout) {
        json_.key("dependencies").begin_array();
        for (size_t i = 0; i < layout.dependencies.size(); ++i) {
            const auto& dependency = layout.dependencies[i];
            json_.begin_object().field("name", dependency.name);
            json_.field("kind", macho::dependency_kind_name(static_cast<macho::DependencyKind>(dependency.kind)));
            if (i * 2 + 1 < head_.dependency_versions.size()) {
                json_.field("current_version", base::version_text(head_.dependency_versions[i * 2]));
                json_.field("compatibility_version", base::version_text(head_.dependency_versions[i * 2 + 1]));
            }
            json_.end_object();
        }
        json_.end_array();
    }

    void write_sections(const record::Layout& layout) {
        json_.key("sections").begin_array();
        for (size_t i = 0; i < layout.sections.size(); ++i) {
            const auto& section = layout.sections[i];
            json_.begin_object().field("segment", section.segment).field("section", section.name);
            if (i < head_.section_addresses.size()) json_.field("address", head_.section_addresses[i]);
            json_.field("size", section.size)
                .field("type", section.flags & macho::kSectionTypeMask)
                .field("flags", section.flags);
            write_digests(section, i);
            json_.end_object();
        }
        json_.end_array();
    }

    /// SHA-256 of the raw bytes (the first 16 bytes are kept), and the digest free of order and build noise where there
    /// is one.
    void write_digests(const record::Layout::Section& section, size_t index) {
        const auto hex = [](std::string_view bytes) {
            std::string text;
            for (const char byte : bytes) {
                static constexpr char kDigits[] = "0123456789abcdef";
                text += kDigits[static_cast<uint8_t>(byte) >> 4];
                text += kDigits[static_cast<uint8_t>(byte) & 15];
            }
            return text;
        };
        const size_t at = index * record::kSectionDigestSize;
        if (at + record::kSectionDigestSize <= head_.section_digests.size()) {
            const auto raw = head_.section_digests.substr(at, record::kSectionDigestSize);
            if (raw.find_first_not_of('\0') != std::string::npos) json_.field("sha256_128", hex(raw));
        }
        if (!section.literal_digest.empty()) json_.field("literal_digest", hex(section.literal_digest));
    }

    void write_load_commands(const record::Layout& layout) {
        json_.key("load_commands").begin_array();
        auto detail = layout.details.begin();
        for (const uint32_t command : layout.load_commands) {
            json_.begin_object().field("command", macho::load_command_name(command));
            if (detail != layout.details.end() && detail->command == command) json_.field("text", (detail++)->text);
            json_.end_object();
        }
        json_.end_array();
        json_.key("segments").begin_array();
        for (size_t i = 0; i < layout.segments.size(); ++i) {
            const auto& segment = layout.segments[i];
            json_.begin_object().field("segment", segment.name);
            if (i < head_.segment_addresses.size()) json_.field("address", head_.segment_addresses[i]);
            json_.field("max_prot", segment.max_prot)
                .field("init_prot", segment.init_prot)
                .field("flags", segment.flags)
                .end_object();
        }
        json_.end_array();
    }

    void write_symbols() {
        json_.key("symbols").begin_array();
        for_each_symbol([&](const record::SymbolsView& symbols, const record::PlacesView& places, uint64_t i) {
            json_.begin_object()
                .field("name", symbols.name(i))
                .field("kind", record::symbol_kind_name(symbols.kind(i)));
            const auto place = places.place(i);
            if (place.section != record::kNoPlace)
                json_.field("address", diff::address_of(head_, place.section, place.offset));
            if (const auto dylib = symbols.dylib(i); !dylib.empty()) json_.field("dylib", dylib);
            if (const auto target = symbols.target(i); !target.empty()) json_.field("target", target);
            if ((symbols.flags(i) & record::kSymbolExported) != 0) json_.key("exported").boolean(true);
            if ((symbols.flags(i) & record::kSymbolWeak) != 0) json_.key("weak").boolean(true);
            json_.end_object();
            drain();
        });
        json_.end_array();
    }

    template <typename Visit>
    void for_each_symbol(const Visit& visit) {
        const auto& symbols = head_.column(ColumnKind::kSymbols).chunks;
        const auto& places = head_.column(ColumnKind::kPlaces).chunks;
        if (symbols.size() != places.size()) record::fail_record("image head", "symbols and places differ in chunks");
        for (size_t chunk = 0; chunk < symbols.size(); ++chunk) {
            const store::Lease symbol_lease = reader_.column(symbols[chunk].id);
            const store::Lease place_lease = reader_.column(places[chunk].id);
            const record::SymbolsView symbol_view(symbol_lease.message());
            const record::PlacesView place_view(place_lease.message());
            if (symbol_view.size() != place_view.size())
                record::fail_record("places column", "is not as long as its symbols");
            for (uint64_t i = 0; i < symbol_view.size(); ++i) visit(symbol_view, place_view, i);
        }
    }

    void write_functions() {
        const auto functions = diff::functions_of(reader_, head_);
        json_.key("functions").begin_array();
        for (const auto& function : functions.items) {
            json_.begin_object().field("address", function.address).field("size", function.size);
            if (!function.name.empty()) json_.field("name", function.name);
            json_.end_object();
            drain();
        }
        json_.end_array();
    }

    void write_strings() {
        json_.key("strings").begin_array();
        for (const auto& chunk : head_.column(ColumnKind::kStrings).chunks) {
            const store::Lease lease = reader_.column(chunk.id);
            const record::StringsView view(lease.message());
            for (uint64_t i = 0; i < view.size(); ++i) {
                json_.begin_object().field("value", view.value(i)).field("section", view.section(i)).end_object();
                drain();
            }
        }
        json_.end_array();
    }

    void write_facts(ColumnKind kind) {
        json_.key(record::column_name(kind)).begin_array();
        for (const auto& chunk : head_.column(kind).chunks) {
            const store::Lease lease = reader_.column(chunk.id);
            const record::FactsView view(lease.message());
            for (uint64_t i = 0; i < view.size(); ++i) {
                const auto fact = view[i];
                json_.begin_object();
                if (!fact.owner.empty()) json_.field("owner", fact.owner);
                if (!fact.name.empty()) json_.field("name", fact.name);
                if (!fact.value.empty()) json_.field("value", fact.value);
                json_.end_object();
                drain();
            }
        }
        json_.end_array();
    }

    void write_exports() {
        json_.key("exports").begin_array();
        std::string last;
        bool first = true;
        for_each_symbol([&](const record::SymbolsView& symbols, const record::PlacesView&, uint64_t i) {
            const auto name = symbols.name(i);
            if ((symbols.flags(i) & record::kSymbolExported) == 0 || (!first && name == last)) return;
            json_.text(name);
            last = name;
            first = false;
            drain();
        });
        json_.end_array();
    }

    void drain() {
        if (json_.size() >= kDrainAt) write_(json_.drain());
    }

    const Write& write_;
    store::Reader& reader_;
    const Head& head_;
    JsonWriter json_;
};

}  // namespace

void write_firmware_fields(JsonWriter& json, const record::Firmware& firmware) {
    json.field("name", firmware.name).field("state", firmware.complete ? "complete" : "indexing");
    json.field("kind", firmware.kind);
    json.field("arch", firmware.arch).field("platform", macho::platform_name(firmware.platform));
    json.field("os_version", firmware.os_version == 0 ? "" : base::version_text(firmware.os_version));
    json.field("uuid", base::uuid_text(firmware.uuid))
        .field("images", firmware.images)
        .field("failed", firmware.failed);
    json.field("source", firmware.source_path).field("source_bytes", firmware.source_bytes());
    json.field("tool_version", firmware.tool_version).field("schema", firmware.schema_version);
    json.key("files").begin_array();
    for (const auto& file : firmware.files)
        json.begin_object()
            .field("name", file.name)
            .field("size", file.size)
            .field("uuid", base::uuid_text(file.uuid))
            .end_object();
    json.end_array();
    json.key("sources").begin_array();
    for (const auto& source : firmware.sources)
        json.begin_object()
            .field("kind", source.kind)
            .field("path", source.path)
            .field("images", source.images)
            .field("failed", source.failed)
            .end_object();
    json.end_array();
    json.key("warnings").begin_array();
    for (const auto& warning : firmware.warnings) json.text(warning);
    json.end_array();
}

void write_failure(JsonWriter& json, const record::Failure& failure) {
    json.begin_object();
    if (!failure.file.empty()) json.field("file", failure.file);
    if (failure.offset) json.field("offset", *failure.offset);
    if (!failure.expected.empty()) json.field("expected", failure.expected);
    json.field("message", failure.message).end_object();
}

std::string image_line(std::string_view path, const Head& head) {
    JsonWriter json;
    json.begin_object().field("path", path);
    if (head.failure) {
        json.field("status", "failed").key("error");
        write_failure(json, *head.failure);
    } else {
        json.field("status", "ok").field("uuid", base::uuid_text(head.uuid));
        json.field("source_version", head.source_version ? base::source_version_text(*head.source_version) : "");
        json.field("address", head.address);
        for (const auto kind : record::kColumnKinds)
            if (kind != ColumnKind::kLayout && kind != ColumnKind::kPlaces)
                json.field(record::column_name(kind), head.column(kind).count);
        json.key("aliases").begin_array();
        for (const auto& alias : head.aliases) json.text(alias);
        json.end_array();
    }
    json.end_object();
    return json.drain();
}

void write_image(const std::function<void(std::string_view)>& write, store::Reader& reader,
                 const record::Firmware& firmware, std::string_view path, const Head& head) {
    ImageWriter(write, reader, head).write(firmware, path);
}

}  // namespace strata::report
