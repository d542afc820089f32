// Every example of the user guide, run in order in one folder, as a reader would.
#include <gtest/gtest.h>

#include "console.h"
#include "e2e/harness.h"

namespace strata::manners {
namespace {

TEST(Guide, EveryExampleRunsAndPrintsWhatIsShown) {
    const auto examples = examples_in(e2e::read_file(STRATA_SOURCE_DIR "/docs/guide.md"));
    ASSERT_GE(examples.size(), 20U);
    const e2e::TempDir dir;
    for (const auto& example : examples) {
        const auto result = run_shell(example.command, dir.path());
        EXPECT_TRUE(matches(example.output, lines_of(result.output)))
            << "docs/guide.md:" << example.line << ": " << example.command << "\nprinted (exit code "
            << result.exit_code << "):\n"
            << result.output.substr(0, 4000);
    }
}

}  // namespace
}  // namespace strata::manners
