// The texts that __DATE__, __TIME__ and __TIMESTAMP__ leave in a binary.
#pragma once

#include <string_view>

namespace strata::diff {

/// "<TIME>", "<DATE>", "<DATE TIME>" or "<TIMESTAMP>" when the whole of `value` is such a text, else empty. Nothing
/// inside a longer text is looked at, so that a sentence with a date in it stays what it is. Allocates nothing.
///   HH:MM:SS
///   Mmm [ d]d YYYY, with nothing, a blank or a slash and HH:MM:SS after it
///   Www Mmm [ d]d HH:MM:SS [time zone: 2 to 5 capitals] YYYY
std::string_view timestamp_form(std::string_view value);

}  // namespace strata::diff
