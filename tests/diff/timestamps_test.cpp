// Which texts are compiler timestamps, and which merely hold one.
#include "diff/timestamps.h"

#include <gtest/gtest.h>

#include <string>

#include "column_fixture.h"

namespace strata::diff {
namespace {

TEST(Timestamps, WholeTexts) {
    const std::pair<const char*, const char*> forms[] = {
        {"12:34:56", "<TIME>"},
        {"00:00:00", "<TIME>"},
        {"Jan  2 2026", "<DATE>"},
        {"Jan 2 2026", "<DATE>"},
        {"Dec 31 1999", "<DATE>"},
        {"Jan  2 2026 12:34:56", "<DATE TIME>"},
        {"Jan  2 2026/12:34:56", "<DATE TIME>"},
        {"Jan  2 202612:34:56", "<DATE TIME>"},
        {"Fri Jan  2 12:34:56 2026", "<TIMESTAMP>"},
        {"Sat Jul 11 15:24:35 PDT 2026", "<TIMESTAMP>"},
    };
    for (const auto& [text, form] : forms) EXPECT_EQ(timestamp_form(text), form) << text;
}

TEST(Timestamps, WhatMerelyLooksLikeOne) {
    for (const char* text : {"",
                             "12:34",
                             "24:00:00",
                             "12:60:00",
                             "12:34:61",
                             "1:02:03",
                             "12:34:56 ",
                             " 12:34:56",
                             "12:34:567",
                             "aa:bb:cc",
                             "built 12:34:56",
                             "Jan 2 26",
                             "January 2 2026",
                             "jan  2 2026",
                             "Jan 32 2026",
                             "Jan   2 2026",
                             "2 Jan 2026",
                             "Jan  2 2026 12:34",
                             "Jan  2 2026  12:34:56",
                             "Jan  2 2026-12:34:56",
                             "Built on Jan  2 2026",
                             "Fri Jan  2 2026",
                             "Fri, Jan  2 12:34:56 2026",
                             "Fri Jan  2 12:34:56 P 2026",
                             "Fri Jan  2 12:34:56 PACIFIC 2026",
                             "Fri Jan  2 12:34:56 pdt 2026",
                             "Fri Jan  2 12:34:56 PDT",
                             "Xyz Jan  2 12:34:56 2026",
                             "2026-01-02",
                             "20260102"})
        EXPECT_TRUE(timestamp_form(text).empty()) << text;
}

TEST(Timestamps, OffUnlessAskedFor) {
    EXPECT_FALSE(normalise_string("12:34:56").fired);
    const auto result = normalise_string("12:34:56", RuleSet::defaults().with(Rule::kTimestamps));
    EXPECT_TRUE(result.fired);
    EXPECT_EQ(result.rule, Rule::kTimestamps);
}

class TimestampNoise : public ColumnTest {};

/// A time meets a time and a date a date; what has no counterpart is news.
TEST_F(TimestampNoise, FormsMeetTheirOwnKind) {
    const auto before = put_strings({"12:34:56", "Jan  2 2026", "text"});
    const auto after = put_strings({"12:34:57", "text", "Fri Jan  2 12:34:56 2026"});
    const auto difference = strings(before, after, RuleSet::all());
    ASSERT_EQ(difference.added.size(), 1U);
    EXPECT_EQ(difference.added[0].value, "Fri Jan  2 12:34:56 2026");
    ASSERT_EQ(difference.removed.size(), 1U);
    EXPECT_EQ(difference.removed[0].value, "Jan  2 2026");
    EXPECT_EQ(difference.suppressed[static_cast<size_t>(Rule::kTimestamps)], 2U);
}

}  // namespace
}  // namespace strata::diff
