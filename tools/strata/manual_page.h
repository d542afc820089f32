// Manual pages, made from what --help is made from.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tool {

/// strata(1): the program, its commands, exit codes.
std::string program_page(const CLI::App& app);

/// strata-COMMAND(1).
std::string command_page(const CLI::App& command);

}  // namespace tool
