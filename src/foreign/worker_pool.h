// The asking side: worker processes that are started when needed, used again, and replaced when they die.
//
// Why processes: LIEF's parsers are not ours, and hostile files make them crash, loop, or allocate without bound. In a
// process of its own none of that reaches the index. Why exec and not a plain fork: an embedder may have threads and
// open databases, and after a fork in such a program only async-signal-safe calls are allowed; a spawned program is
// clean, and never holds a copy of the parent's memory. Why the bytes of the file go over the socket: the worker reads
// exactly what this side has mapped, members of archives too, and needs no right to open anything.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "foreign/facts.h"

namespace strata::foreign {

/// The program that is started as a worker: it must call run_if_worker() first in main().
struct WorkerProgram {
    std::string path;  ///< empty: there is none, and every file is an error that says so
    std::vector<std::string> arguments;

    /// This very program; it must call run_if_worker() itself.
    static WorkerProgram self();
    /// Another one, such as an installed `strata`.
    static WorkerProgram other(std::string path);
};

/// What reading one file may cost. Measured with LIEF 0.9: less than four times the file in memory (without the debug
/// information of ELF files, which it does not get), 1.2 s of processor time for 540 MB.
struct WorkerLimits {
    uint64_t memory = 192U << 20;               ///< bytes, for any file
    uint64_t memory_per_byte = 5;               ///< and this much more for each of its bytes
    std::chrono::milliseconds processor{1500};  ///< for any file
    std::chrono::milliseconds processor_per_mib{20};
    /// The clock on the wall, for parsers that wait instead of working: so many times the processor's time, because
    /// the machine may be busy, and an image must not fail for that.
    unsigned patience = 10;
    uint64_t file = 640U << 20;      ///< larger files are refused
    uint64_t in_flight = 48U << 20;  ///< bytes of files being read at a time; one larger file goes alone
    unsigned files = 256;            ///< after so many a worker is replaced, because parsers leak
};

/// Safe to use from many threads: each read has a worker for itself. A worker costs about 10 MB while idle. All are
/// ended and reaped when this goes away.
class WorkerPool {
  public:
    explicit WorkerPool(WorkerProgram program, WorkerLimits limits = {});
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// Facts of the file `file`, checked against it (FactsDecoder). `touched` is told of mapped bytes gone through.
    /// Throws base::Error(kInput) when the parser refuses the file, dies of it, or takes too long or too much.
    /// Whether it does never depends on files read before: what ends a worker that has read others is tried again in a
    /// fresh one.
    std::unique_ptr<Facts> read(Format format, base::ByteView file, const std::function<void(uint64_t)>& touched);

    /// Processes alive right now (tests).
    unsigned alive() const;
    /// Processes started so far (tests).
    unsigned started() const;

  private:
    class Worker;
    struct Gone;  // why a worker is no more
    class Share;  // of the bytes in flight

    std::unique_ptr<Worker> take(bool fresh);
    void give_back(std::unique_ptr<Worker> worker);

    const WorkerProgram program_;
    const WorkerLimits limits_;
    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::vector<std::unique_ptr<Worker>> idle_;
    uint64_t in_flight_ = 0;
    unsigned alive_ = 0;
    unsigned started_ = 0;
};

}  // namespace strata::foreign
