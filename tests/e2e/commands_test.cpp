// The small commands and the messages: list, images, remove, stats, wrong names, wrong usage, no store.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "harness.h"

namespace strata::e2e {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kImage = "/usr/lib/liba-1.0.dylib";

/// One small cache under the name "small".
class Commands : public ::testing::Test {
  protected:
    static void TearDownTestSuite() { shared_store().reset(); }

    void SetUp() override {
        const auto caches = caches_dir();
        if (!caches) GTEST_SKIP() << kNoData;
        source_ = *caches / "rizin-macos11-arm64";
        if (!shared_store()) {
            shared_store() = std::make_unique<IndexedStore>();
            shared_store()->index(source_, "small");
        }
        ASSERT_TRUE(shared_store()->ok());
    }

    /// Shared by all tests of the suite: they must only read it.
    static const IndexedStore& store() { return *shared_store(); }

    fs::path source_;

  private:
    static std::unique_ptr<IndexedStore>& shared_store() {
        static std::unique_ptr<IndexedStore> store;
        return store;
    }
};

std::vector<std::string> firmware_names(const IndexedStore& store) {
    std::vector<std::string> names;
    for (const auto& line : json_lines_of(store.run({"list", "--json"}))) names.push_back(line.at("name"));
    std::sort(names.begin(), names.end());
    return names;
}

void expect_message(const Outcome& run, int exit_code, std::string_view part) {
    EXPECT_EQ(run.exit_code, exit_code) << describe(run);
    EXPECT_NE(run.err.find(part), std::string::npos) << "no \"" << part << "\" in the message\n" << describe(run);
}

TEST_F(Commands, ListAndImagesSayWhatIsThere) {
    const auto firmwares = json_lines_of(store().run({"list", "--json"}));
    ASSERT_EQ(firmwares.size(), 1U);
    for (const std::string key :
         {"name", "state", "arch", "platform", "os_version", "uuid", "images", "failed", "source"})
        EXPECT_TRUE(firmwares[0].contains(key)) << key;
    const auto images = json_lines_of(store().run({"images", "small", "--json"}));
    ASSERT_EQ(images.size(), 2U);
    EXPECT_EQ(images[0].at("path"), kImage);
    EXPECT_EQ(images[0].at("aliases"), Json::array({"/usr/lib/liba.dylib"}));

    for (const std::vector<std::string>& command : {std::vector<std::string>{"list"}, {"images", "small"}}) {
        const Outcome text = store().run(command);
        EXPECT_EQ(text.exit_code, kDone) << describe(text);
        EXPECT_NE(text.out.find(command[0] == "list" ? "small" : kImage), std::string::npos) << describe(text);
    }
}

TEST_F(Commands, ShowIsReadableWithoutJsonToo) {
    const Outcome image = store().run({"show", "small", std::string(kImage)});
    EXPECT_EQ(image.exit_code, kDone) << describe(image);
    EXPECT_NE(image.out.find("CCBF29D4-5569-3A15-9231-4E14D41A542A"), std::string::npos) << describe(image);
    const Outcome firmware = store().run({"show", "small"});
    EXPECT_EQ(firmware.exit_code, kDone) << describe(firmware);
    EXPECT_NE(firmware.out.find("small"), std::string::npos) << describe(firmware);
}

TEST_F(Commands, StatsIsJson) {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"stats", "--json"}, {"stats", "small", "--json"}}) {
        const Json stats = json_of(store().run(command));
        EXPECT_TRUE(stats.is_object());
        EXPECT_FALSE(stats.empty());
    }
    EXPECT_EQ(store().run({"stats"}).exit_code, kDone);
    expect_message(store().run({"stats", "no-such-firmware"}), kUsage, "no-such-firmware");
}

TEST_F(Commands, RemoveTakesOneFirmwareAndLeavesTheRest) {
    IndexedStore own;
    own.index(source_, "keep");
    own.index(source_, "drop");
    const std::string before = own.run({"show", "keep", std::string(kImage), "--json"}).out;
    ASSERT_EQ(firmware_names(own), (std::vector<std::string>{"drop", "keep"}));

    EXPECT_EQ(own.run({"remove", "drop"}).exit_code, kDone);
    EXPECT_EQ(firmware_names(own), std::vector<std::string>{"keep"});
    expect_message(own.run({"show", "drop", std::string(kImage), "--json"}), kUsage, "drop");
    expect_message(own.run({"remove", "drop"}), kUsage, "drop");
    EXPECT_EQ(own.run({"show", "keep", std::string(kImage), "--json"}).out, before) << "shared facts must stay";

    own.index(source_, "drop");  // the name is free again
    EXPECT_EQ(firmware_names(own), (std::vector<std::string>{"drop", "keep"}));
}

