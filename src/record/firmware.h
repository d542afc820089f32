// Encoding and reading of firmware manifests (schema/firmware.capnp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/message.h"

namespace strata::record {

/// Bumped when the meaning of stored records changes; a store of another version is refused, and so is a
/// bundle: facts of the same file would differ for no other reason than which strata read it.
inline constexpr uint32_t kSchemaVersion = 3;

struct SourceFile {
    std::string name;
    uint64_t size = 0;  ///< bytes
    std::string uuid;   ///< 16 bytes or empty
};

/// One of the sources that a firmware was built from.
struct FirmwareSource {
    std::string identity;  ///< 32 bytes
    std::string kind;
    std::string path;
    uint64_t images = 0;
    uint64_t failed = 0;
    bool complete = false;
};

/// A manifest as plain values.
struct Firmware {
    std::string name;  ///< the key; not in the record
    uint32_t id = 0;
    bool complete = false;
    std::string identity;  ///< 32 bytes
    std::string source_path;
    std::string kind;
    std::string arch;
    uint32_t platform = 0;
    uint32_t os_version = 0;
    std::string uuid;
    std::vector<SourceFile> files;
    uint64_t images = 0;
    uint64_t failed = 0;
    std::vector<std::string> warnings;
    std::string tool_version;
    uint32_t schema_version = kSchemaVersion;
    uint64_t extracted_bytes = 0;
    bool frozen = false;
    std::vector<FirmwareSource> sources;

    uint64_t source_bytes() const;
};

Message encode_firmware(const Firmware& firmware);

/// Throws Error(kStore) on damage or when the record is of a newer schema.
Firmware decode_firmware(std::string_view name, std::string_view message);

}  // namespace strata::record
