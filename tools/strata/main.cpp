// The program: reads the command line, runs one command, turns errors into messages and exit codes.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "allocator.h"
#include "base/error.h"
#include "base/text.h"
#include "help.h"
#include "options.h"
#include "program.h"
#include "record/firmware.h"
#include "report/diff_report.h"
#include "report/json.h"
#include "strata/version.h"
#include "worker_program.h"

namespace {

using strata::base::Error;
using strata::base::ErrorKind;

int exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::kStore:
            return tool::kStoreTrouble;
        case ErrorKind::kInterrupted:
            return tool::kInterrupted;
        default:
            return tool::kBadInput;
    }
}

int print_version(bool json) {
    if (!json) {
        std::printf("strata %s\n", strata::kVersion);
        return tool::kDone;
    }
    strata::report::JsonWriter out;
    out.begin_object().field("version", strata::kVersion);
    out.field("store_schema", strata::record::kSchemaVersion).field("diff_schema", strata::report::kDiffSchema);
    out.end_object();
    std::printf("%s\n", out.drain().c_str());
    return tool::kDone;
}

int run_guarded(const tool::Run& run) {
    try {
        const int code = run();
        // A result that did not get out is no result: a full disk or a closed pipe must not look like success.
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw Error::io("standard output", "cannot write");
        return code;
    } catch (const Error& error) {
        std::fprintf(stderr, "strata: %s\n", strata::base::terminal_safe(error.what()).c_str());
        return exit_code(error.kind());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "strata: unexpected error: %s\n", strata::base::terminal_safe(error.what()).c_str());
        return tool::kStoreTrouble;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (const auto code = tool::become_worker(argc, argv)) return *code;  // before anything else is set up
    tool::bound_allocator();
    CLI::App app;
    tool::Run run;
    tool::describe_program(app, run);
    bool version = false;
    bool json = false;
    app.add_flag("--version", version, "Print the version and exit; with --json also that of the store's schema");
    app.add_flag("--json", json)->group("");
    app.require_subcommand(0, 1);  // none with --version
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 has codes of its own; scripts get one for every wrong usage.
        if (error.get_exit_code() == 0) return app.exit(error);  // --help
        std::fputs(tool::usage_error(app, error, argc > 1 ? argv[1] : "").c_str(), stderr);
        return tool::kBadInput;
    }
    if (version) run = [json] { return print_version(json); };
    if (!run) {
        std::fputs(app.help().c_str(), stderr);
        return tool::kBadInput;
    }
    return run_guarded(run);
}
