// The queue between workers and the one consumer: order, bound, closing, no lock-up.
#include "base/ordered_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "support/random.h"

namespace strata::base {
namespace {

struct Item {
    uint64_t sequence;
    uint64_t index;
};

/// How many items a sequence has: from none to some.
uint64_t items_of(uint64_t sequence) {
    return sequence * 7 % 5;
}

TEST(OrderedQueue, OrderHoldsWhateverTheThreads) {
    constexpr uint64_t kSequences = 2000;
    OrderedQueue<Item> queue(100);
    std::atomic<uint64_t> next{0};
    std::vector<std::thread> workers;
    for (int t = 0; t < 8; ++t)
        workers.emplace_back([&] {
            for (uint64_t sequence = next++; sequence < kSequences; sequence = next++) {
                for (uint64_t i = 0; i < items_of(sequence); ++i) ASSERT_TRUE(queue.push(sequence, {sequence, i}, 10));
                queue.finish(sequence);
            }
        });
    for (uint64_t sequence = 0; sequence < kSequences; ++sequence) {
        for (uint64_t i = 0; i < items_of(sequence); ++i) {
            const auto popped = queue.pop();
            ASSERT_TRUE(popped && popped->item);
            ASSERT_EQ(popped->sequence, sequence);
            ASSERT_EQ(popped->item->sequence, sequence);
            ASSERT_EQ(popped->item->index, i);
        }
        const auto end = queue.pop();
        ASSERT_TRUE(end);
        ASSERT_FALSE(end->item);
        ASSERT_EQ(end->sequence, sequence);
    }
    for (auto& worker : workers) worker.join();
}

TEST(OrderedQueue, BytesStayBounded) {
    constexpr uint64_t kLimit = 1000;
    constexpr uint64_t kItem = 100;
    OrderedQueue<Item> queue(kLimit);
    std::atomic<uint64_t> next{0};
    std::atomic<int64_t> held{0};
    std::atomic<int64_t> peak{0};
    std::vector<std::thread> workers;
    for (int t = 0; t < 6; ++t)
        workers.emplace_back([&] {
            for (uint64_t sequence = next++; sequence < 300; sequence = next++) {
                for (uint64_t i = 0; i < 20; ++i) {
                    queue.push(sequence, {sequence, i}, kItem);
                    const int64_t now = held += kItem;
                    for (int64_t seen = peak; now > seen && !peak.compare_exchange_weak(seen, now);) {
                    }
                }
                queue.finish(sequence);
            }
        });
    for (uint64_t done = 0; done < 300;) {
        const auto popped = queue.pop();
        ASSERT_TRUE(popped);
        if (popped->item) {
            held -= kItem;
        } else {
            ++done;
        }
    }
    for (auto& worker : workers) worker.join();
    EXPECT_EQ(held, 0);
    // Twice the limit, an item over it on each side, and one that was popped but is not yet counted here.
    EXPECT_LE(peak, static_cast<int64_t>(2 * kLimit + 3 * kItem));
}

TEST(OrderedQueue, TheAwaitedSequenceMayAlwaysPush) {
    OrderedQueue<Item> queue(100);
    std::latch filled(1);
    // Later sequences fill the queue first; then the awaited one brings far more than the limit.
    std::thread later([&] {
        queue.push(1, {1, 0}, 60);
        queue.push(2, {2, 0}, 60);
        filled.count_down();
        queue.push(2, {2, 1}, 60);  // waits for room
        queue.finish(1);
        queue.finish(2);
    });
    std::thread first([&] {
        filled.wait();
        for (uint64_t i = 0; i < 1000; ++i) queue.push(0, {0, i}, 70);
        queue.finish(0);
    });
    uint64_t items = 0;
    for (uint64_t done = 0; done < 3;) {
        const auto popped = queue.pop();
        ASSERT_TRUE(popped);
        popped->item ? ++items : ++done;
    }
    EXPECT_EQ(items, 1003U);
    later.join();
    first.join();
}

TEST(OrderedQueue, OneItemMayBeLargerThanTheLimit) {
    OrderedQueue<Item> queue(10);
    ASSERT_TRUE(queue.push(0, {0, 0}, 1'000'000));
    queue.finish(0);
    EXPECT_TRUE(queue.pop()->item);
    EXPECT_FALSE(queue.pop()->item);
}

TEST(OrderedQueue, SmallItemsGoIntoAFullQueueUpToABound) {
    OrderedQueue<Item> queue(800);
    EXPECT_FALSE(queue.is_full(1));
    ASSERT_TRUE(queue.push(1, {1, 0}, 800));
    EXPECT_TRUE(queue.is_full(1));
    EXPECT_TRUE(queue.is_full(2));
    EXPECT_FALSE(queue.is_full(0)) << "the awaited one";
    for (uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(queue.push_small(2, {2, i}, 10));  // an eighth
    std::atomic<bool> pushed = false;
    std::thread waiting([&] { pushed = queue.push_small(2, {2, 10}, 10); });
    queue.finish(0);
    queue.finish(1);
    EXPECT_FALSE(queue.pop()->item);
    EXPECT_TRUE(queue.pop()->item);  // makes room
    waiting.join();
    EXPECT_TRUE(pushed);
}

TEST(OrderedQueue, CloseWakesProducersAndConsumer) {
    OrderedQueue<Item> full(10);
    ASSERT_TRUE(full.push(1, {1, 0}, 10));
    OrderedQueue<Item> empty(10);
    std::latch ready(4);
    std::vector<std::thread> threads;
    std::atomic<int> refused{0};
    for (uint64_t sequence = 2; sequence < 5; ++sequence)
        threads.emplace_back([&, sequence] {
            ready.count_down();
            if (!full.push(sequence, {sequence, 0}, 10)) ++refused;
        });
    threads.emplace_back([&] {
        ready.count_down();
        EXPECT_FALSE(empty.pop());
    });
    ready.wait();
    full.close();
    empty.close();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(refused, 3);
    EXPECT_FALSE(full.pop()) << "closed: nothing more is given out";
    EXPECT_FALSE(full.push(0, {0, 0}, 1));
}

}  // namespace
}  // namespace strata::base
