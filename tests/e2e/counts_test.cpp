// One image is "1 image", wherever people read it.
#include <gtest/gtest.h>

#include "dscgen/dscgen.h"
#include "harness.h"

namespace strata::e2e {
namespace {

TEST(Counts, OneImageIsNoImages) {
    const TempDir dir;
    dscgen::Spec spec;
    spec.images = 1;
    dscgen::make(spec, dir / "cache");
    const auto indexed = run_strata({"index", dir / "cache", "--name", "one", "--store", dir / "store"});
    EXPECT_EQ(indexed.out, "one: 1 image\n") << describe(indexed);
    const auto says = [&](std::vector<std::string> arguments, const std::string& text) {
        arguments.insert(arguments.end(), {"--store", dir / "store"});
        const auto run = run_strata(arguments);
        EXPECT_NE(run.out.find(text), std::string::npos) << describe(run);
        EXPECT_EQ(run.out.find("1 images"), std::string::npos) << describe(run);
    };
    says({"list"}, "\t1 image\n");
    says({"stats"}, "one: 1 image from ");
    says({"verify"}, "1 firmware, 1 image, ");
    says({"diff", "one", "one", "--format", "text"}, "(1 image)");
    says({"diff", "one", "one", "--format", "markdown"}, "(1 image)");
}

}  // namespace
}  // namespace strata::e2e
