// The comparer itself: a check that cannot fail would prove nothing of the guide.
#include "console.h"

#include <gtest/gtest.h>

namespace strata::manners {
namespace {

using Lines = std::vector<std::string>;

TEST(Console, ReadsExamples) {
    const auto examples = examples_in("text\n```console\n$ one \\\n  two\nout\n$ three\n```\n```\n$ not this\n```\n");
    ASSERT_EQ(examples.size(), 2U);
    EXPECT_EQ(examples[0].command, "one   two");
    EXPECT_EQ(examples[0].output, Lines{"out"});
    EXPECT_EQ(examples[0].line, 3);
    EXPECT_EQ(examples[1].command, "three");
    EXPECT_TRUE(examples[1].output.empty());
}

TEST(Console, Matches) {
    EXPECT_TRUE(matches({"a", "b"}, {"a", "b"}));
    EXPECT_TRUE(matches({"a", "[...]", "d"}, {"a", "b", "c", "d"}));
    EXPECT_TRUE(matches({"a", "[...]"}, {"a"}));
    EXPECT_TRUE(matches({"x[...]z"}, {"xyz"}));
    EXPECT_TRUE(matches({"x[...]z[...]"}, {"xyzzy"}));
}

TEST(Console, DoesNotMatch) {
    EXPECT_FALSE(matches({"a"}, {"a", "b"}));
    EXPECT_FALSE(matches({"a", "b"}, {"a"}));
    EXPECT_FALSE(matches({"[...]", "d"}, {"a", "b"}));
    EXPECT_FALSE(matches({"x[...]z"}, {"xy"}));
    EXPECT_FALSE(matches({}, {"a"}));
}

TEST(Console, RunsCommands) {
    const auto result = run_shell("echo out; echo err >&2; exit 3", "/tmp");
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.output, "out\nerr\n");
    EXPECT_EQ(run_shell("strata --version", "/tmp").exit_code, 0);
}

}  // namespace
}  // namespace strata::manners
