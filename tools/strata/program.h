// The command line as a whole: every command, plugged in once. Help, manual pages and shell completions are all made
// from what is said here, so none of them can be out of step with another.
#pragma once

#include "options.h"

namespace tool {

/// Adds all commands and the program's own options. Running a parsed command sets `run` to what does the work.
void describe_program(CLI::App& app, Run& run);

}  // namespace tool
