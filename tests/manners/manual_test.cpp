// Manual pages and shell completions name every command and every option, and the shells accept them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "console.h"
#include "e2e/harness.h"

namespace strata::manners {
namespace {

/// Commands as --help lists them.
std::vector<std::string> commands() {
    std::vector<std::string> names;
    bool listed = false;
    for (const auto& line : lines_of(e2e::run_strata({"--help"}).out)) {
        if (listed && line.starts_with("  ")) {
            std::string name;
            std::istringstream(line) >> name;
            if (line[2] != ' ') names.push_back(name);
        } else {
            listed = line == "Subcommands:";
        }
    }
    return names;
}

/// Long options of one command, as its --help lists them.
std::vector<std::string> long_options(const std::string& command) {
    std::vector<std::string> names;
    for (const auto& line : lines_of(e2e::run_strata({command, "--help"}).out)) {
        const auto first = line.find_first_not_of(' ');
        if (first == std::string::npos || first > 4 || line[first] != '-') continue;
        const auto begin = line.find("--");
        const auto end = line.find_first_of(" ,:=", begin);
        if (begin != std::string::npos && begin < 20) names.push_back(line.substr(begin, end - begin));
    }
    return names;
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

bool has(const std::string& program) {
    return run_shell("command -v " + program, "/tmp").exit_code == 0;
}

std::string escaped(std::string option) {
    for (size_t at = 0; (at = option.find('-', at)) != std::string::npos; at += 2) option.insert(at, "\\");
    return option;
}

TEST(Manual, OnePageACommandWithAllItsOptions) {
    const e2e::TempDir dir;
    ASSERT_EQ(e2e::run_strata({"manual", "--output", dir / "man"}).exit_code, e2e::kDone);
    const auto names = commands();
    ASSERT_GE(names.size(), 14U);
    const std::string program = e2e::read_file(dir / "man/strata.1");
    for (const auto& name : names) {
        EXPECT_TRUE(holds(program, "strata\\-" + name)) << name;
        const std::string page = e2e::read_file(dir / ("man/strata-" + name + ".1"));
        EXPECT_EQ(page, e2e::run_strata({"manual", name}).out);
        const auto options = long_options(name);
        EXPECT_FALSE(options.empty()) << name;
        for (const auto& option : options) EXPECT_TRUE(holds(page, escaped(option))) << name << " " << option;
    }
    EXPECT_EQ(e2e::run_strata({"manual", "nothing"}).exit_code, e2e::kUsage);
}

TEST(Manual, PagesAreGoodRoff) {
    if (!has("mandoc")) GTEST_SKIP() << "skipped: no mandoc";
    const e2e::TempDir dir;
    ASSERT_EQ(e2e::run_strata({"manual", "--output", dir / "man"}).exit_code, e2e::kDone);
    const auto result = run_shell("mandoc -Tlint -Wwarning man/*.1 | grep -v 'missing date'", dir.path());
    EXPECT_EQ(result.output, "");
}

TEST(Completion, NamesEveryCommandAndOption) {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const auto script = e2e::run_strata({"completion", shell});
        ASSERT_EQ(script.exit_code, e2e::kDone);
        for (const auto& name : commands()) {
            EXPECT_TRUE(holds(script.out, name)) << shell << " " << name;
            for (const auto& option : long_options(name))
                EXPECT_TRUE(holds(script.out, shell == "fish" ? "-l " + option.substr(2) : option)) << shell << option;
        }
    }
    EXPECT_EQ(e2e::run_strata({"completion", "tcsh"}).exit_code, e2e::kUsage);
}

TEST(Completion, ShellsAcceptTheScripts) {
    const e2e::TempDir dir;
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        if (!has(shell)) continue;  // bash is always there
        const auto result = run_shell("strata completion " + shell + " > c && " + shell + " -n c", dir.path());
        EXPECT_EQ(result.exit_code, 0) << shell << result.output;
    }
}

/// What bash would offer after these words.
std::vector<std::string> offered(const std::string& words, const e2e::TempDir& dir) {
    const auto result = run_shell("source <(strata completion bash); COMP_WORDS=(" + words +
                                      "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _strata; printf '%s\\n' "
                                      "\"${COMPREPLY[@]}\"",
                                  dir.path());
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return lines_of(result.output);
}

TEST(Completion, BashOffersCommandsOptionsValuesAndFirmwares) {
    const e2e::TempDir dir;
    EXPECT_EQ(offered("strata thaw", dir), std::vector<std::string>{"thaw"});
    EXPECT_EQ(offered("strata diff --exit", dir), std::vector<std::string>{"--exit-code"});
    const auto formats = offered("strata diff --format j", dir);
    EXPECT_EQ(formats, (std::vector<std::string>{"json", "jsonl"}));
    ASSERT_EQ(run_shell("dscgen make --out c --images 5 --seed 1 && strata index c --name first", dir.path()).exit_code,
              0);
    EXPECT_EQ(offered("strata show fi", dir), std::vector<std::string>{"first"});
}

}  // namespace
}  // namespace strata::manners
