#include "record/layout.h"

#include "schema/layout.capnp.h"

namespace strata::record {

Chunk encode_layout(const Layout& layout) {
    auto builder = sized_builder(4096 + layout.sections.size() * 160 + layout.dependencies.size() * 160);
    auto root = builder.initRoot<schema::Layout>();
    root.setCpuType(layout.cpu_type);
    root.setCpuSubtype(layout.cpu_subtype);
    root.setFileType(layout.file_type);
    root.setFlags(layout.flags);
    root.setPlatform(layout.platform);
    root.setInstallName(text_of(layout.install_name));
    auto segments = root.initSegments(static_cast<uint32_t>(layout.segments.size()));
    for (uint32_t i = 0; i < segments.size(); ++i) {
        segments[i].setName(text_of(layout.segments[i].name));
        segments[i].setMaxProt(layout.segments[i].max_prot);
        segments[i].setInitProt(layout.segments[i].init_prot);
        segments[i].setFlags(layout.segments[i].flags);
    }
    auto sections = root.initSections(static_cast<uint32_t>(layout.sections.size()));
    for (uint32_t i = 0; i < sections.size(); ++i) {
        const auto& section = layout.sections[i];
        sections[i].setSegment(text_of(section.segment));
        sections[i].setName(text_of(section.name));
        sections[i].setSize(section.size);
        sections[i].setFlags(section.flags);
        sections[i].setAlign(section.align);
        sections[i].setLiteralDigest(data_of(section.literal_digest));
    }
    auto dependencies = root.initDependencies(static_cast<uint32_t>(layout.dependencies.size()));
    for (uint32_t i = 0; i < dependencies.size(); ++i) {
        dependencies[i].setName(text_of(layout.dependencies[i].name));
        dependencies[i].setKind(layout.dependencies[i].kind);
    }
    auto commands = root.initLoadCommands(static_cast<uint32_t>(layout.load_commands.size()));
    for (uint32_t i = 0; i < commands.size(); ++i) commands.set(i, layout.load_commands[i]);
    auto details = root.initDetails(static_cast<uint32_t>(layout.details.size()));
    for (uint32_t i = 0; i < details.size(); ++i) {
        details[i].setCommand(layout.details[i].command);
        details[i].setText(text_of(layout.details[i].text));
    }
    return make_chunk(ColumnKind::kLayout, 1, builder);
}

Layout decode_layout(std::string_view message) {
    MessageView view(message, "layout column", Access::kOnce);
    return guarded("layout column", [&] {
        const auto root = view.root<schema::Layout>();
        Layout layout;
        layout.cpu_type = root.getCpuType();
        layout.cpu_subtype = root.getCpuSubtype();
        layout.file_type = root.getFileType();
        layout.flags = root.getFlags();
        layout.platform = root.getPlatform();
        layout.install_name = view_of(root.getInstallName());
        for (const auto segment : root.getSegments())
            layout.segments.push_back(
                {view_of(segment.getName()), segment.getMaxProt(), segment.getInitProt(), segment.getFlags()});
        for (const auto section : root.getSections())
            layout.sections.push_back({view_of(section.getSegment()), view_of(section.getName()), section.getSize(),
                                       section.getFlags(), section.getAlign(),
                                       std::string(view_of(section.getLiteralDigest()))});
        for (const auto dependency : root.getDependencies())
            layout.dependencies.push_back({view_of(dependency.getName()), dependency.getKind()});
        for (const uint32_t command : root.getLoadCommands()) layout.load_commands.push_back(command);
        for (const auto detail : root.getDetails())
            layout.details.push_back({detail.getCommand(), view_of(detail.getText())});
        return layout;
    });
}

}  // namespace strata::record
