// Facts that building or signing changes by itself. They are stored and shown as they are; when nothing else differs,
// the image is "rebuilt", not "updated" (docs/decisions.md).
#pragma once

#include <span>
#include <string_view>

#include "diff/fact_difference.h"

namespace strata::diff {

struct BuildFact {
    const char* owner;  ///< of the signature column
    const char* name;   ///< all names that begin so, when it ends in '*'
    const char* why;
};

/// All of them: the policy, to be read in one go.
std::span<const BuildFact> build_facts();

/// Whether a fact of a column is one of them.
bool is_build_fact(record::ColumnKind kind, std::string_view owner, std::string_view name);

/// Whether all that differs is build facts, or the identifier that a linker or `codesign` made up for a build.
bool has_only_build_facts(const FactGroup& group);

/// An identifier without the suffix that makes it unique to a build: `codesign` appends "-55554944" ("UUID" in
/// hexadecimal) and the image's uuid, or "-" and a SHA-1, where it is given no identifier; rustc's file names end in
/// "-" and 16 digits.
std::string_view stable_identifier(std::string_view identifier);

}  // namespace strata::diff
