#include "extract/image_facts.h"

#include "extract/code_facts.h"
#include "extract/data_facts.h"
#include "extract/function_facts.h"
#include "extract/import_facts.h"
#include "extract/objc_facts.h"
#include "extract/section_facts.h"
#include "extract/signature_facts.h"
#include "extract/string_facts.h"
#include "extract/swift_facts.h"
#include "extract/symbol_facts.h"

namespace strata::extract {
namespace {

using macho::Image;

record::Layout layout_of(const Image& image, const SectionDigests& digests) {
    record::Layout layout;
    layout.cpu_type = image.cpu_type;
    layout.cpu_subtype = image.cpu_subtype;
    layout.file_type = image.file_type;
    layout.flags = image.flags;
    layout.platform = image.platform;
    layout.install_name = image.install_name;
    for (const auto& segment : image.segments)
        layout.segments.push_back({segment.name, segment.max_prot, segment.init_prot, segment.flags});
    for (size_t i = 0; i < image.sections.size(); ++i) {
        const auto& section = image.sections[i];
        layout.sections.push_back(
            {section.segment, section.name, section.size, section.flags, section.align, digests.literal[i]});
    }
    for (const auto& dependency : image.dependencies)
        layout.dependencies.push_back({dependency.name, static_cast<uint8_t>(dependency.kind)});
    layout.load_commands = image.commands;
    for (const auto& detail : image.details) layout.details.push_back({detail.command, detail.text});
    return layout;
}

record::Head head_of(const Image& image, const SectionDigests& digests) {
    record::Head head;
    if (image.uuid) head.uuid.assign(image.uuid->begin(), image.uuid->end());
    head.source_version = image.source_version;
    head.has_build_version = image.has_build_version;
    head.min_os = image.min_os;
    head.sdk = image.sdk;
    head.address = image.address;
    for (const auto& segment : image.segments) head.segment_addresses.push_back(segment.address);
    for (const auto& section : image.sections) head.section_addresses.push_back(section.address);
    head.section_digests = digests.raw;
    for (const auto& dependency : image.dependencies) {
        head.dependency_versions.push_back(dependency.current_version);
        head.dependency_versions.push_back(dependency.compatibility_version);
    }
    return head;
}

}  // namespace

record::Head extract_image(const ImageContext& context, const record::ChunkSink& sink) {
    const SectionDigests digests = digest_sections(context);
    record::Head head = head_of(context.image, digests);
    // Each chunk is counted on its way out; the store fills in ids only.
    const record::ChunkSink counting = [&](record::Chunk chunk) {
        auto& column = head.column(chunk.kind);
        column.count += chunk.count;
        column.bytes += chunk.message.size();
        column.chunks.push_back({0, chunk.digest, static_cast<uint32_t>(chunk.message.size())});
        sink(std::move(chunk));
    };
    counting(record::encode_layout(layout_of(context.image, digests)));
    AddressNames names;
    const SymbolCounts counts = extract_symbols(context, names, counting);
    head.stabs = counts.stabs;
    head.redacted = counts.redacted;
    head.unmapped_locals = counts.unmapped_locals;
    Meanings meanings(context, names);
    extract_code(context, extract_functions(context, counting), meanings, counting);
    extract_data(context, names, meanings, counting);
    extract_strings(context, counting);
    extract_imports(context, counting);
    extract_signature(context, counting);
    extract_objc(context, counting);
    extract_swift(context, counting);
    return head;
}

}  // namespace strata::extract
