#include "command.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace tool {

const Option& Option::required() const {
    option_->required();
    return *this;
}

const Option& Option::type_name(const char* name) const {
    option_->type_name(name);
    return *this;
}

const Option& Option::option_text(const char* text) const {
    option_->option_text(text);
    return *this;
}

const Option& Option::show_default() const {
    option_->capture_default_str();
    return *this;
}

const Option& Option::one_of(std::vector<std::string> choices) const {
    option_->check(CLI::IsMember(std::move(choices)));
    return *this;
}

const Option& Option::range(uint64_t low, uint64_t high) const {
    option_->check(CLI::Range(low, high));
    return *this;
}

const Option& Option::expected(int low, int high) const {
    option_->expected(low, high);
    return *this;
}

const Option& Option::one_value() const {
    option_->allow_extra_args(false);
    return *this;
}

const Option& Option::comma_separated() const {
    option_->delimiter(',');
    return one_value();
}

const Option& Option::needs(const Option& other) const {
    option_->needs(other.option_);
    return *this;
}

const Option& Option::excludes(const Option& other) const {
    option_->excludes(other.option_);
    return *this;
}

Command Command::subcommand(const char* name, const char* description) const {
    return Command(*app_->add_subcommand(name, description));
}

Command Command::group(const char* name, const char* description) const {
    return Command(*app_->add_option_group(name, description));
}

void Command::exclude_each_other() const {
    auto options = app_->get_options([&](const CLI::Option* option) { return option != app_->get_help_ptr(); });
    for (auto* one : options)
        for (auto* other : options)
            if (one != other) one->excludes(other);
}

template <typename Value>
Option Command::option(const char* names, Value& value, const char* description) const {
    return Option(*app_->add_option(names, value, description));
}

template Option Command::option(const char*, std::string&, const char*) const;
template Option Command::option(const char*, std::filesystem::path&, const char*) const;
template Option Command::option(const char*, std::vector<std::string>&, const char*) const;
template Option Command::option(const char*, unsigned&, const char*) const;
template Option Command::option(const char*, uint64_t&, const char*) const;
template Option Command::option(const char*, std::optional<size_t>&, const char*) const;

Option Command::flag(const char* names, bool& value, const char* description) const {
    return Option(*app_->add_flag(names, value, description));
}

void Command::footer(const char* text) const {
    app_->footer(text);
}

void Command::runs(Run& run, Run work) const {
    app_->callback([&run, work = std::move(work)] { run = work; });
}

}  // namespace tool
