#include <cstdio>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/error.h"
#include "command_tree.h"
#include "manual_page.h"
#include "options.h"
#include "report/output.h"

namespace tool {
namespace {

using strata::base::Error;

struct ManualArguments {
    std::string page;
    std::string directory;
};

void write_page(const std::filesystem::path& path, const std::string& page) {
    strata::report::Output output(path);
    output.write(page);
    output.finish();
}

void write_pages(const CLI::App& app, const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw Error::io(directory.string(), "cannot make the directory: " + error.message());
    write_page(directory / "strata.1", program_page(app));
    for (const auto* command : commands_of(app))
        write_page(directory / ("strata-" + command->get_name() + ".1"), command_page(*command));
}

int manual(const CLI::App& app, const ManualArguments& options) {
    if (!options.directory.empty()) {
        write_pages(app, options.directory);
        return kDone;
    }
    std::string page;
    if (options.page.empty()) page = program_page(app);
    for (const auto* command : commands_of(app))
        if (command->get_name() == options.page) page = command_page(*command);
    if (page.empty()) throw Error::usage("no command \"" + options.page + "\" (strata --help lists them)");
    std::fputs(page.c_str(), stdout);
    return kDone;
}

}  // namespace

void add_manual(const Command& program, Run& run) {
    auto options = std::make_shared<ManualArguments>();
    const Command command = program.subcommand("manual", "Print a manual page, or write all of them");
    command.option("COMMAND", options->page, "The command to explain (default: the program as a whole)");
    command.option("--output,-o", options->directory, "Write every page into this directory").option_text("DIR");
    command.footer(
        "Examples:\n"
        "  strata manual diff | man -l -\n"
        "  strata manual --output ~/.local/share/man/man1");
    command.runs(run, [options, program] { return manual(program.app(), *options); });
}

}  // namespace tool
