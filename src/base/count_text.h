// Counts in messages and reports for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strata::base {

/// "1 image", "2 images", "0 images". For nouns that only take an s.
inline std::string count_text(uint64_t count, std::string_view noun) {
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace strata::base
