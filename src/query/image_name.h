// Images as people name them.
#pragma once

#include <string>
#include <string_view>

#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// "CoreFoundation" of ".../CoreFoundation.framework/CoreFoundation".
std::string_view base_name(std::string_view path);

/// The path of the image that `name` means in a firmware: that path itself, an alias, or a last component that only one
/// image has. Throws Error(kUsage) when there is none, or more than one (which it lists).
std::string resolve_image(store::Reader& reader, const record::Firmware& firmware, std::string_view name);

}  // namespace strata::query
