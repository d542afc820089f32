// Manual pages and shell completions name every command and every option, and the shells accept them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
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
        if (!line.starts_with("  ")) listed = line.ends_with(":") && line != "Options:" && line != "Examples:";
        if (!listed || !line.starts_with("  ") || line[2] == ' ') continue;
        std::string name;
        std::istringstream(line) >> name;
        names.push_back(name);
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
        const auto end = std::min(line.find_first_of(" ,:=", begin), line.size());
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

TEST(Help, FitsEightyColumnsAndShowsExamples) {
    for (const auto& name : commands()) {
        const auto help = e2e::run_strata({name, "--help"});
        EXPECT_EQ(help.exit_code, e2e::kDone);
        EXPECT_TRUE(holds(help.out, "Usage: strata " + name + " [OPTIONS]")) << help.out;
        EXPECT_TRUE(holds(help.out, "Example")) << name << " has no example";
        bool example = false;
        for (const auto& line : lines_of(help.out)) {
            if (line.starts_with("Example")) example = true;
            EXPECT_TRUE(example || line.size() <= 80) << line;
        }
    }
}

/// Options once each; prose fills its lines, however it stands in the source.
TEST(Help, SaysNothingTwiceAndLeavesNoRaggedLines) {
    for (const auto& name : commands()) {
        const auto lines = lines_of(e2e::run_strata({name, "--help"}).out);
        std::set<std::string> options;
        for (size_t i = 0; i < lines.size(); ++i) {
            const std::string option = lines[i].substr(0, lines[i].find("  ", 2));
            if (option.starts_with("  -")) {
                EXPECT_TRUE(options.insert(option).second) << name << " has" << option << " twice";
            }
            if (i + 1 == lines.size() || lines[i].empty() || lines[i].starts_with(" ") || lines[i + 1].empty() ||
                lines[i + 1].starts_with(" ") || lines[i].ends_with(":"))
                continue;
            const std::string next_word = lines[i + 1].substr(0, lines[i + 1].find(' '));
            EXPECT_GT(lines[i].size() + 1 + next_word.size(), 80U) << name << ": " << lines[i];
        }
    }
}

/// The examples of a command's help: indented lines below "Examples:", those that end with | go on.
std::vector<std::string> help_examples(const std::string& command) {
    std::vector<std::string> examples;
    bool inside = false;
    for (const auto& line : lines_of(e2e::run_strata({command, "--help"}).out)) {
        if (line.starts_with("Example")) {
            inside = true;
        } else if (inside && line.starts_with("  ")) {
            if (!examples.empty() && examples.back().ends_with("|"))
                examples.back() += line;
            else
                examples.push_back(line.substr(2));
        }
    }
    return examples;
}

/// Puts in what a reader has to put in, and leaves out what a test machine does not have.
std::string as_run(std::string example, const std::string& uuid) {
    const std::vector<std::pair<std::string, std::string>> parts = {
        {"/System/Library/dyld/", "cache/"},
        {"8E68174B-502C-3A48-BFB9-DAD3A5BCC558", uuid},
        {"ssh host strata import -", "strata import - --store other"},
        {"man -l -", "grep -q TH"}};
    for (const auto& [shown, run] : parts)
        if (const auto at = example.find(shown); at != std::string::npos) example.replace(at, shown.size(), run);
    if (const auto at = example.find("| jq"); at != std::string::npos && !has("jq")) example.erase(at);
    return example;
}

