// What a run cost: wall and CPU time by stage, peak memory. For --stats and benchmarks.
#pragma once

#include <chrono>
#include <cstdint>

namespace strata::base {

/// CPU time of the whole process (all threads, user + system), in seconds.
double process_cpu_seconds();

/// Peak resident set of this process in bytes (VmHWM).
uint64_t peak_resident_bytes();

/// Wall and CPU seconds since construction.
class Stopwatch {
  public:
    Stopwatch() : wall_(std::chrono::steady_clock::now()), cpu_(process_cpu_seconds()) {}
    double wall_seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
    }
    double cpu_seconds() const { return process_cpu_seconds() - cpu_; }

  private:
    std::chrono::steady_clock::time_point wall_;
    double cpu_;
};

}  // namespace strata::base
