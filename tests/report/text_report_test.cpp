// The text form of a diff: byte for byte, and safe to send to a terminal.
#include <gtest/gtest.h>

#include "sample_diff.h"

namespace strata::report {
namespace {

const std::string kImage = R"(
updated   /usr/lib/"<script>alert(1)</script>".dylib
  relevance 42: 1 new import, 1 new function
  uuid: AAAA -> BBBB
  sdk: (none) -> 14.2.0
  sections:
    + __TEXT,__new  0x10
    - __TEXT,__old  0x20
    ~ __TEXT,__text  0x100 -> 0x200
    ~ __TEXT,__cstring  flags 0x0 -> 0x2, content changed
  shared pool:
    ~ __TEXT,__objc_methname  0x40 bytes with 7 strings moved to the shared pool
  dependencies:
    + /new\x1B[2J  (weak)
    - /old
    ~ /both  current_version 1.0.0 -> 2.0.0
  load commands:
    + LC_RPATH @\xFF
    ~ LC_SEGMENT __DATA  max_prot rw- -> r--
  symbols:
    + _new\x0A+ _forged  (import from /lib"x")
    - _\xFF\xFE  (reexport as _target)
    - \x5Cx41  (local)
    ~ _both  (import from /lib, not exported, weak -> export, exported, not weak)
  functions:
    + _f  16 bytes
    - sub_2000  8 bytes
    ~ _g\x09  16 -> 20 bytes
  strings:
    + "say "hi"\x0D\x0A)"
                           "\xc3\xa4"
                           R"("  (__TEXT,__cstring)
    - "\xC2\x9B"  (__TEXT,__os_log)
  left out as noise: 3 by counters
    + _a\x1B.cold.1  (symbol, local; counters)
)";

TEST(TextReport, Image) {
    EXPECT_EQ(make_text_report(false)->image(sample_diff()), kImage);
}

TEST(TextReport, FailedImage) {
    EXPECT_EQ(make_text_report(false)->image(failed_diff()),
              "\nfailed    /broken\n  new side could not be read: cache.01 at offset 0x40: bad \\x1B magic; expected "
              "feedfacf\n");
}

TEST(TextReport, OneSidedImages) {
    diff::ImageDiff diff;
    diff.path = "/x\n";
    diff.status = diff::Status::kAdded;
    EXPECT_EQ(make_text_report(false)->image(diff), "\nadded     /x\\x0A\n");
    diff.status = diff::Status::kRemoved;
    EXPECT_EQ(make_text_report(false)->image(diff), "\nremoved   /x\\x0A\n");
}

TEST(TextReport, HeaderAndSummary) {
    auto failing = sample_firmware("new\x1b");
    failing.failed = 2;
    failing.complete = false;
    const auto report = make_text_report(false);
    EXPECT_EQ(report->header(sample_firmware("old"), failing, diff::RuleSet::defaults()),
              "--- old  (3 images)\n+++ new\\x1B  (3 images, 2 failed, indexing not finished)\n");
    const auto summary = report->summary(sample_summary());
    EXPECT_TRUE(
        summary.starts_with("\n1 added, 2 removed, 7 moved, 3 updated, 4 rebuilt, 5 unchanged, 6 failed\nleft out as "
                            "noise: 7 by counters ("))
        << summary;
    EXPECT_EQ(summary.find("build-paths"), std::string::npos) << "a rule that took nothing out is not mentioned";
}

/// Without colours no control character but the line end comes out, whatever the names hold; with them, only colours.
TEST(TextReport, NothingReachesTheTerminalUnasked) {
    for (const auto& diff : {sample_diff(), failed_diff()}) {
        for (const char c : make_text_report(false)->image(diff))
            EXPECT_TRUE(static_cast<uint8_t>(c) >= 0x20 || c == '\n');
        const auto coloured = make_text_report(true)->image(diff);
        for (size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b', at + 1)) {
            EXPECT_EQ(coloured[at + 1], '[');
            EXPECT_EQ(coloured.find_first_not_of("0123456789", at + 2), coloured.find('m', at));
        }
    }
}

TEST(TextReport, ColoursChangeNothingElse) {
    std::string coloured = make_text_report(true)->image(sample_diff());
    for (size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
        coloured.erase(at, coloured.find('m', at) + 1 - at);
    EXPECT_EQ(coloured, kImage);
}

}  // namespace
}  // namespace strata::report
