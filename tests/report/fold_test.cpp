#include "report/fold.h"

#include <gtest/gtest.h>

namespace strata::report {
namespace {

using Lines = std::vector<std::string>;

TEST(Fold, ShortLinesStay) {
    EXPECT_EQ(folded("", 20, 2), Lines{""});
    EXPECT_EQ(folded("12345678901234567890", 20, 2), Lines{"12345678901234567890"});
    EXPECT_EQ(folded("far too long a line for this", 0, 2), Lines{"far too long a line for this"}) << "0: never";
    EXPECT_EQ(folded("far too long a line for this", 20, 10), Lines{"far too long a line for this"}) << "no room";
}

TEST(Fold, CutsWhereItReadsWell) {
    EXPECT_EQ(folded("  + one two three four five", 20, 4), (Lines{"  + one two three", "    four five"}));
    EXPECT_EQ(folded("/System/Library/Frameworks/Foundation", 20, 2),
              (Lines{"/System/Library/", "  Frameworks/", "  Foundation"}));
    EXPECT_EQ(folded("12345678901234567890 next", 20, 2), (Lines{"12345678901234567890", "  next"}));
    EXPECT_EQ(folded("a 3456789012345678901234567890", 20, 2), (Lines{"a 345678901234567890", "  1234567890"}))
        << "a blank far ahead would waste most of the line";
}

TEST(Fold, CountsColumnsNotBytes) {
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("\xc3\xa4\xe6\x96\x87"), 3U) << "one narrow, one wide character";
    EXPECT_EQ(display_width("e\xcc\x81"), 1U) << "an accent of its own takes no column";
    const std::string wide = "\xe6\x96\x87";
    std::string line;
    for (int i = 0; i < 15; ++i) line += wide;
    std::string first;
    for (int i = 0; i < 10; ++i) first += wide;
    EXPECT_EQ(folded(line, 21, 2).front(), first) << "no character is cut in two";
}

TEST(Fold, Clips) {
    EXPECT_EQ(clipped("short", 0), "short");
    EXPECT_EQ(clipped("short", 5), "short");
    EXPECT_EQ(clipped("longer", 5), "lo...");
    EXPECT_EQ(clipped("longer", 2), "..");
}

}  // namespace
}  // namespace strata::report