TEST_F(Commands, AnUnknownFirmwareIsNamed) {
    const std::string name = "no-such-firmware";
    expect_message(store().run({"images", name, "--json"}), kUsage, name);
    expect_message(store().run({"show", name, std::string(kImage), "--json"}), kUsage, name);
    expect_message(store().run({"remove", name}), kUsage, name);
    expect_message(store().run({"diff", name, "small"}), kUsage, name);
    expect_message(store().run({"diff", "small", name}), kUsage, name);
}

TEST_F(Commands, AnUnknownImageIsNamed) {
    expect_message(store().run({"show", "small", "/usr/lib/nothing.dylib", "--json"}), kUsage,
                   "/usr/lib/nothing.dylib");
}

TEST_F(Commands, WrongUsage) {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"no-such-command"},
                                                    {"diff", "small"},
                                                    {"diff", "small", "small", "--format", "papyrus"},
                                                    {"index"},
                                                    {"show", "small", "--no-such-option"}}) {
        const Outcome run = store().run(command);
        EXPECT_EQ(run.exit_code, kUsage) << describe(run);
        EXPECT_FALSE(run.err.empty()) << describe(run);
    }
    expect_message(store().run({"lookup", "small", "+0x10"}), kUsage, "+0x10 is an offset into an image");
}

TEST_F(Commands, WhatIsNoCacheIsRefused) {
    const TempDir dir;
    const std::string text = dir / "notes.txt";
    std::ofstream(text) << "no cache at all\n";
    const std::string empty = dir / "empty";
    fs::create_directory(empty);
    const std::string absent = dir / "absent";
    const IndexedStore own;
    for (const std::string& source : {text, empty, absent}) {
        const Outcome run = own.run({"index", source, "--name", "nothing"});
        expect_message(run, kUsage, fs::path(source).filename().string());
    }
    const Outcome list = own.run({"list", "--json"});
    EXPECT_EQ(list.out.find("\"complete\""), std::string::npos) << describe(list);
}

// A store that was never made may be an empty list or an error, but then the message says which folder it looked in.
TEST_F(Commands, NoStore) {
    const TempDir dir;
    const std::string nowhere = dir / "nowhere";
    const Outcome list = run_strata({"list", "--store", nowhere});
    EXPECT_TRUE(list.exit_code == kDone || list.exit_code == kUsage || list.exit_code == kStoreTrouble)
        << describe(list);
    if (list.exit_code != kDone) {
        EXPECT_NE(list.err.find(nowhere), std::string::npos) << describe(list);
    }
    const Outcome show = run_strata({"show", "small", "--store", nowhere});
    EXPECT_TRUE(show.exit_code == kUsage || show.exit_code == kStoreTrouble) << describe(show);
    EXPECT_TRUE(show.err.find(nowhere) != std::string::npos || show.err.find("small") != std::string::npos)
        << describe(show);
}

TEST_F(Commands, AFileIsNoStore) {
    const TempDir dir;
    const std::string file = dir / "file";
    std::ofstream(file) << "something of the user's\n";
    expect_message(run_strata({"index", source_.string(), "--name", "small", "--store", file}), kStoreTrouble, file);
    EXPECT_EQ(read_file(file), "something of the user's\n");
}

TEST_F(Commands, TheStoreMayComeFromTheEnvironment) {
    const Outcome run = run_strata({"list", "--json"}, {{"STRATA_STORE", store().path()}});
    EXPECT_EQ(run.out, store().run({"list", "--json"}).out) << describe(run);
    EXPECT_FALSE(run.out.empty());
    const TempDir home;
    const Outcome index =
        run_strata({"index", source_.string(), "--name", "small"}, {{"XDG_DATA_HOME", home.path().string()}});
    EXPECT_EQ(index.exit_code, kDone) << describe(index);
    EXPECT_TRUE(fs::exists(home / "strata"));
}

TEST_F(Commands, QuietAndStats) {
    IndexedStore own;
    const Outcome quiet = own.run({"index", source_.string(), "--name", "a", "--quiet"});
    EXPECT_EQ(quiet.exit_code, kDone) << describe(quiet);
    EXPECT_EQ(quiet.err, "");
    const Outcome stats = own.run({"index", source_.string(), "--name", "b", "--quiet", "--stats"});
    EXPECT_EQ(stats.exit_code, kDone) << describe(stats);
    const auto lines = parse_lines(stats.err);
    ASSERT_EQ(lines.size(), 1U) << describe(stats);
    EXPECT_TRUE(lines[0].is_object());
}

}  // namespace
}  // namespace strata::e2e
