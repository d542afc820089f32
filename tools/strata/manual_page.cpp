#include "manual_page.h"

#include <CLI/CLI.hpp>

#include <cctype>
#include <sstream>

#include "command_tree.h"
#include "strata/version.h"

namespace tool {
namespace {

/// Text for roff: nothing in it may be taken for a request or an escape (man(7), groff(7)).
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";  // a minus that can be pasted
        } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
            out += std::string("\\&") + c;
        } else {
            out += c;
        }
    }
    return out;
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::string head(const std::string& title, const std::string& summary) {
    return ".TH " + upper(title) + " 1 \"\" \"strata " + strata::kVersion + "\" \"strata\"\n.SH NAME\n" + roff(title) +
           " \\- " + roff(summary) + "\n";
}

std::string synopsis_part(const OptionInfo& option) {
    std::string text = option.synopsis();
    if (text.empty()) {
        text = option.names.back() + (option.is_flag() ? "" : " " + option.value);
        if (option.repeated) text += " ...";
    }
    return option.required ? text : "[" + text + "]";
}

std::string synopsis(const std::string& name, const std::vector<OptionInfo>& options) {
    std::string text = ".SH SYNOPSIS\n.B " + roff(name) + "\n";
    for (const auto& option : options)
        if (!option.positional.empty()) text += roff(synopsis_part(option)) + "\n";
    for (const auto& option : options)
        if (option.positional.empty()) text += roff(synopsis_part(option)) + "\n";
    return text;
}

std::string option_entry(const OptionInfo& option) {
    std::string names = option.positional;
    for (const auto& name : option.names) names += (names.empty() ? "" : ", ") + name;
    std::string text = ".TP\n.B " + roff(names);
    if (option.positional.empty() && !option.value.empty()) text += " \\fI" + roff(option.value) + "\\fR";
    text += "\n" + roff(option.description);
    if (!option.default_value.empty()) text += " [" + roff(option.default_value) + "]";
    return text + "\n";
}

/// Footers are paragraphs; indented lines in them are examples.
std::string footer(const std::string& text) {
    std::string out;
    bool example = false;
    bool paragraph = false;  // an empty line was seen: one begins, when text follows
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const bool indented = line.starts_with("  ");
        if (indented != example) out += indented ? ".RS 2\n.nf\n" : ".fi\n.RE\n";
        example = indented;
        if (line.empty()) {
            paragraph = !out.empty();
        } else if (line == "Examples:" || line == "Example:") {
            out += ".SS Examples\n";
            paragraph = false;
        } else {
            if (paragraph) out += ".PP\n";
            paragraph = false;
            out += roff(indented ? line.substr(2) : line) + "\n";
        }
    }
    return out + (example ? ".fi\n.RE\n" : "");
}

std::string description(const CLI::App& app) {
    return ".SH DESCRIPTION\n" + roff(app.get_description()) + ".\n";
}

}  // namespace

std::string program_page(const CLI::App& app) {
    const auto options = options_of(app);
    std::string page = head("strata", app.get_description());
    page += ".SH SYNOPSIS\n.B strata\nCOMMAND [OPTIONS] ...\n" + description(app) + ".SH COMMANDS\n";
    for (const auto* command : commands_of(app))
        page += ".TP\n.BR strata\\-" + roff(command->get_name()) + " (1)\n" + roff(command->get_description()) + "\n";
    page += ".SH OPTIONS\n";
    for (const auto& option : options) page += option_entry(option);
    return page + ".SH NOTES\n" + footer(app.get_footer());
}

std::string command_page(const CLI::App& command) {
    const auto options = options_of(command);
    const std::string name = "strata " + command.get_name();
    std::string page = head("strata-" + command.get_name(), command.get_description());
    page += synopsis(name, options) + description(command) + ".SH OPTIONS\n";
    for (const auto& option : options) page += option_entry(option);
    page += ".SH NOTES\n" + footer(command.get_footer());
    return page + ".SH SEE ALSO\n.BR strata (1)\n";
}

}  // namespace tool
