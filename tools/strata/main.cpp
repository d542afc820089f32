// The program: reads the command line, runs one command, turns errors into messages and exit codes.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "base/text.h"
#include "options.h"
#include "strata/version.h"

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
    CLI::App app("strata: index firmwares once, compare any two for ever");
    app.set_version_flag("--version", std::string("strata ") + strata::kVersion);
    app.require_subcommand(1);
    app.footer(
        "Examples:\n"
        "  strata diff old/dyld_shared_cache_arm64e new/dyld_shared_cache_arm64e\n"
        "  strata index new/ --name 26.0.1\n"
        "  strata show 26.0.1 /usr/lib/libobjc.A.dylib --json\n\n"
        "Exit codes: 0 done; 1 differences (diff --exit-code); 2 wrong usage or unusable input; 3 done, but some "
        "images failed;\n"
        "4 trouble with the store; 130 interrupted.");
    tool::Run run;
    tool::add_index(app, run);
    tool::add_diff(app, run);
    tool::add_list(app, run);
    tool::add_images(app, run);
    tool::add_show(app, run);
    tool::add_remove(app, run);
    tool::add_stats(app, run);
    tool::add_verify(app, run);
    tool::add_gc(app, run);
    tool::add_compact(app, run);
    tool::add_freeze(app, run);
    tool::add_thaw(app, run);
    tool::add_export(app, run);
    tool::add_import(app, run);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11 has codes of its own; scripts get one for every wrong usage.
        return app.exit(error) == 0 ? tool::kDone : tool::kBadInput;
    }
    return run_guarded(run);
}
