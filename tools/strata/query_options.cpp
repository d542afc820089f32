#include "query_options.h"

#include <charconv>

#include "base/error.h"

namespace tool {

void PatternOptions::add_flags(const Command& command) {
    const Command group = command.group("match", "How PATTERN is meant");
    group.flag("--exact", exact, "The whole text (default)");
    group.flag("--prefix", prefix, "The beginning of the text");
    group.flag("--glob", glob, "The whole text, with * ? [a-z] [!a-z]; \\ before one of them takes it as it is");
    group.flag("--regex", regex, "Any part of the text; RE2's syntax");
    group.exclude_each_other();
}

strata::query::Match PatternOptions::match() const {
    using strata::query::Match;
    if (prefix) return Match::kPrefix;
    if (glob) return Match::kGlob;
    return regex ? Match::kRegex : Match::kExact;
}

void add_query_options(const Command& command, Common& common) {
    command.flag("--json", common.json, "One JSON object a line");
    add_common_options(command, common);
}

void add_jobs_option(const Command& command, Common& common) {
    command.option("--jobs,-j", common.jobs, "Threads (default: all cores); the output does not depend on it")
        .range(1, 1024);
}

uint64_t parse_number(std::string_view text, const char* what) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
        throw strata::base::Error::usage("\"" + std::string(text) + "\" is no " + what +
                                         ": expected a decimal number, or a hexadecimal one with 0x");
    return value;
}

}  // namespace tool
