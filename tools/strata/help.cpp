#include "help.h"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <sstream>

#include "base/text.h"
#include "command_tree.h"
#include "report/fold.h"
#include "terminal.h"

namespace tool {
namespace {

constexpr size_t kPlainWidth = 80;
constexpr size_t kMostReadable = 100;
constexpr size_t kOptionColumn = 28;
constexpr size_t kCommandColumn = 15;

size_t help_width() {
    return ::isatty(STDOUT_FILENO) == 1 ? std::min(terminal_width(STDOUT_FILENO), kMostReadable) : kPlainWidth;
}

std::string folded_text(const std::string& line, size_t indent) {
    std::string text;
    for (const auto& piece : strata::report::folded(line, help_width(), indent)) text += piece + "\n";
    return text;
}

/// "  left   right": what does not fit beside its neighbour begins on the next line.
std::string two_columns(const std::string& left, const std::string& right, size_t column) {
    std::string line = "  " + left;
    if (line.size() + 2 > column) return line + "\n" + folded_text(std::string(column, ' ') + right, column);
    line.resize(column, ' ');
    return folded_text(line + right, column);
}

std::string option_text(const OptionInfo& option) {
    std::string left = option.names.empty() ? option.synopsis() : "";
    for (const auto& name : option.names) left += (left.empty() ? "" : ", ") + name;
    if (!option.names.empty() && !option.value.empty()) left += " " + option.value;
    std::string right = option.description;
    if (!option.default_value.empty()) right += " [" + option.default_value + "]";
    return two_columns(left, right, kOptionColumn);
}

std::string usage_line(const std::string& name, const std::vector<OptionInfo>& options, bool has_commands) {
    std::string line = "Usage: " + name + (has_commands ? " COMMAND [OPTIONS] ..." : " [OPTIONS]");
    for (const auto& option : options)
        if (option.names.empty()) line += option.required ? " " + option.synopsis() : " [" + option.synopsis() + "]";
    return folded_text(line, 8);
}

std::string command_groups(const CLI::App& app) {
    std::vector<std::string> groups;
    for (const auto* command : commands_of(app))
        if (std::find(groups.begin(), groups.end(), command->get_group()) == groups.end())
            groups.push_back(command->get_group());
    std::string text;
    for (const auto& group : groups) {
        text += "\n" + group + ":\n";
        for (const auto* command : commands_of(app))
            if (command->get_group() == group)
                text += two_columns(command->get_name(), command->get_description(), kCommandColumn);
    }
    return text;
}

/// Paragraphs are folded anew, however they stand in the source. Examples, which are indented, stay as they are.
std::string footer_text(const std::string& footer) {
    std::string text;
    std::string paragraph;
    const auto end_paragraph = [&] {
        if (!paragraph.empty()) text += folded_text(paragraph, 0);
        paragraph.clear();
    };
    std::istringstream lines(footer);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.starts_with("  ")) {
            end_paragraph();
            text += line + "\n";
        } else {
            paragraph += (paragraph.empty() ? "" : " ") + line;
        }
    }
    end_paragraph();
    return text.empty() ? "" : "\n" + text;
}

/// How many letters must be typed otherwise to make one of the other (Levenshtein).
size_t distance(const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t corner = row[0]++;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t changed = corner + (a[i] == b[j] ? 0 : 1);
            corner = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, corner + 1});
        }
    }
    return row.back();
}

std::string nearest_command(const CLI::App& app, const std::string& typed) {
    std::string nearest;
    size_t least = 3;  // more is another word
    for (const auto* command : commands_of(app)) {
        const size_t far = distance(typed, command->get_name());
        if (far >= least || far >= typed.size()) continue;
        least = far;
        nearest = command->get_name();
    }
    return nearest;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
    const auto options = options_of(*app);
    const bool has_commands = !commands_of(*app).empty();
    std::string text = folded_text(app->get_description() + ".", 0) + "\n";
    text += usage_line(name.empty() ? app->get_name() : name, options, has_commands);
    if (has_commands) text += command_groups(*app);
    const auto list = [&](const char* title, bool positional) {
        std::string lines;
        for (const auto& option : options)
            if (option.names.empty() == positional) lines += option_text(option);
        if (!lines.empty()) text += std::string("\n") + title + ":\n" + lines;
    };
    list("Arguments", true);
    list("Options", false);
    return text + footer_text(app->get_footer());
}

std::string usage_error(const CLI::App& app, const CLI::Error& error, const std::string& first_argument) {
    const auto used = app.get_subcommands();
    if (!used.empty())
        return "strata: " + strata::base::terminal_safe(error.what()) + " (strata " + used.front()->get_name() +
               " --help shows how it is used)\n";
    if (first_argument.empty() || first_argument.starts_with('-'))
        return "strata: " + strata::base::terminal_safe(error.what()) + " (strata --help shows how it is used)\n";
    const std::string nearest = nearest_command(app, first_argument);
    return "strata: there is no command \"" + strata::base::terminal_safe(first_argument) + "\"" +
           (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?") + " (strata --help shows all)\n";
}

}  // namespace tool
