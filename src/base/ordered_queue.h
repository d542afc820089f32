// Joins workers that finish out of order to one consumer that must see results in order, in bounded memory.
//
// Producers take sequence numbers 0, 1, 2, ... and push any number of items for each; the consumer gets all items of 0,
// then all of 1, and so on, whatever the number of threads. The bound counts bytes, not items. The sequence the
// consumer is waiting for may always push (up to the limit by itself), so the queue cannot lock up, however late it
// comes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace strata::base {

/// Holds at most about 2 x `limit` bytes plus one item, and an eighth of `limit` of small items.
template <typename Item>
class OrderedQueue {
  public:
    explicit OrderedQueue(uint64_t limit) : limit_(limit) {}

    /// Adds an item to `sequence`. Blocks while the queue is full. Returns false when the queue was closed (drop the
    /// work).
    bool push(uint64_t sequence, Item item, uint64_t bytes) { return push(sequence, std::move(item), bytes, limit_); }

    /// The same for one that stands for something kept elsewhere: it goes into a full queue, too, up to a bound.
    bool push_small(uint64_t sequence, Item item, uint64_t bytes) {
        return push(sequence, std::move(item), bytes, limit_ + limit_ / 8);
    }

    /// Whether push() would wait.
    bool is_full(uint64_t sequence) {
        const std::lock_guard lock(mutex_);
        return !closed_ && !has_room(sequence, limit_);
    }

    /// Waits so long at most; false when push() would still wait.
    bool wait_for_room(uint64_t sequence, std::chrono::milliseconds most) {
        std::unique_lock lock(mutex_);
        return room_.wait_for(lock, most, [&] { return closed_ || has_room(sequence, limit_); });
    }

    /// No more items for `sequence`.
    void finish(uint64_t sequence) {
        const std::lock_guard lock(mutex_);
        lanes_[sequence].finished = true;
        if (sequence == next_) ready_.notify_one();
    }

    /// What pop() gives: an item, or (item empty) the end of a sequence.
    struct Popped {
        uint64_t sequence;
        std::optional<Item> item;
    };

    /// The next item in order; blocks until there is one. Call only while sequences are outstanding. Empty when closed.
    std::optional<Popped> pop() {
        std::unique_lock lock(mutex_);
        for (;;) {
            if (closed_) return std::nullopt;
            auto& lane = lanes_[next_];
            if (!lane.items.empty()) {
                auto [item, bytes] = std::move(lane.items.front());
                lane.items.pop_front();
                lane.bytes -= bytes;
                total_ -= bytes;
                room_.notify_all();
                return Popped{next_, std::move(item)};
            }
            if (lane.finished) {
                lanes_.erase(next_);
                room_.notify_all();
                return Popped{next_++, std::nullopt};
            }
            ready_.wait(lock);
        }
    }

    /// Wakes everybody up; pushes are refused from now on. For errors and interruption.
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        room_.notify_all();
        ready_.notify_all();
    }

  private:
    struct Lane {
        std::deque<std::pair<Item, uint64_t>> items;
        uint64_t bytes = 0;
        bool finished = false;
    };

    bool push(uint64_t sequence, Item item, uint64_t bytes, uint64_t limit) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return closed_ || has_room(sequence, limit); });
        if (closed_) return false;
        auto& lane = lanes_[sequence];
        lane.items.emplace_back(std::move(item), bytes);
        lane.bytes += bytes;
        total_ += bytes;
        if (sequence == next_) ready_.notify_one();
        return true;
    }

    bool has_room(uint64_t sequence, uint64_t limit) {
        if (sequence == next_) return lanes_[sequence].bytes < limit;
        return total_ < limit;
    }

    const uint64_t limit_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable ready_;
    std::map<uint64_t, Lane> lanes_;
    uint64_t next_ = 0;
    uint64_t total_ = 0;
    bool closed_ = false;
};

}  // namespace strata::base
