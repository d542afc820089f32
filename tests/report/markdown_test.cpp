// Markdown: golden bodies, hostile names, the folder's files and caps.
#include "report/markdown.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "report/markdown_text.h"
#include "sample_diff.h"
#include "support/errors.h"
#include "support/random.h"
#include "support/temp_dir.h"

namespace strata::report {
namespace {

namespace fs = std::filesystem;
using diff::Status;

diff::RenderedImage rendered(const DiffReport& report, const diff::ImageDiff& diff) {
    diff::RenderedImage image;
    image.status = diff.status;
    image.text = report.image(diff);
    return image;
}

diff::ImageDiff named(Status status, const std::string& path) {
    diff::ImageDiff diff;
    diff.status = status;
    diff.path = path;
    diff.scalars = {{"uuid", "A", "B"}};
    return diff;
}

/// As part_by_layout(), which needs a store: see the end-to-end tests.
MarkdownPart by_key(const diff::ImageDiff& diff) {
    return diff.path.starts_with('/')   ? MarkdownPart::kDylib
           : diff.path.ends_with(".so") ? MarkdownPart::kOther
                                        : MarkdownPart::kMachO;
}

std::string document(const std::vector<diff::ImageDiff>& diffs) {
    const auto report = make_markdown_report(own_markdown_body(), by_key);
    std::string text = report->header(sample_firmware("old"), sample_firmware("new"), diff::RuleSet::defaults());
    const auto write = [&](std::string_view piece) { text += piece; };
    for (const auto& diff : diffs) report->place(rendered(*report, diff), write);
    report->finish(sample_summary(), write);
    return text;
}

TEST(MarkdownText, UsualNamesStayAsTheyAre) {
    EXPECT_EQ(markdown_text("/usr/lib/libswift_Concurrency.dylib"), "/usr/lib/libswift_Concurrency.dylib");
    EXPECT_EQ(markdown_code("/usr/lib/libc++.1.dylib"), "`/usr/lib/libc++.1.dylib`");
}

TEST(MarkdownText, NothingIsMarkup) {
    EXPECT_EQ(markdown_text("<b>&_x_*y*[z](u)`c`|~\n"), "&lt;b&gt;&amp;\\_x\\_\\*y\\*\\[z\\](u)\\`c\\`\\|\\~\\\\x0A");
    EXPECT_EQ(markdown_code("a`b"), "``a`b``");
    EXPECT_EQ(markdown_code("`a``"), "``` `a`` ```");
    EXPECT_EQ(markdown_code("a\nb"), "`a\\x0Ab`");
    EXPECT_EQ(markdown_code("a|b"), "a\\|b") << "a pipe ends a cell even in code";
    EXPECT_EQ(markdown_line("```\n# x"), "```\\x0A# x");
}

TEST(MarkdownText, SidecarPathsStayInTheirFolder) {
    EXPECT_EQ(sidecar_path("/usr/lib/libz.dylib"), "usr/lib/libz.dylib.md");
    EXPECT_EQ(sidecar_path("/a b/(c)#?/d"), "a_b/_c___/d.md");
    EXPECT_EQ(sidecar_path("/../..//./x"), "_/_/_/_/x.md");
    EXPECT_EQ(sidecar_path(""), "_.md");
    EXPECT_EQ(sidecar_path("/a/b.md/c"), "a/b.md_/c.md") << "no folder is named like a file";
    EXPECT_EQ(sidecar_path("/a\\..\\b:\xff"), "a_.._b__.md");
    test::Random random(5);
    for (int i = 0; i < 2000; ++i) {
        const std::string path =
            sidecar_path(random.one_in(2) ? random.name(random.below(400)) : random.crowded_name(40));
        ASSERT_TRUE(path.ends_with(".md"));
        ASSERT_LE(path.size(), 800U);
        for (const auto& part : fs::path(path)) {
            ASSERT_NE(part, "..");
            ASSERT_NE(part, ".");
            ASSERT_LE(part.string().size(), 200U);
        }
        ASSERT_TRUE(fs::path(path).is_relative());
    }
}

TEST(MarkdownBody, Golden) {
    EXPECT_EQ(own_markdown_body().render(sample_diff()), R"(_relevance_ 42: 1 new import, 1 new function

_left out as noise:_ 3 by counters

| fact | old | new |
|---|---|---|
| uuid | `AAAA` | `BBBB` |
| sdk |  | `14.2.0` |

**sections (+1 −1 ~2)**

```diff
+ __TEXT,__new  0x10
- __TEXT,__old  0x20
~ __TEXT,__text  0x100 -> 0x200
~ __TEXT,__cstring  flags 0x0 -> 0x2, content changed
```

**shared pool (~1)**

```diff
~ __TEXT,__objc_methname  0x40 bytes with 7 strings moved to the shared pool
```

**dependencies (+1 −1 ~1)**

```diff
+ /new\x1B[2J  (weak)
- /old
~ /both  current_version 1.0.0 -> 2.0.0
```

**load commands (+1 ~1)**

```diff
+ LC_RPATH @\xFF
~ LC_SEGMENT __DATA  max_prot rw- -> r--
```

**symbols (+1 −2 ~1)**

```diff
+ _new\x0A+ _forged  (import from /lib"x")
- _\xFF\xFE  (reexport as _target)
- \x5Cx41  (local)
~ _both  (import from /lib, not exported, weak -> export, exported, not weak)
```

**functions (+1 −1 ~1)**

```diff
+ _f  16 bytes
- sub_2000  8 bytes
~ _g\x09  16 -> 20 bytes
```

**strings (+1 −1)**

```diff
+ "say "hi"\x0D\x0A)"
                                                         "\xc3\xa4"
                                                         R"("  (__TEXT,__cstring)
- "\xC2\x9B"  (__TEXT,__os_log)
```

**left out as noise (+1)**

```diff
+ _a\x1B.cold.1  (symbol, local; counters)
```
)");
}

TEST(MarkdownBody, LongListsAreCollapsed) {
    diff::ImageDiff diff = named(Status::kUpdated, "/x");
    for (int i = 0; i < 30; ++i) diff.strings.added.push_back({"s", "x"});
    const auto body = own_markdown_body().render(diff);
    EXPECT_NE(body.find("<details><summary><b>strings (+30)</b></summary>"), std::string::npos);
    EXPECT_TRUE(body.ends_with("```\n\n</details>\n"));
}

TEST(MarkdownDocument, SectionsAndCounts) {
    const auto text = document(list_of(named(Status::kAdded, "/a"), named(Status::kUpdated, "/u/<b>"),
                                       named(Status::kRemoved, "/r"), failed_diff()));
    EXPECT_TRUE(text.starts_with("# old .vs new\n\n## Inputs\n\n- `old` (3 images)\n- `new` (3 images)\n\n| added |"))
        << text;
    EXPECT_NE(text.find("\n#### 🆕 NEW (1)\n\n- `/a`\n\n#### ❌ Removed (1)\n\n- `/r`\n\n#### ⬆️ Updated (1)\n\n"
                        "##### &lt;b&gt;\n\n> `/u/<b>`\n\n| fact |"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("#### ⚠️ Failed (1)\n\n- `/broken` new side: cache.01: bad \\\\x1B magic\n"),
              std::string::npos);
    EXPECT_TRUE(text.ends_with("\n## EOF\n"));
}

TEST(MarkdownDocument, EachPartHasItsHeading) {
    const auto text = document(list_of(named(Status::kAdded, "/a"), named(Status::kUpdated, "usr/bin/tool"),
                                       named(Status::kRemoved, "lib/tool.so")));
    const size_t macho = text.find("\n## MachO\n\n### filesystem\n\n#### ⬆️ Updated (1)\n\n##### tool\n");
    const size_t other = text.find("\n## Other binaries\n\n### filesystem\n\n#### ❌ Removed (1)\n\n- `lib/tool.so`\n");
    const size_t dylibs = text.find("\n## DSC\n\n### Dylibs\n\n#### 🆕 NEW (1)\n\n- `/a`\n");
    ASSERT_NE(macho, std::string::npos) << text;
    ASSERT_NE(dylibs, std::string::npos) << text;
    EXPECT_LT(macho, other);
    EXPECT_LT(other, dylibs);
}

class MarkdownFolder : public ::testing::Test {
  protected:
    void write(const std::vector<diff::ImageDiff>& diffs) {
        const auto report = make_markdown_folder_report(dir_ / "out", own_markdown_body(), by_key);
        const auto nowhere = [](std::string_view text) { EXPECT_EQ(text, ""); };
        nowhere(report->header(sample_firmware("old"), sample_firmware("new"), diff::RuleSet::defaults()));
        for (const auto& diff : diffs) report->place(rendered(*report, diff), nowhere);
        EXPECT_FALSE(fs::exists(dir_ / "out/README.md")) << "not before it is whole";
        report->finish(sample_summary(), nowhere);
    }
    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(dir_.path()))
            if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), dir_.path()).string());
        return names;
    }
    test::TempDir dir_;
};

