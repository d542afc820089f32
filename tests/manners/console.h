// Console examples of documents: what is typed and what is shown, run and compared.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace strata::manners {

/// One `$ command` of a ```console block with the lines shown after it.
struct Example {
    std::string command;  ///< lines continued with a backslash are joined
    std::vector<std::string> output;
    int line = 0;  ///< in the document, from 1
};

/// All examples of a Markdown text, in order.
std::vector<Example> examples_in(const std::string& markdown);

/// Whether a command printed what the document shows. A line `[...]` stands for any number of lines, `[...]` inside a
/// line for any text.
bool matches(const std::vector<std::string>& shown, const std::vector<std::string>& printed);

struct ShellResult {
    int exit_code = -1;
    std::string output;  ///< standard output and standard error, as a terminal would mix them
};

/// Runs `command` by bash in `directory`, with strata and dscgen on the PATH and a home of its own.
ShellResult run_shell(const std::string& command, const std::filesystem::path& directory);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace strata::manners
