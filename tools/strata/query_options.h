// Options that several queries share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options.h"
#include "query/pattern.h"

namespace tool {

/// How a pattern is meant: at most one of these.
struct PatternOptions {
    bool exact = false;
    bool prefix = false;
    bool glob = false;
    bool regex = false;

    /// Flags beside a positional PATTERN.
    void add_flags(const Command& command);
    strata::query::Match match() const;
};

/// --json ("One JSON object a line") and the options of all commands.
void add_query_options(const Command& command, Common& common);

/// --jobs.
void add_jobs_option(const Command& command, Common& common);

/// An unsigned number, decimal or hexadecimal with 0x. Throws Error(kUsage) naming `what`.
uint64_t parse_number(std::string_view text, const char* what);

}  // namespace tool
