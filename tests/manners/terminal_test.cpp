// What happens only on a terminal: colours, folding, the pager, progress. `script` gives one.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "console.h"
#include "e2e/harness.h"
#include "report/fold.h"

namespace strata::manners {
namespace {

class Terminal : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        dir_ = std::make_unique<e2e::TempDir>();
        ASSERT_EQ(run_shell("dscgen make --out old --images 20 --seed 1 && dscgen next --from old --out new --change 4 "
                            "--add 1 --seed 2 && strata index -q old --name old && strata index -q new --name new",
                            dir_->path())
                      .exit_code,
                  0);
    }
    static void TearDownTestSuite() { dir_.reset(); }

    static ShellResult pipe(const std::string& command) { return run_shell(command, dir_->path()); }
    /// Carriage returns of the terminal are taken out.
    static ShellResult terminal(const std::string& command, int columns = 80) {
        auto result =
            pipe("script -qec 'stty cols " + std::to_string(columns) + "; " + command + "' /dev/null < /dev/null");
        std::erase(result.output, '\r');
        return result;
    }
    static std::string without_colours(std::string text) {
        for (size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
            text.erase(at, text.find('m', at) + 1 - at);
        return text;
    }
    static size_t widest_line(const std::string& text) {
        size_t widest = 0;
        for (const auto& line : lines_of(text)) widest = std::max(widest, report::display_width(line));
        return widest;
    }

    static std::unique_ptr<e2e::TempDir> dir_;
};
std::unique_ptr<e2e::TempDir> Terminal::dir_;

TEST_F(Terminal, PipesSeeNoneOfIt) {
    const auto text = pipe("strata diff old new").output;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_GT(widest_line(text), 100U) << "lines are not folded";
    EXPECT_EQ(pipe("PAGER='sed s/^/P:/' COLUMNS=40 TERM=xterm strata diff old new").output, text);
    EXPECT_EQ(pipe("strata diff old new --jobs 1").output, text);
    EXPECT_EQ(pipe("strata diff old new -o file && cat file").output, text);
    EXPECT_EQ(pipe("strata diff old new -o -").output, text);
}

TEST_F(Terminal, OptionsAskForItAnywhere) {
    const auto plain = pipe("strata diff old new").output;
    EXPECT_EQ(without_colours(pipe("NO_COLOR=1 strata diff old new --color always").output), plain);
    EXPECT_NE(pipe("strata diff old new --color always").output, plain);
    EXPECT_EQ(widest_line(pipe("strata diff old new --width 72").output), 72U);
    EXPECT_EQ(pipe("strata diff old new --color sometimes").exit_code, 2);
}

TEST_F(Terminal, ColoursAndTheWidthOfTheWindow) {
    const auto shown = terminal("strata diff old new --no-pager", 64).output;
    EXPECT_NE(shown.find("\x1b[32m"), std::string::npos);
    EXPECT_EQ(without_colours(shown), pipe("strata diff old new --width 64").output);
    EXPECT_EQ(terminal("NO_COLOR=1 strata diff old new --no-pager", 64).output,
              pipe("strata diff old new --width 64").output);
    EXPECT_EQ(terminal("strata diff old new --no-pager --color never --width 0").output,
              pipe("strata diff old new").output);
}

TEST_F(Terminal, TheSummaryFitsAScreen) {
    const auto lines = lines_of(pipe("strata diff old new --width 80").output);
    size_t summary = 0;
    while (summary < lines.size() && !lines[summary].starts_with("added ") && !lines[summary].starts_with("updated "))
        ++summary;
    EXPECT_LT(summary, 24U);
    EXPECT_LT(summary, lines.size());
}

TEST_F(Terminal, ThePager) {
    const auto paged = terminal("PAGER=\"sed s/^/P:/\" strata diff old new --color never --width 0");
    std::string expected;
    for (const auto& line : lines_of(pipe("strata diff old new").output)) expected += "P:" + line + "\n";
    EXPECT_EQ(paged.output, expected);
    EXPECT_EQ(terminal("STRATA_PAGER=\"sed s/^/S:/\" PAGER=false strata diff old new").output.substr(0, 2), "S:");
    for (const std::string none : {"PAGER=cat", "PAGER=", "STRATA_PAGER= PAGER=false"})
        EXPECT_EQ(terminal(none + " strata diff old new --color never --width 0").output,
                  pipe("strata diff old new").output)
            << none;
    EXPECT_EQ(terminal("PAGER=\"sed s/^/P:/\" strata diff old new --format jsonl").output.substr(0, 2), "{\"");
}

TEST_F(Terminal, LeavingThePagerEarlyKeepsTheExitCode) {
    EXPECT_EQ(terminal("PAGER=\"head -n 1\" strata diff old new --exit-code").exit_code, 1);
    EXPECT_EQ(terminal("PAGER=\"head -n 1\" strata diff old new").exit_code, 0);
    EXPECT_EQ(terminal("PAGER=true strata diff old new --exit-code").exit_code, 1);
}

TEST_F(Terminal, ProgressIsGoneWhenTheWorkIsDone) {
    const auto shown = terminal("strata gc").output;
    const size_t line = shown.find("looking for columns");
    ASSERT_NE(line, std::string::npos) << shown;
    EXPECT_NE(shown.find("\x1b[K0 columns dropped", line), std::string::npos) << shown;
    EXPECT_EQ(terminal("strata gc -q").output, "");
    EXPECT_EQ(pipe("strata gc").output.find('\x1b'), std::string::npos);
}

TEST_F(Terminal, AClosedPipeEndsTheProgram) {
    const auto result = pipe("set -o pipefail; strata find --regex . --in symbols,strings | head -c 10");
    EXPECT_EQ(result.exit_code, 128 + 13);
    EXPECT_EQ(result.output.size(), 10U) << "and it complains of nothing: " << result.output;
}

TEST_F(Terminal, OutputsThatCannotBeWritten) {
    const auto refused = [](const std::string& options, const std::string& why) {
        const auto result = pipe("strata diff old new " + options);
        EXPECT_EQ(result.exit_code, 2) << options;
        EXPECT_NE(result.output.find(why), std::string::npos) << result.output;
    };
    refused("-o missing/report", "missing/report: cannot write: No such file or directory");
    refused("-o .", "\".\" is a folder: name a file in it");
    refused("> /dev/full", "standard output: cannot write: No space left on device");
    refused("--format jsonl > /dev/full", "standard output: cannot write: No space left on device");
    refused("-f markdown-dir", "name it with --output DIR");
    refused("-f markdown-dir -o old", "\"old\" is there already: name a folder that is empty or new");
    refused("-f markdown-dir -o /proc/report", "/proc/report");
    // Before anything is indexed.
    const auto early = pipe("strata diff old new.unindexed -o missing/report");
    EXPECT_EQ(early.output, "strata: missing/report: cannot write: No such file or directory\n");
    EXPECT_EQ(pipe("strata list > /dev/full").exit_code, 2);
    EXPECT_EQ(pipe("strata export old > /dev/full").exit_code, 2);
    EXPECT_EQ(pipe("strata export old -o missing/bundle").exit_code, 2);
}

}  // namespace
}  // namespace strata::manners
