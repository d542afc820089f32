#include "record/firmware.h"

#include "schema/firmware.capnp.h"

namespace strata::record {

uint64_t Firmware::source_bytes() const {
    uint64_t total = 0;
    for (const auto& file : files) total += file.size;
    return total;
}

Message encode_firmware(const Firmware& firmware) {
    auto builder = sized_builder(8192);
    auto root = builder.initRoot<schema::Firmware>();
    root.setId(firmware.id);
    root.setState(firmware.complete ? schema::Firmware::State::COMPLETE : schema::Firmware::State::INDEXING);
    root.setIdentity(data_of(firmware.identity));
    root.setSourcePath(text_of(firmware.source_path));
    root.setKind(text_of(firmware.kind));
    root.setArch(text_of(firmware.arch));
    root.setPlatform(firmware.platform);
    root.setOsVersion(firmware.os_version);
    root.setUuid(data_of(firmware.uuid));
    auto files = root.initFiles(static_cast<uint32_t>(firmware.files.size()));
    for (uint32_t i = 0; i < files.size(); ++i) {
        files[i].setName(text_of(firmware.files[i].name));
        files[i].setSize(firmware.files[i].size);
        files[i].setUuid(data_of(firmware.files[i].uuid));
    }
    root.setImages(firmware.images);
    root.setFailed(firmware.failed);
    auto warnings = root.initWarnings(static_cast<uint32_t>(firmware.warnings.size()));
    for (uint32_t i = 0; i < warnings.size(); ++i) warnings.set(i, text_of(firmware.warnings[i]));
    root.setToolVersion(text_of(firmware.tool_version));
    root.setSchemaVersion(firmware.schema_version);
    root.setExtractedBytes(firmware.extracted_bytes);
    root.setFrozen(firmware.frozen);
    auto sources = root.initSources(static_cast<uint32_t>(firmware.sources.size()));
    for (uint32_t i = 0; i < sources.size(); ++i) {
        sources[i].setIdentity(data_of(firmware.sources[i].identity));
        sources[i].setKind(text_of(firmware.sources[i].kind));
        sources[i].setPath(text_of(firmware.sources[i].path));
        sources[i].setImages(firmware.sources[i].images);
        sources[i].setFailed(firmware.sources[i].failed);
        sources[i].setComplete(firmware.sources[i].complete);
    }
    return encode(builder);
}

namespace {

/// A store says its schema once, but a bundle brings firmwares of any.
void check_schema(const Firmware& firmware) {
    if (firmware.schema_version == kSchemaVersion) return;
    const bool older = firmware.schema_version < kSchemaVersion;
    throw base::Error::store("", "firmware " + firmware.name + " was indexed by " + (older ? "an older" : "a newer") +
                                     " strata (schema " + std::to_string(firmware.schema_version) +
                                     "; this one knows " + std::to_string(kSchemaVersion) + ")" +
                                     (older ? ": index it again" : ""));
}

}  // namespace

Firmware decode_firmware(std::string_view name, std::string_view message) {
    MessageView view(message, "firmware manifest", Access::kOnce);
    return guarded("firmware manifest", [&] {
        const auto root = view.root<schema::Firmware>();
        Firmware firmware;
        firmware.name = name;
        firmware.schema_version = root.getSchemaVersion();
        check_schema(firmware);
        firmware.id = root.getId();
        firmware.complete = root.getState() == schema::Firmware::State::COMPLETE;
        firmware.identity = view_of(root.getIdentity());
        firmware.source_path = view_of(root.getSourcePath());
        firmware.kind = view_of(root.getKind());
        firmware.arch = view_of(root.getArch());
        firmware.platform = root.getPlatform();
        firmware.os_version = root.getOsVersion();
        firmware.uuid = view_of(root.getUuid());
        for (const auto file : root.getFiles())
            firmware.files.push_back(
                {std::string(view_of(file.getName())), file.getSize(), std::string(view_of(file.getUuid()))});
        firmware.images = root.getImages();
        firmware.failed = root.getFailed();
        for (const auto warning : root.getWarnings()) firmware.warnings.emplace_back(view_of(warning));
        firmware.tool_version = view_of(root.getToolVersion());
        firmware.extracted_bytes = root.getExtractedBytes();
        firmware.frozen = root.getFrozen();
        for (const auto source : root.getSources())
            firmware.sources.push_back({std::string(view_of(source.getIdentity())),
                                        std::string(view_of(source.getKind())), std::string(view_of(source.getPath())),
                                        source.getImages(), source.getFailed(), source.getComplete()});
        return firmware;
    });
}

}  // namespace strata::record