TEST_F(MarkdownFolder, OneFileAnImage) {
    write(list_of(named(Status::kUpdated, "/usr/lib/a"), named(Status::kAdded, "/b")));
    EXPECT_EQ(files(), (std::set<std::string>{"out/README.md", "out/DYLIBS/usr/lib/a.md"}));
    EXPECT_NE(test::read_file(dir_ / "out/README.md").find("- [/usr/lib/a](DYLIBS/usr/lib/a.md)\n"), std::string::npos);
    EXPECT_TRUE(test::read_file(dir_ / "out/DYLIBS/usr/lib/a.md").starts_with("## a\n\n> `/usr/lib/a`\n\n| fact |"));
}

TEST_F(MarkdownFolder, FilesOfTreesAreNoDylibs) {
    std::vector<diff::ImageDiff> diffs;
    for (int i = 0; i < 1000; ++i) diffs.push_back(named(Status::kUpdated, "bin/t" + std::to_string(i)));
    diffs.push_back(named(Status::kUpdated, "lib/x.so"));
    write(diffs);
    EXPECT_TRUE(files().contains("out/MACHOS/bin/t7.md"));
    EXPECT_TRUE(files().contains("out/BINARIES/lib/x.so.md"));
    EXPECT_FALSE(fs::exists(dir_ / "out/DYLIBS"));
    const auto readme = test::read_file(dir_ / "out/README.md");
    EXPECT_NE(readme.find("- [View 1000 updated files](MACHOS/MachOs.Updated.md)\n"), std::string::npos) << readme;
    EXPECT_NE(test::read_file(dir_ / "out/MACHOS/MachOs.Updated.md").find("- [bin/t7](bin/t7.md)\n"),
              std::string::npos);
}

