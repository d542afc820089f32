// Text as Go's standard library judges and quotes it (strconv.Quote, unicode.IsPrint): what `ipsw` prints strings with.
#pragma once

#include <string>
#include <string_view>

namespace strata::report {

/// The text between double quotes, with the escapes of a Go string literal: \n and its like, \xNN for other control
/// characters and bytes that are not UTF-8, \uNNNN and \UNNNNNNNN for other characters that are not printable.
std::string go_quoted(std::string_view text);

/// Whether every character is printable or white space. Bytes that are not UTF-8 count as printable.
bool is_go_text(std::string_view text);

}  // namespace strata::report
