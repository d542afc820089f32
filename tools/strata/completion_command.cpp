#include <cstdio>
#include <memory>

#include "completion.h"
#include "options.h"

namespace tool {
namespace {

int completion(const CLI::App& app, const std::string& shell) {
    const std::string script = shell == "bash"  ? bash_completion(app)
                               : shell == "zsh" ? zsh_completion(app)
                                                : fish_completion(app);
    std::fputs(script.c_str(), stdout);
    return kDone;
}

}  // namespace

void add_completion(const Command& program, Run& run) {
    auto shell = std::make_shared<std::string>();
    const Command command = program.subcommand("completion", "Print a completion script for a shell");
    command.option("SHELL", *shell, "The shell to complete commands in").required().one_of({"bash", "zsh", "fish"});
    command.footer(
        "Examples:\n"
        "  strata completion bash > ~/.local/share/bash-completion/completions/strata\n"
        "  strata completion zsh > ~/.zfunc/_strata\n"
        "  strata completion fish > ~/.config/fish/completions/strata.fish");
    command.runs(run, [shell, program] { return completion(program.app(), *shell); });
}

}  // namespace tool
