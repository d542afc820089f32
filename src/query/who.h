// Who needs an image or one of its symbols, within one firmware.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/stop.h"
#include "record/firmware.h"
#include "store/reader.h"

namespace strata::query {

/// An image that needs another; texts are borrowed for the time of the call.
struct User {
    std::string_view image;
    std::string_view dependency;  ///< kind of its direct dependency: "load", "weak", ...; empty when it has none
    uint64_t imports = 0;         ///< symbols of the image that it imports (or the one asked for: 1)
    /// The library through which they are imported, when it is not the image itself but one that re-exports it.
    std::string_view via;
};
using OnUser = std::function<void(const User&)>;

struct WhoOptions {
    std::optional<std::string> symbol;  ///< only users of this one
    unsigned jobs = 0;
    const base::StopFlag* stop = nullptr;
};

/// Calls `on_user` for every image that depends on `image` (a path of the firmware) or imports from it, by path;
/// one call for each library it imports through. Libraries that re-export the image (by a dependency of that kind, over
/// any number of steps) count as the image where the image has the symbol: libSystem's users are users of
/// libsystem_malloc. Memory: one batch of images. Throws Error(kUsage) when the image is not there.
void who(store::Reader& reader, const record::Firmware& firmware, const std::string& image, const WhoOptions& options,
         const OnUser& on_user);

}  // namespace strata::query
