// Text from files is bytes: these make it safe to print, without losing which bytes they were.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strata::base {

/// UTF-8 text that stands for `bytes` and can be turned back into them: valid UTF-8 stays, any other byte becomes \xHH
/// (four characters, upper-case digits), and a backslash that would read as such an escape becomes \x5C.
std::string printable(std::string_view bytes);

/// The inverse of printable().
std::string unprintable(std::string_view text);

/// printable(), and control characters as \xHH too: what may be sent to a terminal or a line of text.
std::string terminal_safe(std::string_view bytes);

/// "8E68174B-502C-3A48-BFB9-DAD3A5BCC558"; 16 bytes in, empty when all are zero or the size is not 16.
std::string uuid_text(std::string_view uuid);

/// "1234.5.6.0.0": LC_SOURCE_VERSION's 24.10.10.10.10 bits (mach-o/loader.h).
std::string source_version_text(uint64_t packed);

/// "14.2.0": the xxxx.yy.zz nibbles of dylib and OS versions (mach-o/loader.h).
std::string version_text(uint32_t packed);

/// "1.5 GB": decimal units, for people.
std::string size_text(uint64_t bytes);

}  // namespace strata::base
