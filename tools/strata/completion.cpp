#include "completion.h"

#include <CLI/CLI.hpp>

#include "command_tree.h"

namespace tool {
namespace {

// Names of firmwares come from the store, at the moment they are asked for: from that of --store, when it was given.
constexpr const char* kBashFirmwares =
    "_strata_firmwares() {\n"
    "    local i store=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        [ \"${COMP_WORDS[i]}\" != --store ] || store=(--store \"${COMP_WORDS[i+1]/#\\~/$HOME}\")\n"
    "    done\n"
    "    strata list --quiet \"${store[@]}\" 2>/dev/null | cut -f1\n"
    "}\n";
constexpr const char* kZshFirmwares =
    "_strata_firmwares() {\n"
    "    local -a names store\n"
    "    local -i at=${words[(I)--store]}\n"
    "    (( at )) && store=(--store ${(Q)words[at+1]/#\\~/$HOME})\n"
    "    names=(${(f)\"$(strata list --quiet $store 2>/dev/null | cut -f1)\"})\n"
    "    compadd -a names\n"
    "}\n";
constexpr const char* kFishFirmwares =
    "function __strata_firmwares\n"
    "    set -l words (commandline -opc)\n"
    "    set -l store\n"
    "    set -l at (contains -i -- --store $words)\n"
    "    and set store --store (string replace -r '^~' $HOME $words[(math $at + 1)])\n"
    "    strata list --quiet $store 2>/dev/null | cut -f1\n"
    "end\n";

/// Positionals that name a firmware of the store.
bool names_firmware(const OptionInfo& option) {
    return option.positional == "FIRMWARE" || option.positional == "FIRMWARES";
}

bool takes_firmware(const std::vector<OptionInfo>& options) {
    for (const auto& option : options)
        if (names_firmware(option)) return true;
    return false;
}

bool takes_file(const std::vector<OptionInfo>& options) {
    for (const auto& option : options)
        if (!option.positional.empty() && option.is_path) return true;
    return false;
}

/// 'text' for any of the three shells: quotes end the word and start it again.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// The first sentence is enough beside a menu.
std::string brief(const std::string& description) {
    return description.substr(0, description.find_first_of(";("));
}

std::string command_names(const CLI::App& app) {
    std::string names;
    for (const auto* command : commands_of(app)) names += (names.empty() ? "" : " ") + command->get_name();
    return names;
}

std::string option_names(const std::vector<OptionInfo>& options) {
    std::string names;
    for (const auto& option : options)
        for (const auto& name : option.names) names += (names.empty() ? "" : " ") + name;
    return names;
}

/// The values an option can have, as a case of bash's `case $previous`.
std::string bash_values(const CLI::App& command) {
    std::string text;
    for (const auto& option : options_of(command)) {
        if (option.names.empty() || option.is_flag()) continue;
        std::string pattern;
        for (const auto& name : option.names) pattern += (pattern.empty() ? "" : "|") + name;
        const std::string reply = !option.choices.empty()
                                      ? "$(compgen -W '" + CLI::detail::join(option.choices, " ") + "' -- \"$current\")"
                                  : option.is_path ? "$(compgen -f -- \"$current\")"
                                                   : "";
        text += "        " + command.get_name() + "/" + pattern + ") ";
        // Patterns of one case share the command's name.
        for (size_t at = text.rfind(pattern); (at = text.find('|', at)) != std::string::npos;
             at += command.get_name().size() + 2)
            text.insert(at + 1, command.get_name() + "/");
        text += "COMPREPLY=(" + reply + "); return;;\n";
    }
    return text;
}

std::string bash_words(const CLI::App& command) {
    const auto options = options_of(command);
    std::string text = "        " + command.get_name() + ")\n            words='" + option_names(options) + "'\n";
    if (takes_firmware(options)) text += "            firmwares=1\n";
    if (takes_file(options)) text += "            files=1\n";
    return text + "            ;;\n";
}

std::string zsh_option(const OptionInfo& option) {
    std::string value;
    if (!option.is_flag()) {
        value = ":" + option.value + ":";
        if (!option.choices.empty()) value += "(" + CLI::detail::join(option.choices, " ") + ")";
        if (option.is_path) value += "_files";
    }
    std::string text;
    for (const auto& name : option.names) {
        std::string about = brief(option.description);
        for (size_t at = 0; (at = about.find_first_of("[]:", at)) != std::string::npos; at += 2) about.insert(at, "\\");
        text += "                " + quoted(name + "[" + about + "]" + value) + " \\\n";
    }
    return text;
}

std::string zsh_command(const CLI::App& command) {
    const auto options = options_of(command);
    std::string text = "            " + command.get_name() + ")\n                _arguments \\\n";
    for (const auto& option : options) text += zsh_option(option);
    std::string rest;
    if (takes_firmware(options)) rest += "_strata_firmwares";
    if (takes_file(options)) rest += rest.empty() ? "_files" : "_or_files";
    return text + "                '*:argument:" + (rest.empty() ? " " : rest) + "'\n                ;;\n";
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
    std::string values;
    std::string words;
    for (const auto* command : commands_of(app)) {
        values += bash_values(*command);
        words += bash_words(*command);
    }
    return "# bash completion for strata; made by: strata completion bash\n" + std::string(kBashFirmwares) +
           "_strata() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
           "    local words='' firmwares='' files=''\n"
           "    # bash takes --format=json for three words.\n"
           "    if [ \"$current\" = = ]; then current=''; elif [ \"$previous\" = = ]; then "
           "previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
           "        COMPREPLY=($(compgen -W '" +
           command_names(app) + " --help --version' -- \"$current\"))\n        return\n    fi\n" +
           "    case $command/$previous in\n" + values + "    esac\n    case $command in\n" + words +
           "    esac\n"
           "    case $current in\n"
           "        -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); return;;\n"
           "    esac\n"
           "    local IFS=$'\\n'\n"
           "    [ -z \"$firmwares\" ] || COMPREPLY+=($(compgen -W \"$(_strata_firmwares)\" -- \"$current\"))\n"
           "    [ -z \"$files\" ] || COMPREPLY+=($(compgen -f -- \"$current\"))\n"
           "}\n"
           "complete -o filenames -F _strata strata\n";
}

std::string zsh_completion(const CLI::App& app) {
    std::string list;
    std::string cases;
    for (const auto* command : commands_of(app)) {
        list += "        " + quoted(command->get_name() + ":" + brief(command->get_description())) + "\n";
        cases += zsh_command(*command);
    }
    return "#compdef strata\n"
           "# zsh completion for strata; made by: strata completion zsh\n" +
           std::string(kZshFirmwares) +
           "_strata_firmwares_or_files() {\n"
           "    _strata_firmwares\n"
           "    _files\n"
           "}\n"
           "_strata() {\n"
           "    local -a commands\n"
           "    commands=(\n" +
           list +
           "    )\n"
           "    local context state line\n"
           "    _arguments -C '1:command:->command' '*::argument:->rest'\n"
           "    case $state in\n"
           "        command) _describe command commands;;\n"
           "        rest)\n"
           "            case $words[1] in\n" +
           cases +
           "            esac\n"
           "            ;;\n"
           "    esac\n"
           "}\n"
           "if [ \"$funcstack[1]\" = _strata ]; then _strata \"$@\"; else compdef _strata strata; fi\n";
}

std::string fish_completion(const CLI::App& app) {
    std::string text =
        "# fish completion for strata; made by: strata completion fish\n"
        "complete -c strata -f\n" +
        std::string(kFishFirmwares);
    for (const auto* command : commands_of(app)) {
        const std::string& name = command->get_name();
        const std::string here = " -n '__fish_seen_subcommand_from " + name + "'";
        text += "complete -c strata -n __fish_use_subcommand -a " + name + " -d " +
                quoted(brief(command->get_description())) + "\n";
        const auto options = options_of(*command);
        for (const auto& option : options) {
            if (option.names.empty()) continue;
            text += "complete -c strata" + here;
            for (const auto& each : option.names)
                text += each.starts_with("--") ? " -l " + each.substr(2) : " -s " + each.substr(1);
            if (!option.is_flag()) text += option.is_path ? " -r -F" : " -x";
            if (!option.choices.empty()) text += " -a " + quoted(CLI::detail::join(option.choices, " "));
            text += " -d " + quoted(brief(option.description)) + "\n";
        }
        if (takes_firmware(options)) text += "complete -c strata" + here + " -a '(__strata_firmwares)'\n";
        if (takes_file(options)) text += "complete -c strata" + here + " -F\n";
    }
    return text;
}

}  // namespace tool
