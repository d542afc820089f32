// An installation: the program runs from it, and a project that knows strata only by find_package builds against it.
#include <gtest/gtest.h>

#include <string_view>

#include "console.h"
#include "e2e/harness.h"

namespace strata::manners {
namespace {

class Install : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!std::string_view(STRATA_SANITIZE).empty()) GTEST_SKIP() << "skipped: sanitized libraries";
        const auto result = shell("cmake --install " STRATA_BINARY_DIR " --prefix installed");
        ASSERT_EQ(result.exit_code, 0) << result.output;
    }
    ShellResult shell(const std::string& command) const { return run_shell(command, dir_.path()); }

    e2e::TempDir dir_;
};

TEST_F(Install, ProgramManualAndCompletionsAreThere) {
    const auto version = shell("installed/bin/strata --version");
    EXPECT_EQ(version.exit_code, 0);
    for (const std::string file :
         {"share/man/man1/strata.1", "share/man/man1/strata-diff.1", "share/bash-completion/completions/strata",
          "share/zsh/vendor-completions/_strata", "share/fish/vendor_completions.d/strata.fish"})
        EXPECT_TRUE(std::filesystem::exists(dir_.path() / "installed" / file)) << file;
}

/// It is in a folder of its own there, and reads ELF files.
TEST_F(Install, TheProgramFindsItsWorker) {
    const auto read = shell("installed/bin/strata index installed/bin/strata --name x --store store");
    EXPECT_EQ(read.exit_code, 0) << read.output;
    ASSERT_EQ(shell("rm -r installed/libexec/strata").exit_code, 0);
    const auto missed = shell("installed/bin/strata index installed/bin/strata --name y --store other 2>&1");
    EXPECT_EQ(missed.exit_code, 3) << missed.output;
    EXPECT_NE(missed.output.find("strata-worker"), std::string::npos) << missed.output;
}

TEST_F(Install, TheExampleBuildsAndRuns) {
    const auto built = shell("cmake -S " STRATA_SOURCE_DIR
                             "/examples -B built -DCMAKE_PREFIX_PATH=$PWD/installed && cmake --build built");
    ASSERT_EQ(built.exit_code, 0) << built.output;
    ASSERT_EQ(shell("dscgen make --out old --images 12 --seed 1 && "
                    "dscgen next --from old --out new --change 2 --add 1 --remove 1 --seed 2")
                  .exit_code,
              0);
    const auto ran = shell("built/changed_images store old new");
    EXPECT_EQ(ran.exit_code, 0) << ran.output;
    EXPECT_NE(ran.output.find("2 of 12 images updated"), std::string::npos) << ran.output;
    const auto refused = shell("built/changed_images store nowhere new");
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.output.find("nowhere"), std::string::npos) << refused.output;
}

}  // namespace
}  // namespace strata::manners
