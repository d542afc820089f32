#include "query/crew.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace strata::query {

Crew::Crew(unsigned jobs) : size_(jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency())) {}

Crew::~Crew() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void Crew::for_each(uint64_t count, const Work& work) {
    if (count > 1 && size_ > 1) start_threads();
    {
        const std::lock_guard lock(mutex_);
        work_ = &work;
        count_ = count;
        next_ = 0;
        open_ = true;
        ++round_;
    }
    changed_.notify_all();
    take_part();
    // All is begun. Who has not even woken up need not be waited for.
    std::unique_lock lock(mutex_);
    open_ = false;
    changed_.wait(lock, [&] { return at_work_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

/// Where the system has no more threads to give, those that are there do the work.
void Crew::start_threads() {
    while (threads_.size() + 1 < size_) {
        try {
            threads_.emplace_back([this] { wait_for_rounds(); });
        } catch (const std::system_error&) {
            return;
        }
    }
}

void Crew::wait_for_rounds() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return ended_ || round_ != seen; });
        if (ended_) return;
        seen = round_;
        if (!open_) continue;
        ++at_work_;
        lock.unlock();
        take_part();
        lock.lock();
        if (--at_work_ == 0) changed_.notify_all();
    }
}

void Crew::take_part() {
    try {
        for (uint64_t i = next_++; i < count_; i = next_++) (*work_)(i);
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        next_ = count_;
    }
}

}  // namespace strata::query
