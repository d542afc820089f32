// Text put aside and taken back.
#include "report/spool.h"

#include <gtest/gtest.h>

#include <string>

namespace strata::report {
namespace {

std::string range(Spool& spool, uint64_t offset, uint64_t size) {
    std::string text;
    spool.copy_range(offset, size, [&](std::string_view piece) { text += piece; });
    return text;
}

TEST(Spool, GivesBackWhatWasPutIn) {
    Spool spool;
    EXPECT_EQ(range(spool, 0, 0), "");
    std::string all;
    for (int i = 0; i < 300; ++i) {
        const std::string piece(static_cast<size_t>(i * 7), static_cast<char>('a' + i % 26));
        spool.append(piece);
        all += piece;
    }
    ASSERT_EQ(spool.size(), all.size());
    EXPECT_EQ(range(spool, 0, all.size()), all);
    EXPECT_EQ(range(spool, 100000, 70000), all.substr(100000, 70000));
}

TEST(Spool, GoesOnAfterReading) {
    Spool spool;
    spool.append("one");
    EXPECT_EQ(range(spool, 1, 2), "ne");
    spool.append(" two");
    EXPECT_EQ(range(spool, 0, spool.size()), "one two");
}

}  // namespace
}  // namespace strata::report
