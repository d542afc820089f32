// Options shared by all commands, and how each command is plugged into the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/stop.h"
#include "command.h"

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
void add_common_options(const Command& command, Common& common);

/// The store to use: --store, $STRATA_STORE, $XDG_DATA_HOME/strata, ~/.local/share/strata.
std::filesystem::path store_directory(const Common& common);

/// Each adds its sub-command to `program`; running it sets `run` to what does the work.
void add_index(const Command& program, Run& run);
void add_diff(const Command& program, Run& run);
void add_rules(const Command& program, Run& run);
void add_list(const Command& program, Run& run);
void add_images(const Command& program, Run& run);
void add_show(const Command& program, Run& run);
void add_remove(const Command& program, Run& run);
void add_stats(const Command& program, Run& run);
void add_verify(const Command& program, Run& run);
void add_gc(const Command& program, Run& run);
void add_compact(const Command& program, Run& run);
void add_freeze(const Command& program, Run& run);
void add_thaw(const Command& program, Run& run);
void add_export(const Command& program, Run& run);
void add_import(const Command& program, Run& run);
void add_symbols(const Command& program, Run& run);
void add_find(const Command& program, Run& run);
void add_history(const Command& program, Run& run);
void add_matrix(const Command& program, Run& run);
void add_lookup(const Command& program, Run& run);
void add_symbolicate(const Command& program, Run& run);
void add_who(const Command& program, Run& run);
void add_similar(const Command& program, Run& run);
void add_manual(const Command& program, Run& run);
void add_completion(const Command& program, Run& run);

}  // namespace tool
