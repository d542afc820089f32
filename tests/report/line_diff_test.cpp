// Hunks as `git diff` cuts them: by hand, and against git itself.
#include "report/line_diff.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "support/random.h"
#include "support/temp_dir.h"

namespace strata::report {
namespace {

TEST(LineDiff, NothingForEqualTexts) {
    EXPECT_EQ(unified_hunks("", ""), "");
    EXPECT_EQ(unified_hunks("a\nb\n", "a\nb\n"), "");
}

TEST(LineDiff, ContextAndHunks) {
    EXPECT_EQ(unified_hunks("", "a\n"), "\n+a\n");
    EXPECT_EQ(unified_hunks("a\n", ""), "\n-a\n");
    EXPECT_EQ(unified_hunks("1\n2\n3\n4\n5\nx\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\ny\n6\n7\n8\n9\n"),
              "\n 3\n 4\n 5\n-x\n+y\n 6\n 7\n 8\n");
    EXPECT_EQ(unified_hunks("x\n1\n2\n3\n4\n5\n6\nx\n", "y\n1\n2\n3\n4\n5\n6\ny\n"),
              "\n-x\n+y\n 1\n 2\n 3\n 4\n 5\n 6\n-x\n+y\n")
        << "six lines between two changes keep them together";
    EXPECT_EQ(unified_hunks("x\n1\n2\n3\n4\n5\n6\n7\nx\n", "y\n1\n2\n3\n4\n5\n6\n7\ny\n"),
              "\n-x\n+y\n 1\n 2\n 3\n\n 5\n 6\n 7\n-x\n+y\n");
}

TEST(LineDiff, SlidesDown) {
    EXPECT_EQ(unified_hunks("a\nb\nc\n", "a\nb\nb\nc\n"), "\n a\n b\n+b\n c\n");
}

/// What git prints, from its first `@@` line on, with the `@@` lines blanked.
std::string ask_git(const test::TempDir& dir, const std::string& before, const std::string& after) {
    test::write_file(dir / "before", before);
    test::write_file(dir / "after", after);
    const std::string command = "cd " + dir.path().string() +
                                " && GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null git diff --no-index --no-color "
                                "--no-ext-diff before after > out";
    const int status = std::system(command.c_str());
    const std::string out = test::read_file(dir / "out");
    if (status == 0) return "";
    std::string hunks;
    size_t line_number = 0;
    for (const auto line : lines_of(out)) {
        if (line_number++ < 4) continue;
        if (!line.starts_with("@@")) hunks += line;
        hunks += '\n';
    }
    return hunks;
}

/// Lines as they are in the texts that matter here, and worse: few different ones, blank ones, indented ones.
std::string random_text(test::Random& random, uint64_t lines, uint64_t variety) {
    std::string text;
    for (uint64_t i = 0; i < lines; ++i) {
        const uint64_t what = random.below(variety);
        text += std::string(random.one_in(3) ? random.below(5) : what % 3, ' ');
        if (what != 0) text += "l" + std::to_string(what);
        text += '\n';
    }
    return text;
}

std::string edited(test::Random& random, const std::string& text, uint64_t variety) {
    std::string out;
    for (const auto line : lines_of(text)) {
        if (random.one_in(8)) continue;
        out.append(line) += '\n';
        if (random.one_in(8)) out += random_text(random, 1 + random.below(3), variety);
        if (random.one_in(16)) out.append(line) += '\n';
    }
    return out;
}

TEST(LineDiff, EqualsGit) {
    if (std::system("git --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "skipped: no git here";
    const test::TempDir dir;
    test::Random random(4711);
    for (int round = 0; round < 300; ++round) {
        const uint64_t variety = 2 + random.below(round % 3 == 0 ? 4 : 60);
        const std::string before = random_text(random, random.below(70), variety);
        const std::string after =
            random.one_in(4) ? random_text(random, random.below(70), variety) : edited(random, before, variety);
        ASSERT_EQ(unified_hunks(before, after), ask_git(dir, before, after)) << "round " << round << "\n--- before\n"
                                                                             << before << "--- after\n"
                                                                             << after;
    }
}

TEST(LineDiff, ManyChangesTakeBoundedWork) {
    std::string before;
    std::string after;
    test::Random random(3);
    for (int i = 0; i < 40000; ++i) {
        before += std::to_string(random.below(30000)) + '\n';
        after += std::to_string(random.below(30000)) + '\n';
    }
    const auto changes = diff_lines(lines_of(before), lines_of(after));
    EXPECT_EQ(changes.removed.size(), 40000U);
    // What is left on both sides must be the same lines.
    std::vector<std::string_view> old_kept, new_kept;
    const auto old_lines = lines_of(before);
    const auto new_lines = lines_of(after);
    for (size_t i = 0; i < old_lines.size(); ++i)
        if (!changes.removed[i]) old_kept.push_back(old_lines[i]);
    for (size_t i = 0; i < new_lines.size(); ++i)
        if (!changes.added[i]) new_kept.push_back(new_lines[i]);
    EXPECT_EQ(old_kept, new_kept);
}

}  // namespace
}  // namespace strata::report
