// The functions of one image with their names and addresses, put together from its columns.
#pragma once

#include <string>
#include <vector>

#include "diff/function_match.h"
#include "record/head.h"
#include "record/layout.h"
#include "store/reader.h"

namespace strata::diff {

/// Functions in address order; names view `leases`. 48 bytes a function, 64 a symbol while it is being built.
struct ImageFunctions {
    std::vector<FunctionItem> items;
    std::vector<store::Lease> leases;
};

/// Reads the functions, code, symbols and places columns. Where several symbols name one address, an export wins, then
/// the name that sorts first.
ImageFunctions functions_of(store::Reader& reader, const record::Head& head);

/// The names of `addresses` (sorted), chosen in the same way; empty = none. Reads the symbols and places columns.
std::vector<std::string> names_of(store::Reader& reader, const record::Head& head,
                                  const std::vector<uint64_t>& addresses);

/// The address of a place inside an image; the value itself for far places.
uint64_t address_of(const record::Head& head, uint16_t section, uint64_t offset);

}  // namespace strata::diff
