#include "diff/rules.h"

#include <algorithm>

#include "base/build_noise.h"

namespace strata::diff {
namespace {

constexpr std::string_view kCold = ".cold";

/// Length of `name` without its trailing counters.
size_t without_counters(std::string_view name) {
    size_t end = name.size();
    for (;;) {
        if (name.substr(0, end).ends_with(kCold)) {
            end -= kCold.size();
            continue;
        }
        size_t digits = end;
        while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') --digits;
        if (digits == end || digits == 0 || name[digits - 1] != '.') return end;
        end = digits - 1;
    }
}

}  // namespace

Normalised normalise_symbol(std::string_view name) {
    Normalised result = normalise_string(name);
    if (!result.fired) result.text = name;
    if (const size_t length = without_counters(result.text); length != result.text.size()) {
        result.text.resize(length);
        result.rule = Rule::kCounters;
        result.fired = true;
    }
    return result;
}

Normalised normalise_string(std::string_view value) {
    Normalised result;
    result.fired = base::without_build_paths(value, result.text);
    if (!result.fired) result.text = value;
    return result;
}

}  // namespace strata::diff
