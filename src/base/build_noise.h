// The parts of a build's temporary paths that differ every time the same source is built. Used where strings are
// digested at indexing and where noise rules are applied at diffing; the stored strings themselves stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace strata::base {

/// Replaces the changing part of Apple's build paths by a fixed word:
///   /Library/Caches/com.apple.xbs/<uuid>                          -> .../com.apple.xbs/<UUID>
///   /Library/Caches/com.apple.xbs[/<uuid>]/TemporaryDirectory.XXXXXX -> .../TemporaryDirectory.<TMP>
///   /AppleInternal/Library/BuildRoots/<name>                      -> .../BuildRoots/<BUILDROOT>
/// Returns false, and leaves `out` alone, when there is nothing to replace (nearly always; that path allocates
/// nothing).
bool without_build_paths(std::string_view text, std::string& out);

}  // namespace strata::base
