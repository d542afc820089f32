// Independent pieces of work on all cores, again and again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace strata::query {

/// Threads that wait for the next round of work. A query has rounds of a millisecond, and starting and ending a thread
/// costs a third of that. Costs a stack a thread; the first round with more than one piece of work starts them.
class Crew {
  public:
    using Work = std::function<void(uint64_t)>;

    /// `jobs` threads, with the one that calls; 0 = as many as there are cores.
    explicit Crew(unsigned jobs);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    unsigned size() const { return size_; }

    /// Calls `work` with 0 to count - 1, in any order, and returns when all is done. The first exception ends the rest
    /// early and is thrown here. From one thread at a time, and not from within `work`.
    void for_each(uint64_t count, const Work& work);

  private:
    void start_threads();
    void wait_for_rounds();
    void take_part();

    const unsigned size_;
    std::vector<std::thread> threads_;

    std::mutex mutex_;
    std::condition_variable changed_;
    uint64_t round_ = 0;  // counts them
    bool open_ = false;   // this one, for threads that come to it
    size_t at_work_ = 0;  // threads that did
    bool ended_ = false;
    std::exception_ptr failure_;

    // Of the round; they change only while no thread is at work.
    const Work* work_ = nullptr;
    uint64_t count_ = 0;
    std::atomic<uint64_t> next_{0};
};

}  // namespace strata::query
