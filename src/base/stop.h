// A request to stop, as made by Ctrl-C: set from a signal handler, polled between images.
#pragma once

#include <atomic>

namespace strata::base {

/// Lives as long as everything that polls it.
class StopFlag {
  public:
    void request() { requested_.store(true, std::memory_order_relaxed); }
    bool requested() const { return requested_.load(std::memory_order_relaxed); }

  private:
    std::atomic<bool> requested_{false};
    static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");
};

}  // namespace strata::base
