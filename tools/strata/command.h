// How a command says which options it takes: a face of CLI11 for the few things that commands need. CLI11 is all
// headers, and costs a file that includes them seven seconds of compiling; this way few do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tool {

/// What does the work of the command that was given; returns the exit code.
using Run = std::function<int()>;

/// An option or a positional. A handle: copied freely, valid as long as the program's CLI::App.
class Option {
  public:
    explicit Option(CLI::Option& option) : option_(&option) {}

    const Option& required() const;
    const Option& type_name(const char* name) const;
    /// Stands in help instead of the type and all else behind the name.
    const Option& option_text(const char* text) const;
    const Option& show_default() const;
    const Option& one_of(std::vector<std::string> choices) const;
    const Option& range(uint64_t low, uint64_t high) const;
    /// How many values it takes.
    const Option& expected(int low, int high) const;
    /// One value each time that it is given; without this, a list takes all words up to the next option.
    const Option& one_value() const;
    /// As one_value(), which may be several with commas between.
    const Option& comma_separated() const;
    const Option& needs(const Option& other) const;
    const Option& excludes(const Option& other) const;

  private:
    CLI::Option* option_;
};

/// A command, a group of its options, or the program. A handle: as Option.
class Command {
  public:
    explicit Command(CLI::App& app) : app_(&app) {}

    CLI::App& app() const { return *app_; }

    Command subcommand(const char* name, const char* description) const;
    /// Options of the command that help shows together.
    Command group(const char* name, const char* description) const;
    /// Of the options that it has by now at most one may be given. CLI11's require_option() says so without naming
    /// those that were.
    void exclude_each_other() const;

    /// `value` is written when the command line is parsed, and must live until then.
    template <typename Value>
    Option option(const char* names, Value& value, const char* description) const;
    Option flag(const char* names, bool& value, const char* description) const;

    void footer(const char* text) const;
    /// When it is the command that was given, `run` is set to `work`.
    void runs(Run& run, Run work) const;

  private:
    CLI::App* app_;
};

extern template Option Command::option(const char*, std::string&, const char*) const;
extern template Option Command::option(const char*, std::filesystem::path&, const char*) const;
extern template Option Command::option(const char*, std::vector<std::string>&, const char*) const;
extern template Option Command::option(const char*, unsigned&, const char*) const;
extern template Option Command::option(const char*, uint64_t&, const char*) const;
extern template Option Command::option(const char*, std::optional<size_t>&, const char*) const;

}  // namespace tool
