// Trees from the command line: index, extend, diff of directories and files, and names checked against LLVM's nm.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "harness.h"
#include "support/file_maker.h"
#include "support/temp_dir.h"

namespace strata::e2e {
namespace fs = std::filesystem;
namespace {

using test::kCpuArm64;
using test::kCpuX86;
using test::make_archive;
using test::make_dylib;
using test::make_fat;

void write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    test::write_file(path, bytes);
}

/// Two versions of a tree: one image changed in both slices, one added, one removed, the rest the same.
class Trees : public ::testing::Test {
  protected:
    Trees() {
        for (const char* version : {"old", "new"}) {
            const fs::path root = fs::path(dir_.path()) / version;
            const std::string text = std::string("built as ") + version;
            const std::string uuid = std::string("uuid of ") + version + "......";
            write(root / "usr/lib/libfat.dylib",
                  make_fat({{kCpuX86, 3, make_dylib("fat", kCpuX86, uuid.substr(0, 16), text)},
                            {kCpuArm64, 0, make_dylib("fat", kCpuArm64, uuid.substr(0, 16), text)}}));
            write(root / "usr/lib/libsame.a",
                  make_archive({{"one.o", make_dylib("one")}, {"two.o", make_dylib("two")}}));
            write(root / "bin" / version,
                  make_dylib(version, kCpuArm64, std::string("only in ") + version + ".....", text));
            write(root / "notes.txt", version);
        }
    }

    static Json last_line(const Outcome& run) { return json_lines_of(run).back(); }

    TempDir dir_;
};

TEST_F(Trees, DirectoriesAreDiffedByPath) {
    const Outcome run =
        run_strata({"diff", dir_ / "old", dir_ / "new", "--format", "jsonl", "--store", dir_ / "store"});
    EXPECT_EQ(run.exit_code, kDone) << describe(run);
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& line : json_lines_of(run))
        if (line.contains("status") && line.contains("path")) seen.emplace(line.at("path"), line.at("status"));
    EXPECT_EQ(seen, (std::set<std::pair<std::string, std::string>>{{"bin/new", "added"},
                                                                   {"bin/old", "removed"},
                                                                   {"usr/lib/libfat.dylib@arm64", "updated"},
                                                                   {"usr/lib/libfat.dylib@x86_64", "updated"}}));
    EXPECT_EQ(last_line(run).at("unchanged"), 2);
}

TEST_F(Trees, FilesAreDiffedToo) {
    const Outcome run = run_strata({"diff", dir_ / "old/usr/lib/libfat.dylib", dir_ / "new/usr/lib/libfat.dylib",
                                    "--format", "jsonl", "--store", dir_ / "store"});
    EXPECT_EQ(run.exit_code, kDone) << describe(run);
    EXPECT_EQ(last_line(run).at("updated"), 2);
}

TEST_F(Trees, SeveralSourcesMakeOneFirmware) {
    const std::vector<std::string> store{"--store", dir_ / "store"};
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), store.begin(), store.end());
        return run_strata(arguments);
    };
    EXPECT_EQ(run({"index", dir_ / "old", dir_ / "new"}).exit_code, kUsage) << "without a name";
    EXPECT_EQ(run({"index", dir_ / "old", "--extend"}).exit_code, kUsage) << "without a name";
    EXPECT_EQ(run({"index", dir_ / "old", "--extend", "--name", "none"}).exit_code, kUsage) << "nothing to extend";
    EXPECT_EQ(run({"index", dir_ / "old", dir_ / "new", "--name", "both"}).exit_code, kDone);
    EXPECT_EQ(run({"index", dir_ / "old", "--name", "steps"}).exit_code, kDone);
    const Outcome extended = run({"index", "--name", "steps", "--extend", dir_ / "new", "--json"});
    EXPECT_EQ(extended.exit_code, kDone) << describe(extended);
    const Json firmware = Json::parse(extended.out);
    EXPECT_EQ(firmware.at("images"), 10);
    EXPECT_EQ(firmware.at("kind"), "composite");
    ASSERT_EQ(firmware.at("sources").size(), 2U);
    EXPECT_EQ(firmware.at("sources").at(1).at("path"), dir_ / "new");
    EXPECT_EQ(run({"diff", "both", "steps", "--exit-code"}).exit_code, kDone) << "one is the other";
    EXPECT_EQ(run({"verify"}).exit_code, kDone);
    const Outcome again = run({"index", "--name", "steps", "--extend", dir_ / "new"});
    EXPECT_EQ(again.out, "steps: 10 images\n");
}

TEST_F(Trees, FailedFilesAreListed) {
    write(fs::path(dir_ / "old") / "ppc", test::be32(0xfeedface) + test::be32(18) + std::string(64, '\0'));
    const Outcome run = run_strata({"index", dir_ / "old", "--name", "x", "--store", dir_ / "store"});
    EXPECT_EQ(run.exit_code, kSomeFailed);
    EXPECT_NE(
        run.err.find("failed: ppc: ppc at offset 0x0: big-endian Mach-O (ppc) is not supported; expected feedface"),
        std::string::npos)
        << describe(run);
}

/// The listing holds no file open and maps none: many more files than descriptors or mappings are no trouble.
TEST_F(Trees, ManySmallFilesStaySmall) {
    const fs::path root = dir_ / "many";
    const std::string small = make_dylib("small").substr(0, 0x1200);
    for (int i = 0; i < 5000; ++i) write(root / std::to_string(i / 100) / ("lib" + std::to_string(i)), small);
    const Outcome run = run_strata({"index", root.string(), "--name", "many", "--store", dir_ / "store"});
    EXPECT_EQ(run.exit_code, kDone) << describe(run);
    EXPECT_EQ(run.out, "many: 5000 images\n");
    EXPECT_LT(run.peak_rss_kib, 128 * 1024);
}

}  // namespace
}  // namespace strata::e2e
