// The order of firmwares in time, told by their versions and builds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// Whether `a` is an earlier release than `b`, as far as it can be told: by platform, architecture, OS version, then by
/// the Apple build number in the name (22A5282m, a seed, comes before 22A339), then by the names read as versions
/// (1.9 before 1.10, 26.0b2 before 26.0), then by the names' bytes. A strict order.
bool is_earlier(const record::Firmware& a, const record::Firmware& b);

/// The order of two names read as versions: negative, 0 or positive.
int compare_version_names(std::string_view a, std::string_view b);

/// The build number in a name, such as "22A5282m"; empty when there is none.
std::string_view build_in(std::string_view name);

/// The firmwares of these names, each once, in version order; `names` empty: all. Throws Error(kUsage) for a name that
/// is not there.
std::vector<record::Firmware> firmwares_by_version(store::Reader& reader, const std::vector<std::string>& names);

/// The firmwares of these names in the order given; empty: all in version order.
std::vector<record::Firmware> firmwares_in_order(store::Reader& reader, const std::vector<std::string>& order);

}  // namespace strata::query
