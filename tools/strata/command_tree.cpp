#include "command_tree.h"

#include <CLI/CLI.hpp>

namespace tool {
namespace {

/// "a", "b" of a type name like "TEXT:{a,b}".
std::vector<std::string> choices_in(const std::string& type) {
    const auto begin = type.find('{');
    const auto end = type.find('}', begin);
    if (begin == std::string::npos || end == std::string::npos) return {};
    return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

std::string value_text(const CLI::Option& option, const std::vector<std::string>& choices) {
    if (!option.get_option_text().empty()) return option.get_option_text();
    if (!choices.empty()) return "{" + CLI::detail::join(choices, ",") + "}";
    const std::string type = option.get_type_name().substr(0, option.get_type_name().find(':'));
    return type == "UINT" || type == "INT" ? "N" : type;
}

/// What takes a file: said by its name, since CLI11's types are TEXT for paths too.
bool takes_path(const OptionInfo& info) {
    static const std::vector<std::string> kPaths{"--store", "--output", "SOURCE", "FILE", "FIRMWARES", "DIR"};
    for (const auto& path : kPaths) {
        if (info.positional == path) return true;
        for (const auto& name : info.names)
            if (name == path) return true;
    }
    return false;
}

OptionInfo info_of(const CLI::Option& option) {
    OptionInfo info;
    for (const auto& name : option.get_snames()) info.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) info.names.push_back("--" + name);
    if (option.get_positional()) info.positional = option.get_name(true);
    info.choices = choices_in(option.get_type_name());
    if (option.get_type_size_max() > 0) info.value = value_text(option, info.choices);
    info.description = option.get_description();
    info.default_value = option.get_default_str();
    info.required = option.get_required();
    info.repeated = option.get_expected_max() > 1;
    info.is_path = takes_path(info);
    if (info.is_path && info.value == "TEXT") info.value = "FILE";
    return info;
}

}  // namespace

std::string OptionInfo::synopsis() const {
    if (positional == "FIRMWARES") return "OLD NEW [MORE ...]";
    return repeated && !positional.empty() ? positional + " ..." : positional;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    // An option group is a command without a name to CLI11.
    return app.get_subcommands(
        [](const CLI::App* command) { return !command->get_group().empty() && !command->get_name().empty(); });
}

std::vector<OptionInfo> options_of(const CLI::App& command) {
    std::vector<OptionInfo> options;
    // A group has a --help of its own, which nobody asks for.
    const auto* not_shown = command.get_name().empty() ? command.get_help_ptr() : nullptr;
    for (const auto* option : command.get_options())
        if (!option->get_group().empty() && option != not_shown) options.push_back(info_of(*option));
    for (const auto* group : command.get_subcommands([](const CLI::App* app) { return app->get_name().empty(); }))
        for (auto& option : options_of(*group)) options.push_back(std::move(option));
    return options;
}

}  // namespace tool
