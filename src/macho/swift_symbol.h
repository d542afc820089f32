// Names of Swift types and protocols from the symbols of their descriptors, where the mangling is plain.
#pragma once

#include <string>
#include <string_view>

namespace strata::macho {

/// "Foundation.Data" for "_$s10Foundation4DataVMn", "Swift.Hashable" for "_$sSHMp". Knows module, nested nominal types
/// and the standard library's abbreviations (docs/ABI/Mangling.rst); empty for everything else: generics,
/// substitutions, private names. This is no demangler: a name that it gives is the one that the descriptor itself has.
std::string plain_swift_name(std::string_view symbol);

}  // namespace strata::macho
