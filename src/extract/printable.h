// Finding C strings among other constants, where nothing says where they are.
#pragma once

#include <functional>
#include <string_view>

namespace strata::extract {

/// Shorter runs are numbers that happen to be letters; longer ones are not one string (other languages put theirs
/// side by side without zeros).
inline constexpr size_t kShortestFound = 4;
inline constexpr size_t kLongestFound = 64U << 10;

/// Calls `visit` with each run of printable text that a NUL (or the end of `bytes`) ends: ASCII from space to tilde,
/// tab, line ends, and well-formed UTF-8. At least kShortestFound and at most kLongestFound bytes.
void walk_printable(std::string_view bytes, const std::function<void(std::string_view)>& visit);

/// The same for UTF-16LE at even offsets, ended by a zero unit: ASCII and Latin letters, each given as UTF-8. At least
/// kShortestFound characters. The view is only valid during the call.
void walk_printable_wide(std::string_view bytes, const std::function<void(std::string_view)>& visit);

}  // namespace strata::extract
