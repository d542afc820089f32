// Static archives (`ar`): BSD's form (Apple's: long names as "#1/LENGTH", the name before the member's bytes) and the
// GNU form (long names in a table, "/OFFSET"). After <ar.h> and LLVM's reading of both.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.h"

namespace strata::macho {

/// Whether `file` starts like an archive, thin ones (which hold no bytes of their members) included. Never throws.
bool is_archive(base::ByteView file);

/// Calls `visit` with each member in file order, its name without padding; tables of symbols and of names are left out.
/// Names may repeat. Throws Error(kInput) when a header is malformed or a member leaves the file; members before it
/// were visited. Thin archives are refused.
void walk_archive(base::ByteView file, const std::function<void(std::string_view name, base::ByteView bytes)>& visit);

}  // namespace strata::macho
