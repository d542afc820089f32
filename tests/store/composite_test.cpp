// Firmwares of several sources: built in one go, extended later, stopped in between.
#include <gtest/gtest.h>

#include "extract/open_source.h"
#include "store/indexer.h"
#include "store/reader.h"
#include "store/verify.h"
#include "support/cache_maker.h"
#include "support/errors.h"
#include "support/file_maker.h"

namespace strata::store {
namespace {
namespace fs = std::filesystem;
using test::make_dylib;
using test::TempDir;

using Sources = std::vector<std::unique_ptr<extract::Source>>;

class Composite : public ::testing::Test {
  protected:
    Composite() {
        for (const char* tree : {"one", "two"}) {
            for (const char* name : {"tool", "shared"}) {
                fs::create_directories(dir_ / tree / "bin");
                test::write_file(dir_ / tree / "bin" / (name == std::string("tool") ? std::string(tree) : name),
                                 make_dylib(std::string(tree) + name));
            }
        }
    }

    Sources open(const std::vector<fs::path>& paths) const {
        Sources sources;
        for (const auto& path : paths) sources.push_back(extract::open_source(path));
        return sources;
    }

    IndexResult index(const std::string& store, const std::vector<fs::path>& paths, bool extend = false,
                      base::StopFlag* stop = nullptr, uint64_t stop_at = 0) {
        Writer writer(dir_ / store);
        IndexOptions options;
        options.name = "x";
        options.jobs = 1;
        options.stop = stop;
        options.progress = [&](const IndexProgress& at) {
            EXPECT_LE(at.done, at.total);
            if (stop != nullptr && at.done == stop_at) stop->request();
        };
        return index_sources(writer, open(paths), extend, options);
    }

    /// Keys and column digests; also that the manifest's counts are right.
    std::vector<std::string> content(const std::string& store) {
        Reader reader(dir_ / store);
        const auto firmware = reader.firmware("x");
        std::vector<std::string> lines;
        uint64_t failed = 0;
        const auto heads = reader.heads(firmware.id);
        for (; heads->valid(); heads->next()) {
            const auto head = heads->head();
            if (head.failure) ++failed;
            std::string line(heads->path());
            for (const auto& column : head.columns)
                for (const auto& chunk : column.chunks) line += " " + chunk.digest.hex();
            lines.push_back(line + " of source " + std::to_string(head.source));
        }
        if (firmware.complete) {
            EXPECT_EQ(firmware.images, lines.size());
            EXPECT_EQ(firmware.failed, failed);
        }
        return lines;
    }

    std::vector<std::string> keys(const std::string& store) {
        auto lines = content(store);
        for (auto& line : lines) line = line.substr(0, line.find(' '));
        return lines;
    }