TEST(Help, EveryExampleRuns) {
    const e2e::TempDir dir;
    std::string world =
        "set -e; dscgen make --out cache --images 8 --seed 1; mkdir -p extracted root apps ~/.zfunc "
        "~/.config/fish/completions "
        "~/.local/share/bash-completion/completions; cp $(command -v dscgen) root/; cp $(command -v dscgen) apps/tool; "
        "dscgen next --from cache --out extracted/22A3354 --change 2 --seed 2; cp -r cache old; cp -r "
        "extracted/22A3354 new; ";
    for (const std::string name : {"25.0", "25.1", "26.0b1", "26.0b2", "26.0b3", "26.0-beta1", "26.0"})
        world += "strata index -q cache --name " + name + "; ";
    world += "mkdir -p tools/usr/bin; cp apps/tool tools/usr/bin/; strata index -q tools --name 26.0 --extend; ";
    for (const std::string name : {"26.1", "26.0.1"}) world += "strata index -q new --name " + name + "; ";
    world += "echo 0x18000a7c0 > addresses.txt; echo 'Thread 0 Crashed:' > app.crash; printf '{}\\n{}\\n' > app.ips; ";
    world += "strata show 26.0 libSystem.B.dylib | sed -n 's/^uuid *//p'";
    const auto made = run_shell(world, dir.path());
    ASSERT_EQ(made.exit_code, 0) << made.output;
    const std::string uuid = lines_of(made.output).back();
    size_t count = 0;
    for (const auto& name : commands()) {
        for (const auto& example : help_examples(name)) {
            const auto result = run_shell("set -o pipefail; " + as_run(example, uuid), dir.path());
            EXPECT_EQ(result.exit_code, 0) << name << ": " << example << "\n" << result.output.substr(0, 2000);
            ++count;
        }
    }
    EXPECT_GE(count, 45U);
}

TEST(Help, WrongUsageSaysWhatToDo) {
    const auto error = [](const std::vector<std::string>& arguments) {
        const auto run = e2e::run_strata(arguments);
        EXPECT_EQ(run.exit_code, e2e::kUsage);
        EXPECT_EQ(run.out, "");
        return run.err;
    };
    EXPECT_EQ(error({"dif", "a", "b"}),
              "strata: there is no command \"dif\"; did you mean \"diff\"? (strata --help shows all)\n");
    EXPECT_EQ(error({"frobnicate"}), "strata: there is no command \"frobnicate\" (strata --help shows all)\n");
    EXPECT_EQ(error({"find", "x", "--glob", "--regex"}),
              "strata: --glob excludes --regex (strata find --help shows how it is used)\n");
    EXPECT_EQ(error({"symbols", "x", "--exact", "a", "--prefix", "b"}),
              "strata: --exact excludes --prefix (strata symbols --help shows how it is used)\n");
    EXPECT_TRUE(holds(error({"diff", "a"}), "(strata diff --help shows how it is used)\n"));
    EXPECT_TRUE(holds(error({"diff", "a", "b", "--bogus"}), "--bogus"));
    EXPECT_TRUE(holds(error({}), "Usage: strata COMMAND"));
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
    EXPECT_EQ(offered("strata diff c", dir), std::vector<std::string>{"c"}) << "firmwares of a diff may be paths";
    EXPECT_EQ(offered("strata diff fir", dir), std::vector<std::string>{"first"});
    EXPECT_EQ(offered("strata diff --format = htm", dir), std::vector<std::string>{"html"});
    ASSERT_EQ(run_shell("strata index c --name other --store elsewhere", dir.path()).exit_code, 0);
    EXPECT_EQ(offered("strata show --store elsewhere ''", dir), std::vector<std::string>{"other"});
}

/// What fish offers after this line: its own machinery, not ours.
TEST(Completion, FishOffersThem) {
    if (!has("fish")) GTEST_SKIP() << "skipped: no fish";
    const e2e::TempDir dir;
    ASSERT_EQ(run_shell("dscgen make --out c --images 5 --seed 1 && strata index c --name first && strata index c "
                        "--name other --store elsewhere && strata completion fish > s.fish",
                        dir.path())
                  .exit_code,
              0);
    const auto fish = [&](const std::string& line) {
        return run_shell("fish -c \"source s.fish; complete -C '" + line + "'\" | cut -f1", dir.path()).output;
    };
    EXPECT_EQ(fish("strata tha"), "thaw\n");
    EXPECT_EQ(fish("strata diff --exit"), "--exit-code\n");
    EXPECT_EQ(fish("strata diff --format htm"), "html\n");
    EXPECT_EQ(fish("strata show fi"), "first\n");
    EXPECT_EQ(fish("strata show --store elsewhere ot"), "other\n");
}

}  // namespace
}  // namespace strata::manners
