// LC_FUNCTION_STARTS: deltas, ends, and starts that leave __TEXT.
#include "macho/function_starts.h"

#include <gtest/gtest.h>

#include "sample_image.h"
#include "support/errors.h"

namespace strata::macho {
namespace {

using test::uleb;

std::vector<uint64_t> starts_of(const std::string& stream, uint32_t cpu_type = 0x0100000c) {
    const test::Buffer file(stream);
    Image image;
    image.cpu_type = cpu_type;
    image.segments.push_back({"__TEXT", kBase, 0x1000, 0, 0x1000, 5, 5, 0});
    image.function_starts = file.view();
    std::vector<uint64_t> starts;
    walk_function_starts(image, [&](uint64_t address) { starts.push_back(address); });
    return starts;
}

TEST(FunctionStarts, AreSumsOfDeltas) {
    EXPECT_EQ(starts_of(uleb(0x800) + uleb(0x40) + uleb(1)),
              (std::vector<uint64_t>{kBase + 0x800, kBase + 0x840, kBase + 0x841}));
}

TEST(FunctionStarts, EndAtZeroOrAtTheEnd) {
    EXPECT_EQ(starts_of("").size(), 0U);
    EXPECT_EQ(starts_of(std::string(8, '\0')).size(), 0U);
    EXPECT_EQ(starts_of(uleb(0x800) + std::string(8, '\0') + uleb(1)).size(), 1U);
    EXPECT_EQ(starts_of(uleb(0x800)).size(), 1U) << "real files may have no terminator";
}

TEST(FunctionStarts, ThumbBitIsOnlyOnArm) {
    EXPECT_EQ(starts_of(uleb(0x801) + uleb(0x40), 12), (std::vector<uint64_t>{kBase + 0x800, kBase + 0x840}));
    EXPECT_EQ(starts_of(uleb(0x801)), (std::vector<uint64_t>{kBase + 0x801}));
}

TEST(FunctionStarts, MayNotLeaveText) {
    EXPECT_EQ(starts_of(uleb(0xfff)).size(), 1U);
    EXPECT_TRUE(test::fails_with("leaves __TEXT", [] { starts_of(uleb(0x1001)); }));
    EXPECT_TRUE(test::fails_with("leaves __TEXT", [] { starts_of(uleb(0x800) + uleb(0x801)); }));
    EXPECT_TRUE(test::fails_with("leaves __TEXT", [] { starts_of(uleb(0x800) + uleb(UINT64_MAX)); }))
        << "must not wrap back into it";
    EXPECT_TRUE(test::fails_with("leaves __TEXT", [] { starts_of(uleb(UINT64_MAX - kBase + 1)); }));
}

TEST(FunctionStarts, BadNumbers) {
    EXPECT_TRUE(test::fails_with("unterminated", [] { starts_of("\x80\x80"); }));
    EXPECT_TRUE(test::fails_with("too long", [] { starts_of(std::string(12, '\xff')); }));
}

TEST(FunctionStarts, NeedText) {
    const test::Buffer file(uleb(1));
    Image image;
    image.function_starts = file.view();
    EXPECT_TRUE(test::fails_with("without a __TEXT", [&] { walk_function_starts(image, [](uint64_t) {}); }));
    EXPECT_NO_THROW(walk_function_starts(Image{}, [](uint64_t) {})) << "nothing to read, nothing to miss";
}

}  // namespace
}  // namespace strata::macho
