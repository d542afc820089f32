// Errors of the layers as the public API throws them.
#pragma once

#include "base/error.h"
#include "strata/strata.h"

namespace strata {

/// Runs one call, turning the layers' errors into the public one.
template <typename Call>
auto guarded(const Call& call) {
    try {
        return call();
    } catch (const base::Error& error) {
        const bool store = error.kind() == base::ErrorKind::kStore;
        throw Failure(store                                     ? Failure::Kind::kStore
                      : error.kind() == base::ErrorKind::kUsage ? Failure::Kind::kUsage
                                                                : Failure::Kind::kInput,
                      error.what());
    }
}

}  // namespace strata
