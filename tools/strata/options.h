// Options shared by all commands, and how each command is plugged into the program.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/stop.h"

namespace tool {

/// Exit codes: scripts rely on them (docs/cli.md).
enum ExitCode : int {
    kDone = 0,
    kDifferences = 1,
    kBadInput = 2,
    kSomeFailed = 3,
    kStoreTrouble = 4,
    kInterrupted = 130,  // as a shell reports SIGINT
};

/// What every command can be told.
struct Common {
    std::filesystem::path store;
    bool json = false;
    bool stats = false;
    bool quiet = false;
    unsigned jobs = 0;
};

/// Set by SIGINT and SIGTERM from the first call on: only commands that look at it change what these signals do. All
/// others just die, which no store minds.
strata::base::StopFlag& stop_flag();

/// --store, --stats, --quiet on a command.
void add_common_options(CLI::App& command, Common& common);

/// The store to use: --store, $STRATA_STORE, $XDG_DATA_HOME/strata, ~/.local/share/strata.
std::filesystem::path store_directory(const Common& common);

/// Each adds its sub-command to `app`; running it sets `run` to what does the work.
using Run = std::function<int()>;
void add_index(CLI::App& app, Run& run);
void add_diff(CLI::App& app, Run& run);
void add_rules(CLI::App& app, Run& run);
void add_list(CLI::App& app, Run& run);
void add_images(CLI::App& app, Run& run);
void add_show(CLI::App& app, Run& run);
void add_remove(CLI::App& app, Run& run);
void add_stats(CLI::App& app, Run& run);
void add_verify(CLI::App& app, Run& run);
void add_gc(CLI::App& app, Run& run);
void add_compact(CLI::App& app, Run& run);
void add_freeze(CLI::App& app, Run& run);
void add_thaw(CLI::App& app, Run& run);
void add_export(CLI::App& app, Run& run);
void add_import(CLI::App& app, Run& run);
void add_symbols(CLI::App& app, Run& run);
void add_find(CLI::App& app, Run& run);
void add_history(CLI::App& app, Run& run);
void add_matrix(CLI::App& app, Run& run);
void add_lookup(CLI::App& app, Run& run);
void add_symbolicate(CLI::App& app, Run& run);
void add_who(CLI::App& app, Run& run);
void add_similar(CLI::App& app, Run& run);
void add_manual(CLI::App& app, Run& run);
void add_completion(CLI::App& app, Run& run);

}  // namespace tool
