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

void add_completion(CLI::App& app, Run& run) {
    auto shell = std::make_shared<std::string>();
    auto* command = app.add_subcommand("completion", "Print a completion script for a shell");
    command->add_option("SHELL", *shell, "The shell to complete commands in")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer(
        "Examples:\n"
        "  strata completion bash > ~/.local/share/bash-completion/completions/strata\n"
        "  strata completion zsh > ~/.zfunc/_strata\n"
        "  strata completion fish > ~/.config/fish/completions/strata.fish");
    command->callback([shell, &app, &run] { run = [shell, &app] { return completion(app, *shell); }; });
}

}  // namespace tool
