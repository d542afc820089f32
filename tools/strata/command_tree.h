// Looking at the command line as CLI11 holds it: what manual pages and shell completions are made from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tool {

/// One option or positional of a command.
struct OptionInfo {
    std::vector<std::string> names;  ///< "-o", "--output"; empty for a positional
    std::string positional;          ///< "OLD"; empty for an option
    std::string value;               ///< "DIR", "{text,json}"; empty for a flag
    std::vector<std::string> choices;
    std::string description;
    std::string default_value;
    bool required = false;
    bool repeated = false;  ///< takes any number of values
    bool is_path = false;   ///< a shell should complete file names

    /// "FIRMWARE ..." of a positional.
    std::string synopsis() const;
    bool is_flag() const { return positional.empty() && value.empty(); }
};

/// The commands that help shows, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// Options and positionals of a command that help shows, --help first.
std::vector<OptionInfo> options_of(const CLI::App& command);

/// At most one option of the group may be given. CLI11's require_option() says so without naming those that were.
void exclude_each_other(CLI::App& group);

}  // namespace tool
