// Trees: order, links, caches in them, identity, files that change, bounds.
#include "extract/tree_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "extract/open_source.h"
#include "extract/tree_walk.h"
#include "support/cache_maker.h"
#include "support/errors.h"
#include "support/file_maker.h"

namespace strata::extract {
namespace {
namespace fs = std::filesystem;

using test::kCpuArm64;
using test::kCpuX86;
using test::make_archive;
using test::make_dylib;
using test::make_fat;
using test::TempDir;

using Names = std::vector<std::string>;

Names keys_of(const Source& source) {
    Names keys;
    for (uint64_t i = 0; i < source.image_count(); ++i) keys.push_back(source.image_key(i));
    return keys;
}

/// Extracts all images; gives the messages of those that fail.
Names failures_of(const Source& source) {
    Names failures;
    for (uint64_t i = 0; i < source.image_count(); ++i) {
        try {
            source.extract(i, [](const record::Chunk&) {});
        } catch (const base::Error& error) {
            failures.push_back(source.image_key(i) + ": " + error.message());
        }
    }
    return failures;
}

void write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    test::write_file(path, bytes);
}

std::string fat_dylib(std::string_view name) {
    return make_fat({{kCpuX86, 3, make_dylib(name, kCpuX86)}, {kCpuArm64, 0, make_dylib(name)}});
}

/// A small tree of everything.
void fill(const fs::path& root) {
    write(root / "usr/lib/libfat.dylib", fat_dylib("fat"));
    write(root / "usr/lib/libstatic.a", make_archive({{"one.o", make_dylib("one")}, {"two.o", make_dylib("two")}}));
    write(root / "usr/bin/tool", make_dylib("tool"));
    write(root / "usr.txt", "no binary");
    write(root / "usr/share/script", "#!/bin/sh\n");
    write(root / "empty", "");
}

const Names kFilled{"usr/bin/tool", "usr/lib/libfat.dylib@x86_64", "usr/lib/libfat.dylib@arm64",
                    "usr/lib/libstatic.a(one.o)", "usr/lib/libstatic.a(two.o)"};

TEST(TreeWalk, GoesInTheOrderOfWholePaths) {
    const TempDir dir;
    for (const char* path : {"b/x", "a.b", "a/z", "a/b/c", "a-b", "c"}) write(dir / path, "");
    Names seen;
    walk_tree(dir.path(), {[&](const std::string& path) { seen.push_back(path); }, {}});
    Names sorted = seen;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(seen, sorted);
    EXPECT_EQ(seen.size(), 6U);
}

TEST(TreeWalk, FollowsNoLinks) {
    const TempDir dir;
    const TempDir outside;
    write(outside / "file", "");
    write(dir / "in/file", "");
    fs::create_directory_symlink(outside.path(), dir / "out");
    fs::create_directory_symlink(dir.path(), dir / "in/loop");
    fs::create_symlink(outside / "file", dir / "link");
    Names seen;
    walk_tree(dir.path(), {[&](const std::string& path) { seen.push_back(path); }, {}});
    EXPECT_EQ(seen, Names{"in/file"});
    fs::create_directory_symlink(dir.path(), outside / "root");
    seen.clear();
    walk_tree(outside / "root", {[&](const std::string& path) { seen.push_back(path); }, {}});
    EXPECT_EQ(seen, Names{"in/file"}) << "only the root itself may be a link";
}

TEST(TreeSource, EverySliceAndMemberIsAnImage) {
    const TempDir dir;
    fill(dir.path());
    const TreeSource tree(dir.path());
    EXPECT_EQ(keys_of(tree), kFilled);
    EXPECT_EQ(failures_of(tree), Names{});
    EXPECT_EQ(tree.info().kind, "tree");
    EXPECT_EQ(tree.info().arch, "arm64+x86_64");
    EXPECT_EQ(tree.info().platform, 1U);
    uint64_t bytes = 0;
    for (const char* file : {"usr/lib/libfat.dylib", "usr/lib/libstatic.a", "usr/bin/tool"})
        bytes += fs::file_size(dir / file);
    EXPECT_EQ(tree.info().bytes, bytes) << "only binaries count";
    EXPECT_TRUE(tree.info().name.starts_with(dir.path().filename().string() + "-"));
}

TEST(TreeSource, OneFileIsASourceToo) {
    const TempDir dir;
    fill(dir.path());
    const TreeSource file(dir / "usr/lib/libfat.dylib");
    EXPECT_EQ(keys_of(file), (Names{"libfat.dylib@x86_64", "libfat.dylib@arm64"}));
    EXPECT_EQ(file.info().kind, "macho");
    EXPECT_EQ(failures_of(file), Names{});
    EXPECT_EQ(keys_of(*open_source(dir / "usr/lib/libstatic.a")), (Names{"libstatic.a(one.o)", "libstatic.a(two.o)"}));
    fs::create_symlink(dir / "usr/bin/tool", dir / "link");
    EXPECT_EQ(keys_of(*open_source(dir / "link")), Names{"link"}) << "a link that the user names is meant";
}

TEST(TreeSource, ASystemSaysItsVersion) {
    const TempDir dir;
    fill(dir.path());
    write(dir / "System/Library/CoreServices/SystemVersion.plist",
          "<plist><dict><key>ProductBuildVersion</key><string>25A362</string>\n<key>ProductVersion</key>\n"
          "<string>26.0.1</string></dict></plist>");
    const TreeSource tree(dir.path());
    EXPECT_EQ(tree.info().os_version, 0x001a0001U);
    EXPECT_TRUE(tree.info().name.starts_with("macOS-26.0.1-25A362-")) << tree.info().name;
    write(
        dir / "System/Library/CoreServices/SystemVersion.plist",
        "<key>ProductBuildVersion</key><string>../../x</string><key>ProductVersion</key><string>99999999999</string>");
    EXPECT_EQ(TreeSource(dir.path()).info().os_version, 0U);
    EXPECT_EQ(TreeSource(dir.path()).info().name.find('/'), std::string::npos);
}

TEST(TreeSource, IdentityIsOfTheContentBelowTheRoot) {
    const TempDir one;
    const TempDir two;
    fill(one.path());
    fill(two.path());
    const auto identity = [](const TempDir& dir) { return TreeSource(dir.path()).info().identity.hex(); };
    EXPECT_EQ(identity(one), identity(two)) << "wherever it lies, whenever it was written";
    write(two / "README", "no binary");
    EXPECT_EQ(identity(one), identity(two));
    write(two / "usr/bin/tool", make_dylib("tool", kCpuArm64, "another uuid 16."));
    EXPECT_NE(identity(one), identity(two));
    write(two / "usr/bin/tool", make_dylib("tool"));
    EXPECT_EQ(identity(one), identity(two));
    fs::rename(two / "usr/bin/tool", two / "usr/bin/other");
    EXPECT_NE(identity(one), identity(two));
}

/// A researcher patches a byte and leaves header, uuid and signature as they are: that is other content.
TEST(TreeSource, IdentityIsOfEveryByteOfItsFiles) {
    const TempDir dir;
    const std::string bytes = make_dylib("tool");
    const auto identity = [&](const std::string& content) {
        write(dir / "tool", content);
        return TreeSource(dir.path()).info().identity.hex();
    };
    const std::string before = identity(bytes);
    for (const size_t at : {bytes.size() / 2, bytes.size() - 1}) {
        std::string patched = bytes;
        patched[at] = static_cast<char>(patched[at] ^ 0x40);
        EXPECT_NE(identity(patched), before) << at;
    }
    EXPECT_EQ(identity(bytes), before);
}

TEST(TreeSource, FilesNamedLikeSlicesStayApart) {
    const TempDir dir;
    write(dir / "lib", fat_dylib("lib"));
    write(dir / "lib@arm64", make_dylib("trap"));
    write(dir / "a(m.o)", make_dylib("trap"));
    write(dir / "a", make_archive({{"m.o", make_dylib("m")}}));
    EXPECT_EQ(keys_of(TreeSource(dir.path())), (Names{"a(m.o)", "a(m.o)#2", "lib@x86_64", "lib@arm64", "lib@arm64#2"}));
}

TEST(TreeSource, FilesThatCannotBeOpenedAreFailedImages) {
    if (::geteuid() == 0) GTEST_SKIP() << "skipped: root may read everything";
    const TempDir dir;
    fill(dir.path());
    fs::permissions(dir / "usr/bin/tool", fs::perms::none);
    fs::permissions(dir / "usr/share", fs::perms::none);
    const TreeSource tree(dir.path());
    EXPECT_EQ(failures_of(tree).size(), 2U);
    fs::permissions(dir / "usr/share", fs::perms::owner_all);
}

TEST(TreeSource, DamagedFilesFailAndTheOthersDoNot) {
    const TempDir dir;
    fill(dir.path());
    write(dir / "cut", make_dylib("cut").substr(0, 0x1050));
    write(dir / "ppc", test::be32(0xfeedface) + test::be32(18) + std::string(64, '\0'));
    const TreeSource tree(dir.path());
    const auto failures = failures_of(tree);
    ASSERT_EQ(failures.size(), 2U);
    EXPECT_NE(failures[0].find("cut: string pool"), std::string::npos) << failures[0];
    EXPECT_EQ(failures[1], "ppc: big-endian Mach-O (ppc) is not supported");
}

TEST(TreeSource, FilesThatChangeAreNoticed) {
    const TempDir dir;
    fill(dir.path());
    const TreeSource tree(dir.path());
    write(dir / "usr/bin/tool", make_dylib("other") + " ");
    fs::remove(dir / "usr/lib/libfat.dylib");
    fs::create_symlink(dir / "usr/bin/tool", dir / "usr/lib/libfat.dylib");
    const auto failures = failures_of(tree);
    ASSERT_EQ(failures.size(), 3U);
    for (const auto& failure : failures)
        EXPECT_NE(failure.find("was changed since it was listed"), std::string::npos) << failure;
}

TEST(TreeSource, CopiesAreKnownByTheirBytes) {
    const TempDir dir;
    write(dir / "a", fat_dylib("one"));
    write(dir / "b", fat_dylib("two"));
    write(dir / "c", fat_dylib("one"));
    write(dir / "d", fat_dylib("one"));
    write(dir / "e", make_dylib("one"));
    const TreeSource tree(dir.path());
    using Copy = std::optional<uint64_t>;
    std::vector<Copy> copies;
    for (uint64_t i = 0; i < tree.image_count(); ++i) copies.push_back(tree.copy_of(i));
    EXPECT_EQ(copies, (std::vector<Copy>{{}, {}, {}, {}, 0, 1, 0, 1, {}})) << "the slice and the file e are no copies";
}

/// Both archives are opened once, not for each member: they are compared although their names are gone by then.
TEST(TreeSource, ComparedFilesStayOpen) {
    const TempDir dir;
    const std::string archive = make_archive({{"one.o", make_dylib("one")}, {"two.o", make_dylib("two")}});
    for (const char* name : {"a", "b"}) write(dir / name, archive);
    const TreeSource tree(dir.path());
    EXPECT_EQ(tree.copy_of(2), 0U);
    for (const char* name : {"a", "b"}) fs::remove(dir / name);
    EXPECT_EQ(tree.copy_of(3), 1U);
}

TEST(TreeSource, CopiesOfFilesThatChangedAreNone) {
    const TempDir dir;
    for (const char* name : {"a", "b"}) write(dir / name, make_dylib("one"));
    const TreeSource original(dir.path());
    ASSERT_EQ(original.copy_of(1), 0U);
    write(dir / "a", make_dylib("other") + " ");
    const TreeSource other(dir.path());
    EXPECT_EQ(other.copy_of(1), std::nullopt);
    const TreeSource copy(dir.path());
    write(dir / "b", make_dylib("other"));
    write(dir / "a", make_dylib("one"));
    EXPECT_EQ(copy.copy_of(1), std::nullopt);
    const TreeSource gone(dir.path());
    fs::remove(dir / "a");
    EXPECT_EQ(gone.copy_of(1), std::nullopt);
    EXPECT_EQ(failures_of(gone).size(), 1U) << "what is there is read";
}

TEST(TreeSource, FilesThatCannotBeReadAreNoCopies) {
    const TempDir dir;
    const std::string broken = fat_dylib("one").substr(0, 100);
    for (const char* name : {"a", "b", "c"}) write(dir / name, name[0] == 'c' ? make_dylib("one") : broken);
    const TreeSource tree(dir.path());
    for (uint64_t i = 0; i < tree.image_count(); ++i) EXPECT_EQ(tree.copy_of(i), std::nullopt);
    for (const auto& failure : failures_of(tree)) EXPECT_FALSE(failure.starts_with("c"));
}

TEST(TreeSource, NothingToIndexIsAnError) {
    const TempDir dir;
    EXPECT_TRUE(test::fails_with("holds no Mach-O file", [&] { TreeSource(dir.path()); }));
    write(dir / "text", "text");
    EXPECT_TRUE(test::fails_with("holds no Mach-O file", [&] { open_source(dir.path()); }));
    EXPECT_TRUE(test::fails_with("not a dyld shared cache", [&] { open_source(dir / "text"); }));
    EXPECT_TRUE(test::fails_with("no such file", [&] { open_source(dir / "missing"); }));
}

TEST(TreeSource, ReadByManyThreads) {
    const TempDir dir;
    for (int i = 0; i < 50; ++i) write(dir / ("lib" + std::to_string(i)), fat_dylib("lib" + std::to_string(i)));
    const TreeSource tree(dir.path());
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) threads.emplace_back([&] { EXPECT_EQ(failures_of(tree), Names{}); });
    for (auto& thread : threads) thread.join();
}

