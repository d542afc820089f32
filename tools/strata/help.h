// --help and messages about wrong usage, made from the same tree as manual pages and completions.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tool {

/// Lines of at most 80 columns, or of the terminal's, up to 100.
class HelpFormatter : public CLI::FormatterBase {
  public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// What is wrong, and what shows how it is done.
std::string usage_error(const CLI::App& app, const CLI::Error& error, const std::string& first_argument);

}  // namespace tool
