// C++ names as their authors wrote them. Swift and Rust names stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace strata::query {

/// The demangled form of an Itanium C++ name, with or without Mach-O's leading underscore and with a block's
/// `_block_invoke` behind; empty when it is none.
///
/// The names come from strangers, and a few dozen back-references can stand for gigabytes of text (each may double it).
/// A name that could grow beyond 64 MiB by that count is left as it is; so are names of more than 1,024 bytes, at which
/// the demangler of GCC's library stops by itself.
std::string demangle(std::string_view name);

}  // namespace strata::query