TEST_F(MarkdownFolder, NamesThatDifferInCaseOnly) {
    write(list_of(named(Status::kUpdated, "/A/x"), named(Status::kUpdated, "/a/X"), named(Status::kUpdated, "/a/x"),
                  named(Status::kUpdated, "/a b"), named(Status::kUpdated, "/a_b"),
                  named(Status::kUpdated, "/../../../etc/passwd"), named(Status::kUpdated, "/Dylibs.Updated")));
    const auto names = files();
    EXPECT_EQ(names.size(), 8U);
    std::set<std::string> lower;
    for (std::string name : names) {
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        EXPECT_TRUE(name.starts_with("out/"));
        lower.insert(name);
    }
    EXPECT_EQ(lower.size(), 8U);
}

TEST_F(MarkdownFolder, VeryLongListsGetTheirOwnFile) {
    std::vector<diff::ImageDiff> diffs;
    for (int i = 0; i < 1000; ++i) diffs.push_back(named(Status::kAdded, "/new" + std::to_string(i)));
    for (int i = 0; i < 1001; ++i) diffs.push_back(named(Status::kUpdated, "/up" + std::to_string(i)));
    for (int i = 0; i < 40; ++i) diffs.push_back(named(Status::kRemoved, "/old" + std::to_string(i)));
    write(diffs);
    const auto readme = test::read_file(dir_ / "out/README.md");
    EXPECT_NE(readme.find("- [View 1000 added files](DYLIBS/Dylibs.New.md)\n"), std::string::npos) << readme;
    EXPECT_NE(readme.find("- [View 1001 updated files](DYLIBS/Dylibs.Updated.md)\n"), std::string::npos);
    EXPECT_NE(readme.find("(40)\n\n<details><summary><i>View Removed</i></summary>\n\n- `/old0`\n"), std::string::npos);
    const auto list = test::read_file(dir_ / "out/DYLIBS/Dylibs.Updated.md");
    EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 1003);
    EXPECT_NE(list.find("- [/up1000](up1000.md)\n"), std::string::npos) << "links are relative to the list";
}

TEST_F(MarkdownFolder, WhatIsThereIsNotTouched) {
    fs::create_directory(dir_ / "out");
    write({});
    EXPECT_EQ(files(), (std::set<std::string>{"out/README.md"})) << "an empty folder may be used";
    const auto error = test::error_of([&] { make_markdown_folder_report(dir_ / "out", own_markdown_body(), by_key); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::ErrorKind::kUsage);
}

TEST_F(MarkdownFolder, ASlashAtTheEndChangesNothing) {
    const auto report = make_markdown_folder_report((dir_ / "out").string() + "/", own_markdown_body(), by_key);
    report->finish(sample_summary(), [](std::string_view) {});
    EXPECT_EQ(files(), (std::set<std::string>{"out/README.md"}));
}

TEST_F(MarkdownFolder, AnUnfinishedOneLeavesNothing) {
    {
        const auto report = make_markdown_folder_report(dir_ / "out", own_markdown_body(), by_key);
        report->place(rendered(*report, named(Status::kUpdated, "/x")), [](std::string_view) {});
    }
    EXPECT_TRUE(fs::is_empty(dir_.path()));
}

}  // namespace
}  // namespace strata::report
