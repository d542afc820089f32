// Bounds that extractors share: what one image may cost, whatever it says. No real image comes near.
#pragma once

#include <cstdint>

namespace strata::extract {

/// Names that an image tells one by one, added up: a hostile one may tell the same long name a million times.
inline constexpr uint64_t kMaxNameBytes = 32U << 20;
/// The largest real images have some hundred thousand.
inline constexpr uint64_t kMaxFunctions = 4U << 20;
/// Mapped bytes that are gone through between two reports of them, so that large sections do not become resident as a
/// whole.
inline constexpr uint64_t kTouchedStep = 1U << 20;

}  // namespace strata::extract
