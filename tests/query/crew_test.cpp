// Rounds of work: all of it, once, round after round; and what goes wrong in one does not reach the next.
#include "query/crew.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace strata::query {
namespace {

TEST(Crew, EachPieceOnceInEachRound) {
    for (const unsigned jobs : {1U, 2U, 7U}) {
        Crew crew(jobs);
        EXPECT_EQ(crew.size(), jobs);
        for (uint64_t round = 0; round < 3000; ++round) {
            std::vector<std::atomic<int>> done(round % 20);
            crew.for_each(done.size(), [&](uint64_t i) { ++done[i]; });
            for (const auto& times : done) ASSERT_EQ(times, 1);
        }
    }
}

TEST(Crew, WorkIsDoneByAllThreads) {
    Crew crew(3);
    std::mutex mutex;
    std::condition_variable all_here;
    std::set<std::thread::id> threads;
    crew.for_each(3, [&](uint64_t) {
        std::unique_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
        all_here.notify_all();
        all_here.wait(lock, [&] { return threads.size() == 3; });
    });
    EXPECT_EQ(threads.count(std::this_thread::get_id()), 1U);
}

TEST(Crew, OneJobMeansNoThreads) {
    Crew crew(1);
    crew.for_each(100,
                  [caller = std::this_thread::get_id()](uint64_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
    EXPECT_GE(Crew(0).size(), 1U);
}

TEST(Crew, AFailureEndsItsRoundOnly) {
    for (const unsigned jobs : {1U, 4U}) {
        Crew crew(jobs);
        for (int round = 0; round < 200; ++round) {
            std::atomic<uint64_t> done{0};
            EXPECT_THROW(crew.for_each(1000000,
                                       [&](uint64_t i) {
                                           if (i == 5) throw std::runtime_error("five");
                                           ++done;
                                       }),
                         std::runtime_error);
            EXPECT_LT(done, 999999U) << "the rest was done all the same";
            done = 0;
            crew.for_each(10, [&](uint64_t) { ++done; });
            EXPECT_EQ(done, 10U);
        }
    }
}

}  // namespace
}  // namespace strata::query
