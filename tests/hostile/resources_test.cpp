// Tight resources: a full disk, a store that cannot be written, little memory.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "dscgen/dscgen.h"
#include "running.h"

namespace strata::hostile {
namespace {
namespace fs = std::filesystem;
using e2e::Outcome;

/// A small file system in memory, unmounted when this goes out of scope.
class SmallDisk {
  public:
    explicit SmallDisk(const std::string& size) {
        mounted_ =
            ::geteuid() == 0 && ::mount("strata-test", dir_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    bool mounted() const { return mounted_; }
    std::string operator/(std::string_view name) const { return dir_ / name; }
    bool remount(unsigned long flags, const std::string& size) const {
        return ::mount("strata-test", dir_.path().c_str(), "tmpfs", MS_REMOUNT | flags, ("size=" + size).c_str()) == 0;
    }

  private:
    e2e::TempDir dir_;
    bool mounted_ = false;
};

constexpr const char* kNotRoot = "skipped: mounting a small file system takes root";

std::string made(const e2e::TempDir& dir, uint32_t images, uint64_t symbols) {
    dscgen::Spec spec;
    spec.images = images;
    spec.symbols = symbols;
    dscgen::make(spec, dir / "cache");
    return dir / "cache";
}

TEST(Resources, AFullDisk) {
    const SmallDisk disk("3m");
    if (!disk.mounted()) GTEST_SKIP() << kNotRoot;
    const e2e::TempDir dir;
    const std::string cache = made(dir, 200, 200'000);
    const std::vector<std::string> index{"index", cache, "--name", "it", "--jobs", "2", "--store", disk / "store"};
    const Outcome full = e2e::run_strata(index);
    EXPECT_EQ(full.signal, 0) << describe(full);
    EXPECT_EQ(full.exit_code, e2e::kStoreTrouble) << describe(full);
    EXPECT_TRUE(holds(full.err, "No space left on device") && holds(full.err, disk / "store")) << describe(full);

    // What is there stays readable, and with room the same command goes on.
    const Outcome list = e2e::run_strata({"list", "--json", "--store", disk / "store"});
    EXPECT_EQ(list.exit_code, e2e::kDone) << describe(list);
    ASSERT_TRUE(disk.remount(0, "200m"));
    const Outcome again = e2e::run_strata(index);
    EXPECT_EQ(again.exit_code, e2e::kDone) << describe(again);
    const Outcome fresh = e2e::run_strata({"index", cache, "--name", "fresh", "--store", disk / "store"});
    EXPECT_EQ(fresh.exit_code, e2e::kDone) << describe(fresh);
    const Outcome same = e2e::run_strata({"diff", "it", "fresh", "--exit-code", "--store", disk / "store"});
    EXPECT_EQ(same.exit_code, e2e::kDone) << describe(same);
}

TEST(Resources, AFullDiskFromTheStart) {
    const SmallDisk disk("16k");
    if (!disk.mounted()) GTEST_SKIP() << kNotRoot;
    const e2e::TempDir dir;
    const Outcome full = e2e::run_strata({"index", made(dir, 4, 100), "--name", "it", "--store", disk / "store"});
    EXPECT_EQ(full.exit_code, e2e::kStoreTrouble) << describe(full);
    EXPECT_TRUE(holds(full.err, "No space left on device")) << describe(full);
}

TEST(Resources, AReportThatDoesNotFit) {
    const SmallDisk disk("16k");
    if (!disk.mounted()) GTEST_SKIP() << kNotRoot;
    const e2e::TempDir dir;
    e2e::IndexedStore store;
    store.index(made(dir, 60, 6'000), "old");
    dscgen::Step step;
    step.change = 50;
    dscgen::next(dir / "cache", dir / "next", step);
    store.index(dir / "next", "new");
    const Outcome full = store.run({"diff", "old", "new", "--format", "json", "--output", disk / "report.json"});
    EXPECT_NE(full.exit_code, e2e::kDone) << describe(full);
    EXPECT_EQ(full.signal, 0) << describe(full);
    EXPECT_TRUE(holds(full.err, "report.json")) << describe(full);
}

/// A store on a file system mounted read-only: all reading works, writing is refused.
TEST(Resources, AReadOnlyStore) {
    const SmallDisk disk("50m");
    if (!disk.mounted()) GTEST_SKIP() << kNotRoot;
    const e2e::TempDir dir;
    const std::string cache = made(dir, 10, 1'000);
    const std::string store = disk / "store";
    const Outcome index = e2e::run_strata({"index", cache, "--name", "it", "--store", store});
    ASSERT_EQ(index.exit_code, e2e::kDone) << describe(index);
    ASSERT_TRUE(disk.remount(MS_RDONLY, "50m"));
    for (const std::vector<std::string>& command : {std::vector<std::string>{"list", "--json"},
                                                    {"images", "it"},
                                                    {"diff", "it", "it", "--exit-code"},
                                                    {"stats", "it"},
                                                    {"index", cache, "--name", "it"}}) {
        auto arguments = command;
        arguments.insert(arguments.end(), {"--store", store});
        const Outcome read = e2e::run_strata(arguments);
        EXPECT_EQ(read.exit_code, e2e::kDone) << describe(read);
    }
    const Outcome other = e2e::run_strata({"index", cache, "--name", "other", "--store", store});
    EXPECT_EQ(other.exit_code, e2e::kStoreTrouble) << describe(other);
    EXPECT_TRUE(holds(other.err, store) && holds(other.err, "ead-only")) << describe(other);
    const Outcome remove = e2e::run_strata({"remove", "it", "--store", store});
    EXPECT_EQ(remove.exit_code, e2e::kStoreTrouble) << describe(remove);
}

/// A folder that may not be listed is an input that cannot be used, not trouble with the store.
TEST(Resources, AFolderThatMayNotBeListed) {
    if (::geteuid() == 0) {
        // Root may list everything: a child that is nobody runs the program.
        const e2e::TempDir dir;
        const std::string closed = dir / "closed";
        fs::create_directory(closed);
        fs::permissions(closed, fs::perms::none);
        fs::permissions(dir.path(), fs::perms::all);
        const pid_t child = ::fork();
        if (child == 0) {
            try {
                const bool nobody = ::setgid(65534) == 0 && ::setuid(65534) == 0;
                ::_exit(nobody ? e2e::run_strata({"index", closed, "--store", dir / "store"}).exit_code : 99);
            } catch (const std::exception&) {
                ::_exit(99);  // nobody may not see the program either
            }
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (WEXITSTATUS(status) == 99) GTEST_SKIP() << "skipped: cannot become another user";
        EXPECT_EQ(WEXITSTATUS(status), e2e::kUsage);
        return;
    }
    const e2e::TempDir dir;
    const std::string closed = dir / "closed";
    fs::create_directory(closed);
    fs::permissions(closed, fs::perms::none);
    const Outcome run = e2e::run_strata({"index", closed, "--store", dir / "store"});
    EXPECT_EQ(run.exit_code, e2e::kUsage) << describe(run);
    fs::permissions(closed, fs::perms::owner_all);
}

/// Two thousand images, and the next version of them: memory stays within the budget, and threads do not show in the
/// output.
TEST(Resources, MemoryOfManyImages) {
    const e2e::TempDir dir;
    const std::string old_cache = made(dir, 2'000, 300'000);
    dscgen::Step step;
    step.change = 100;
    step.add = 5;
    step.remove = 5;
    dscgen::next(old_cache, dir / "next", step);

    std::string reports[2];
    std::string images[2];
    for (const size_t i : {0U, 1U}) {
        const std::string jobs = i == 0 ? "1" : "8";
        e2e::IndexedStore store;  // index() holds the run to the budget
        store.index(old_cache, "old", {"--jobs", jobs});
        store.index(dir / "next", "new", {"--jobs", jobs});
        const Outcome diff = store.run({"diff", "old", "new", "--format", "jsonl", "--jobs", jobs});
        expect_orderly(diff);
        // Where the source lies is told, and is the same both times.
        reports[i] = diff.out;
        images[i] = store.run({"images", "new", "--json"}).out;
    }
    EXPECT_FALSE(reports[0].empty());
    EXPECT_TRUE(reports[0] == reports[1]) << "the report depends on the number of threads";
    EXPECT_TRUE(images[0] == images[1]) << "the store depends on the number of threads";
}

}  // namespace
}  // namespace strata::hostile
