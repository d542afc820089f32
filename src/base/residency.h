// Keeps mapped file pages from counting up in the process's resident memory.
//
// A page of a mapped file that was touched stays resident until someone gives it back, so one pass over a 5 GB cache
// would peak at 5 GB although every page could be dropped at once. Giving pages back after each record is not enough
// either: the kernel maps neighbours of a touched page too ("fault-around", 64 KiB), which turns sparse reads of a
// shared string pool into all of the pool. So the one thing that matters is measured: the resident file pages of the
// process
// (/proc/self/statm, about 2 us), and when they pass the limit every registered range is swept with MADV_DONTNEED.
// A swept page that is still in use costs one minor fault when touched again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace strata::base {

/// Shared by all threads of one run. Costs a few bytes per registered range.
class Residency {
  public:
    using Sweep = std::function<void()>;

    /// `limit`: resident file bytes above which a sweep starts.
    explicit Residency(uint64_t limit) : limit_(limit) {}

    /// Registers a way to give pages back; must stay callable from any thread until this object dies or clear().
    void add(Sweep sweep);
    void clear();

    /// Tell that about `bytes` of mapped pages were touched. Cheap; every few megabytes it looks and maybe sweeps.
    void touched(uint64_t bytes) {
        if (pending_.fetch_add(bytes, std::memory_order_relaxed) + bytes >= kLookEvery) look();
    }

    /// Resident file-backed bytes of this process right now.
    static uint64_t resident_file_bytes();

  private:
    void look();

    static constexpr uint64_t kLookEvery = 2U << 20;
    const uint64_t limit_;
    std::atomic<uint64_t> pending_{0};
    std::mutex mutex_;
    std::vector<Sweep> sweeps_;
};

}  // namespace strata::base