TEST(TreeSource, ListedTheSameByAnyNumberOfThreads) {
    const TempDir dir;
    fill(dir.path());
    for (int i = 0; i < 40; ++i) write(dir / ("lib" + std::to_string(i)), fat_dylib("lib" + std::to_string(i)));
    write(dir / "cut", make_dylib("cut").substr(0, 0x1050));
    uint64_t files = 0;
    const TreeSource one(dir.path(), {}, {{1, nullptr, {}}, [&](uint64_t seen) { files = seen; }});
    const TreeSource many(dir.path(), {}, {{8, nullptr, {}}, {}});
    EXPECT_EQ(files, 47U);
    EXPECT_EQ(keys_of(one), keys_of(many));
    EXPECT_EQ(one.info().identity.hex(), many.info().identity.hex());
}

TEST(TreeSource, ListingCanBeStopped) {
    const TempDir dir;
    fill(dir.path());
    base::StopFlag stop;
    stop.request();
    const auto error = test::error_of([&] { TreeSource(dir.path(), {}, {{2, &stop, {}}, {}}); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::ErrorKind::kInterrupted);
}

/// Caches in a tree.
class TreeWithCaches : public ::testing::Test {
  protected:
    static void copy_cache(const test::MadeCache& made, const fs::path& to) {
        fs::create_directories(to);
        for (const auto& entry : fs::directory_iterator(made.folder()))
            if (entry.path().string().starts_with(made.main.string()))
                fs::copy_file(entry.path(), to / entry.path().filename());
    }
    static uint64_t count(const Names& keys, const std::string& prefix) {
        return static_cast<uint64_t>(
            std::count_if(keys.begin(), keys.end(), [&](const std::string& key) { return key.starts_with(prefix); }));
    }

    const test::MadeCache arm_{test::spec_of(0x228, dscgen::Arch::arm64e, dscgen::Layout::split)};
    const test::MadeCache intel_{test::spec_of(0x228, dscgen::Arch::x86_64, dscgen::Layout::split)};
    const TempDir dir_;
};

TEST_F(TreeWithCaches, ADirectoryWithNothingElseIsThatCache) {
    copy_cache(arm_, dir_ / "deep/below");
    write(dir_ / "README", "text");
    const auto source = open_source(dir_.path());
    EXPECT_EQ(source->info().kind, "dyld_shared_cache");
    EXPECT_EQ(source->info().identity.hex(), open_source(arm_.main)->info().identity.hex());
    EXPECT_EQ(keys_of(*source), keys_of(*open_source(arm_.main)));
}

/// Or the cache would be one that cannot be read, and the tree another one than it is.
TEST_F(TreeWithCaches, StoppedWhileACacheIsRead) {
    fill(dir_.path());
    copy_cache(arm_, dir_ / "System/Library/dyld");
    base::StopFlag stop;
    const base::Reading reading{1, &stop, [&](uint64_t, uint64_t) { stop.request(); }};
    const auto error = test::error_of([&] { TreeSource(dir_.path(), {}, {reading, {}}); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), base::ErrorKind::kInterrupted);
}

TEST_F(TreeWithCaches, TheMainCacheNeedsNoPrefix) {
    fill(dir_.path());
    copy_cache(intel_, dir_ / "System/Library/dyld");
    copy_cache(arm_, dir_ / "System/Library/dyld");
    const TreeSource tree(dir_.path());
    const auto keys = keys_of(tree);
    EXPECT_EQ(failures_of(tree), Names{});
    EXPECT_EQ(keys.size(), kFilled.size() + arm_.truth.size() + intel_.truth.size());
    EXPECT_EQ(count(keys, "/"), arm_.truth.size());
    EXPECT_EQ(count(keys, "dyld:x86_64/"), intel_.truth.size());
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
    EXPECT_EQ(tree.info().arch, "arm64e");
    EXPECT_EQ(tree.info().uuid, open_source(arm_.main)->info().uuid);
    EXPECT_TRUE(open_source(dir_.path())->info().kind == "tree");
}

TEST_F(TreeWithCaches, PrefixesSayWhatACacheIsNotWhereItLies) {
    copy_cache(arm_, dir_ / "a");
    copy_cache(intel_, dir_ / "b");
    const TempDir moved;
    copy_cache(intel_, moved / "1/2");
    copy_cache(arm_, moved / "3");
    EXPECT_EQ(keys_of(TreeSource(dir_.path())), keys_of(TreeSource(moved.path())));
    EXPECT_EQ(TreeSource(dir_.path()).info().identity.hex(), TreeSource(moved.path()).info().identity.hex());
}

TEST_F(TreeWithCaches, TwoOfOneKindStayApart) {
    copy_cache(arm_, dir_ / "a");
    copy_cache(arm_, dir_ / "b");
    copy_cache(arm_, dir_ / "c");
    const auto keys = keys_of(TreeSource(dir_.path()));
    EXPECT_EQ(count(keys, "/"), arm_.truth.size());
    EXPECT_EQ(count(keys, "dyld:arm64e/"), arm_.truth.size());
    EXPECT_EQ(count(keys, "dyld:arm64e:2/"), arm_.truth.size());
}

TEST_F(TreeWithCaches, ADamagedCacheIsAFailedImage) {
    fill(dir_.path());
    copy_cache(arm_, dir_ / "dyld");
    write(dir_ / "other/dyld_shared_cache_arm64", "dyld_v1   arm64 and nothing more");
    const TreeSource tree(dir_.path());
    const auto failures = failures_of(tree);
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_TRUE(failures[0].starts_with("other/dyld_shared_cache_arm64: ")) << failures[0];
    EXPECT_EQ(tree.image_count(), kFilled.size() + arm_.truth.size() + 1);
}

TEST_F(TreeWithCaches, TakenKeysAreAvoided) {
    fill(dir_.path());
    copy_cache(arm_, dir_ / "dyld");
    TreeSource tree(dir_.path());
    const auto before = keys_of(tree);
    const std::string one = arm_.truth.begin()->first;
    tree.avoid([&](const std::string& key) { return key == one || key == "usr/bin/tool"; });
    const auto keys = keys_of(tree);
    EXPECT_EQ(keys.size(), before.size());
    EXPECT_EQ(count(keys, "dyld:arm64e/"), arm_.truth.size()) << "all of a cache or none";
    EXPECT_EQ(keys[0], "usr/bin/tool#2");
    EXPECT_EQ(keys[1], before[1]);
}

}  // namespace
}  // namespace strata::extract