    const test::MadeCache cache_{test::spec_of(0x228, dscgen::Arch::arm64e, dscgen::Layout::split)};
    const TempDir dir_;
};

TEST_F(Composite, InOneGoOrExtendedIsTheSame) {
    const auto whole = index("whole", {cache_.main, dir_ / "one", dir_ / "two"});
    EXPECT_TRUE(whole.firmware.complete);
    EXPECT_EQ(whole.firmware.kind, "composite");
    EXPECT_EQ(whole.firmware.sources.size(), 3U);
    EXPECT_EQ(whole.firmware.arch, "arm64e");
    EXPECT_EQ(whole.extracted, cache_.truth.size() + 4);
    index("steps", {cache_.main});
    index("steps", {dir_ / "one"}, true);
    const auto last = index("steps", {dir_ / "two"}, true);
    EXPECT_EQ(last.firmware.identity, whole.firmware.identity);
    EXPECT_EQ(last.firmware.source_bytes(), whole.firmware.source_bytes());
    EXPECT_EQ(content("steps"), content("whole"));
    EXPECT_EQ(keys("whole").back(), "bin/two");
}

TEST_F(Composite, KeysThatAreTakenGetANumber) {
    index("store", {dir_ / "one", dir_ / "two"});
    EXPECT_EQ(keys("store"), (std::vector<std::string>{"bin/one", "bin/shared", "bin/shared#2", "bin/two"}));
    const test::MadeCache intel(test::spec_of(0x228, dscgen::Arch::x86_64));
    index("caches", {cache_.main, intel.main});
    for (const auto& key : keys("caches")) EXPECT_TRUE(key.starts_with("/") || key.starts_with("dyld:x86_64/")) << key;
    EXPECT_EQ(keys("caches").size(), cache_.truth.size() + intel.truth.size());
}

TEST_F(Composite, ASecondRunReadsNothing) {
    index("store", {dir_ / "one", dir_ / "two"});
    EXPECT_TRUE(holds_whole(Reader(dir_ / "store").firmware("x"), open({dir_ / "one", dir_ / "two"}), false));
    EXPECT_FALSE(holds_whole(Reader(dir_ / "store").firmware("x"), open({dir_ / "one"}), false));
    EXPECT_TRUE(holds_whole(Reader(dir_ / "store").firmware("x"), open({dir_ / "two"}), true));
    const auto before = content("store");
    EXPECT_EQ(index("store", {dir_ / "one", dir_ / "two"}).extracted, 0U);
    EXPECT_EQ(index("store", {dir_ / "two"}, true).extracted, 0U);
    EXPECT_EQ(content("store"), before);
    EXPECT_TRUE(Reader(dir_ / "store").firmware("x").complete);
}

/// Stopped while the first source is read, which a worker may be done with by then; the second is not begun. The next
/// run goes on, and in between the firmware is not complete.
TEST_F(Composite, StoppedRunsAreResumed) {
    index("whole", {dir_ / "one", dir_ / "two"});
    for (uint64_t at = 1; at <= 2; ++at) {
        const std::string store = "store" + std::to_string(at);
        base::StopFlag stop;
        const auto first = index(store, {dir_ / "one", dir_ / "two"}, false, &stop, at);
        EXPECT_FALSE(Reader(dir_ / store).firmware("x").complete) << at;
        EXPECT_TRUE(first.interrupted);
        const auto rest = index(store, {dir_ / "one", dir_ / "two"});
        EXPECT_EQ(rest.resumed + rest.extracted, 4U);
        EXPECT_TRUE(rest.firmware.complete);
        EXPECT_EQ(content(store), content("whole")) << at;
    }
}

TEST_F(Composite, AnExtensionThatWasStoppedIsResumed) {
    index("store", {cache_.main});
    base::StopFlag stop;
    stop.request();
    EXPECT_TRUE(index("store", {dir_ / "one"}, true, &stop).interrupted);
    EXPECT_FALSE(Reader(dir_ / "store").firmware("x").complete);
    EXPECT_EQ(test::error_of([&] { index("store", {dir_ / "two"}, true); })->kind(), base::ErrorKind::kUsage)
        << "another source before this one is done";
    EXPECT_EQ(index("store", {dir_ / "one"}, true).extracted, 2U);
    EXPECT_TRUE(index("store", {dir_ / "two"}, true).firmware.complete);
    index("whole", {cache_.main, dir_ / "one", dir_ / "two"});
    EXPECT_EQ(content("store"), content("whole"));
}

TEST_F(Composite, FailuresAreCountedOverAllSourcesAndTriedAgain) {
    test::write_file(dir_ / "one/cut", make_dylib("cut").substr(0, 0x1050));
    test::write_file(dir_ / "two/cut", make_dylib("cut").substr(0, 0x1050));
    EXPECT_EQ(index("store", {dir_ / "one", dir_ / "two"}).firmware.failed, 2U);
    content("store");
    const auto again = index("store", {dir_ / "one", dir_ / "two"});
    EXPECT_EQ(again.extracted, 2U);
    EXPECT_EQ(again.firmware.failed, 2U);
    EXPECT_TRUE(again.firmware.complete);
    Reader reader(dir_ / "store");
    const auto result = verify_store(reader, {}, [](const std::string& finding) { ADD_FAILURE() << finding; });
    EXPECT_EQ(result.damaged, 0U);
}

TEST_F(Composite, WhatCannotBeExtendedSaysWhy) {
    EXPECT_EQ(test::error_of([&] { index("store", {dir_ / "one"}, true); })->kind(), base::ErrorKind::kUsage);
    index("store", {dir_ / "one", dir_ / "two"});
    EXPECT_EQ(test::error_of([&] { index("store", {dir_ / "two"}); })->kind(), base::ErrorKind::kUsage)
        << "the name belongs to a firmware that starts with other content";
}

}  // namespace
}  // namespace strata::store
