// Shell completions, made from what --help is made from.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tool {

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace tool
