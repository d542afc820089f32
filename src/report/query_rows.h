// Answers of queries as lines: JSON (docs/json.md), or text with tabs between the fields. Each ends with a line end.
#pragma once

#include <string>
#include <string_view>

#include "query/find.h"
#include "query/lookup.h"
#include "query/similar.h"
#include "query/symbols.h"
#include "query/who.h"

namespace strata::report {

std::string hit_json(const query::Hit& hit);
std::string hit_text(const query::Hit& hit);

/// `image`: its path. `demangle`: C++ names as they were written.
std::string symbol_json(std::string_view firmware, std::string_view image, const query::Symbol& symbol, bool demangle);
/// `with_image`: the path comes first.
std::string symbol_text(std::string_view image, const query::Symbol& symbol, bool with_image, bool demangle);

/// `given`: the address as it was asked for, before the slide was taken off. No location: nothing is there.
std::string location_json(std::string_view firmware, uint64_t given, uint64_t address,
                          const std::optional<query::Location>& location);
std::string location_text(uint64_t given, const std::optional<query::Location>& location, bool demangle);

std::string user_json(const query::User& user);
std::string user_text(const query::User& user);

std::string similar_json(std::string_view firmware, const query::SimilarImage& image);
std::string similar_text(const query::SimilarImage& image);

}  // namespace strata::report
