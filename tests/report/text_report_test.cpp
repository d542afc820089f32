// The text form of a diff: byte for byte, and safe to send to a terminal.
#include <gtest/gtest.h>

#include "report/fold.h"
#include "sample_diff.h"

namespace strata::report {
namespace {

const std::string kImageText = R"(
updated   /usr/lib/"<script>alert(1)</script>".dylib
  relevance 42: 1 new import, 1 new function
  left out as noise: 3 by counters
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
  left out as noise:
    + _a\x1B.cold.1  (symbol, local; counters)
)";

std::string image_text(const diff::ImageDiff& diff, TextStyle style = {}) {
    return std::string(text_of_image(make_text_report(style)->image(diff)));
}

TEST(TextReport, Image) {
    EXPECT_EQ(image_text(sample_diff()), kImageText);
}

TEST(TextReport, FailedImage) {
    EXPECT_EQ(image_text(failed_diff()),
              "\nfailed    /broken\n  new side could not be read: cache.01 at offset 0x40: bad \\x1B magic; expected "
              "feedfacf\n");
}

TEST(TextReport, OneSidedImages) {
    diff::ImageDiff diff;
    diff.path = "/x\n";
    diff.status = diff::Status::kAdded;
    EXPECT_EQ(image_text(diff), "\nadded     /x\\x0A\n");
    diff.status = diff::Status::kRemoved;
    EXPECT_EQ(image_text(diff), "\nremoved   /x\\x0A\n");
}

/// A whole report of these images between "old" and `after`.
std::string written(const record::Firmware& after, TextStyle style, const std::vector<diff::ImageDiff>& diffs) {
    const auto report = make_text_report(style);
    std::string text;
    const auto write = [&](std::string_view piece) { text += piece; };
    write(report->header(sample_firmware("old"), after, diff::RuleSet::defaults()));
    for (const auto& diff : diffs) {
        diff::RenderedImage image;
        image.status = diff.status;
        image.score = diff.relevance.score;
        image.text = report->image(diff);
        report->place(image, write);
    }
    report->finish(sample_summary(), write);
    return text;
}

TEST(TextReport, HeaderAndSummary) {
    auto failing = sample_firmware("new\x1b");
    failing.failed = 2;
    failing.complete = false;
    EXPECT_EQ(written(failing, {}, {}),
              "--- old  (3 images)\n"
              "+++ new\\x1B  (3 images, 2 failed, indexing not finished)\n"
              "\n"
              "1 added, 2 removed, 7 moved, 3 updated, 4 rebuilt, 5 unchanged, 6 failed\n"
              "left out as noise: 7 by counters (strata rules says why)\n")
        << "a rule that took nothing out is not mentioned";
}

TEST(TextReport, MostRelevantAfterTheSummary) {
    std::vector<diff::ImageDiff> diffs;
    for (int i = 0; i < 10; ++i) diffs.push_back(sample_diff());
    diffs[3].path = "/usr/lib/libbest.dylib";
    diffs[3].relevance = {90, {"9 new exports", "1 new function", "2 new strings", "3 new sections"}};
    const auto text = written(sample_firmware("new"), {}, diffs);
    EXPECT_NE(text.find("\nchanged: sections +10 -10 ~20, shared pool ~10, dependencies"), std::string::npos) << text;
    EXPECT_EQ(text.find("noise +"), std::string::npos) << "what was left out is no change";
    const auto list = text.substr(text.find("most relevant:"), 400);
    EXPECT_TRUE(
        list.starts_with("most relevant:\n"
                         "   90  updated  libbest.dylib   9 new exports, 1 new function, 2 new strings, ...\n"
                         "   42  updated  script>\".dylib  1 new import, 1 new function\n"))
        << list;
    EXPECT_LT(text.find("most relevant:"), text.find("updated   /usr/lib/libbest.dylib"));
    size_t listed = 0;
    for (size_t at = text.find("\n   "); at < text.find("updated   /"); at = text.find("\n   ", at + 1)) ++listed;
    EXPECT_EQ(listed, 8U) << "a screen has 24 lines";
}

/// Whatever the names: no line is wider than asked for, and what the lines hold is what they held before.
TEST(TextReport, FoldsToTheWidth) {
    auto long_names = sample_diff();
    const std::string name = "__ZNSt3__112__hash_tableINS_17__hash_value_typeIyN5space4" + std::string(300, 'x');
    long_names.symbols.added.push_back({name, record::SymbolKind::kLocal, "", ""});
    for (const size_t width : {40U, 80U, 120U}) {
        const auto text = written(sample_firmware("new"), {false, width}, list_of(std::move(long_names)));
        std::string unfolded;
        size_t begin = 0;
        for (size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
            const auto line = text.substr(begin, end - begin);
            EXPECT_LE(display_width(line), width) << line;
            unfolded += line.substr(std::min(line.size(), line.find_first_not_of(' ')));
        }
        EXPECT_NE(unfolded.find(name), std::string::npos) << "a name without blanks comes back whole";
        long_names = sample_diff();
        long_names.symbols.added.push_back({name, record::SymbolKind::kLocal, "", ""});
    }
}

/// Without colours no control character but the line end comes out, whatever the names hold; with them, only colours.
TEST(TextReport, NothingReachesTheTerminalUnasked) {
    for (const auto& diff : {sample_diff(), failed_diff()}) {
        for (const char c : image_text(diff)) EXPECT_TRUE(static_cast<uint8_t>(c) >= 0x20 || c == '\n');
        const auto coloured = image_text(diff, {true, 0});
        for (size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b', at + 1)) {
            EXPECT_EQ(coloured[at + 1], '[');
            EXPECT_EQ(coloured.find_first_not_of("0123456789", at + 2), coloured.find('m', at));
        }
    }
}

TEST(TextReport, ColoursChangeNothingElse) {
    std::string coloured = image_text(sample_diff(), {true, 0});
    for (size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
        coloured.erase(at, coloured.find('m', at) + 1 - at);
    EXPECT_EQ(coloured, kImageText);
}

}  // namespace
}  // namespace strata::report
