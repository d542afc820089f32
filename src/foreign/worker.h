// The worker's side: a process of its own that reads files for another one, as long as that one lives.
//
// It never opens a file. Bytes come over the socket, facts go back, and nothing else is there to be had: no standard
// streams, no other descriptors, no core files, no files written. What a parser with a bug can still do is to be wrong,
// to end, or to run into a limit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/endian.h"
#include "foreign/file_parts.h"
#include "foreign/wire.h"

namespace strata::foreign {

/// What asks for one file: this, then its parts (file_parts.h), then their bytes. Answered by frames (wire.h), the last
/// of kind kEnd or kError.
struct Request {
    uint32_t magic = kMagic;
    uint32_t format = 0;      ///< Format
    uint64_t whole_size = 0;  ///< bytes of the file
    uint64_t size = 0;        ///< bytes of all parts
    uint64_t parts = 0;       ///< how many
    uint64_t memory = 0;      ///< bytes of address space on top of what the worker has; 0 = no limit
    uint64_t processor = 0;   ///< milliseconds of processor time

    static constexpr uint32_t kMagic = 0x31574653;  // "SFW1"
};

/// Reads one file and sends all facts but the end; throws to refuse it. Tests bring their own, which misbehave.
using ReadFile = std::function<void(Format, FileInParts& file, FactsEncoder& out)>;

/// The descriptor a worker is born with.
inline constexpr int kWorkerSocket = 3;
/// Exit code of a worker that ran out of the memory it was allowed.
inline constexpr int kExitMemory = 77;
/// The one argument that makes a program a worker (run_if_worker).
inline constexpr const char* kWorkerArgument = "--foreign-worker";

/// Serves until the other side is gone; returns the exit code. Limits and signals of the whole process are changed.
int serve(const ReadFile& read);

/// First thing in main() of a program that is its own worker program (WorkerProgram::self): serves with LIEF when this
/// process was started as a worker, and says with which code to exit; else nothing.
std::optional<int> run_if_worker(int argc, const char* const* argv);

}  // namespace strata::foreign
