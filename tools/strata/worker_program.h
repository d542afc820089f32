// Where the program is that reads ELF and PE files (tools/worker): beside this one, or where it is installed.
#pragma once

#include <optional>

#include "foreign/worker_pool.h"

namespace tool {

/// `strata-worker` in this program's folder, or in ../libexec/strata from there. When it is in neither, a program
/// without a path: every ELF and PE file is a failed image then, whose error says so.
strata::foreign::WorkerProgram worker_program();

/// Whoever takes strata itself for a worker program (embedders: strata.h) gets the worker in its place, which does not
/// return. Nothing when this process was started as anything else; else the exit code, after a message.
std::optional<int> become_worker(int argc, char** argv);

}  // namespace tool
