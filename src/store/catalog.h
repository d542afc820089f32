// Look-ups shared by the writer and by readers: manifests and heads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/firmware.h"
#include "record/head.h"
#include "store/database.h"

namespace strata::store {

std::optional<record::Firmware> find_firmware(Database& database, const std::string& name);

/// All firmwares, by name.
std::vector<record::Firmware> list_firmwares(Database& database);

/// Decodes a framed head as it lies in the store; copies it first when it is not aligned. Throws Error(kStore).
record::Head decode_stored_head(std::string_view value);

}  // namespace strata::store
