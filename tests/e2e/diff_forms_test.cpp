// How `strata diff` behaves: exit codes, formats, direction, paths for names, the same bytes on any number of threads.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pair_fixture.h"

namespace strata::e2e {
namespace {

class DiffForms : public PairTest {
  protected:
    [[nodiscard]] Outcome diff(const std::string& a, const std::string& b, std::vector<std::string> options) const {
        options.insert(options.begin(), {"diff", a, b});
        return pair().store.run(std::move(options));
    }
};

/// Lines between the header and the summary.
std::vector<Json> image_lines(const std::vector<Json>& lines) {
    std::vector<Json> images;
    for (const auto& line : lines)
        if (line.at("type") == "image") images.push_back(line);
    return images;
}

/// The same report as a diff in the other direction would give it, as far as statuses and symbols go.
std::map<std::string, Json> mirrored(const std::vector<Json>& lines) {
    static const std::map<std::string, std::string> kOther = {{"added", "removed"}, {"removed", "added"}};
    std::map<std::string, Json> images;
    for (const auto& line : image_lines(lines)) {
        const auto status = line.at("status").get<std::string>();
        const Json symbols = line.value("changes", Json::object()).value("symbols", Json::object());
        images[line.at("path")] = {{"status", kOther.contains(status) ? kOther.at(status) : status},
                                   {"added", symbols.value("removed", Json::array())},
                                   {"removed", symbols.value("added", Json::array())}};
    }
    return images;
}

TEST_P(DiffForms, ExitCodes) {
    EXPECT_EQ(diff("old", "new", {}).exit_code, kDone);
    EXPECT_EQ(diff("old", "new", {"--exit-code"}).exit_code, kDifferent);
    EXPECT_EQ(diff("old", "new", {"--exit-code", "--format", "jsonl"}).exit_code, kDifferent);
    EXPECT_EQ(diff("old", "old", {"--exit-code"}).exit_code, kDone);
}

TEST_P(DiffForms, AFirmwareDoesNotDifferFromItself) {
    for (const std::string side : {"old", "new"}) {
        const auto lines = json_lines_of(diff(side, side, {"--format", "jsonl"}));
        ASSERT_EQ(lines.size(), 2U) << "header and summary only";
        EXPECT_EQ(lines.back().at("unchanged"), facts(side).images.size());
        for (const std::string key : {"added", "removed", "updated", "rebuilt", "failed"})
            EXPECT_EQ(lines.back().at(key), 0) << key;
    }
}

TEST_P(DiffForms, OneDocumentHoldsWhatTheLinesHold) {
    const auto lines = json_lines_of(diff("old", "new", {"--format", "jsonl"}));
    Json document = json_of(diff("old", "new", {"--format", "json"}));
    ASSERT_GE(lines.size(), 2U);
    const auto untyped = [](Json value) {
        value.erase("type");
        return value;
    };
    std::vector<Json> images;
    for (const auto& image : document.at("images")) images.push_back(untyped(image));
    std::vector<Json> want;
    for (const auto& image : image_lines(lines)) want.push_back(untyped(image));
    EXPECT_EQ(images, want);
    EXPECT_EQ(untyped(document.at("summary")), untyped(lines.back()));
    EXPECT_EQ(document.at("type"), "diff");
    document.erase("images");
    document.erase("summary");
    EXPECT_EQ(document, lines.front());
}

TEST_P(DiffForms, OutputGoesToAFile) {
    const TempDir dir;
    for (const std::string format : {"text", "json", "jsonl"}) {
        const std::string file = dir / format;
        const Outcome to_file = diff("old", "new", {"--format", format, "--output", file});
        EXPECT_EQ(to_file.exit_code, kDone) << describe(to_file);
        EXPECT_EQ(to_file.out, "");
        EXPECT_EQ(read_file(file), diff("old", "new", {"--format", format}).out) << format;
    }
}

TEST_P(DiffForms, TextNamesEveryImageThatDiffers) {
    const Outcome text = diff("old", "new", {});
    EXPECT_EQ(text.out, diff("old", "new", {"--format", "text"}).out) << "text is the default";
    for (const auto& line : image_lines(json_lines_of(diff("old", "new", {"--format", "jsonl"}))))
        EXPECT_NE(text.out.find(line.at("path").get<std::string>()), std::string::npos) << line.at("path");
}

TEST_P(DiffForms, TheOtherDirectionIsTheMirrorImage) {
    const auto forth = json_lines_of(diff("old", "new", {"--format", "jsonl"}));
    const auto back = json_lines_of(diff("new", "old", {"--format", "jsonl"}));
    const auto want = mirrored(forth);
    for (const auto& line : image_lines(back)) {
        const auto path = line.at("path").get<std::string>();
        ASSERT_TRUE(want.contains(path)) << path;
        EXPECT_EQ(line.at("status"), want.at(path).at("status")) << path;
        const Json symbols = line.value("changes", Json::object()).value("symbols", Json::object());
        EXPECT_EQ(symbols.value("added", Json::array()), want.at(path).at("added")) << path;
        EXPECT_EQ(symbols.value("removed", Json::array()), want.at(path).at("removed")) << path;
    }
    EXPECT_EQ(image_lines(back).size(), want.size());
}

TEST_P(DiffForms, TheSameBytesOnAnyNumberOfThreads) {
    std::vector<std::vector<std::string>> commands = {{"images", "old", "--json"}, {"images", "new", "--json"}};
    for (const std::string format : {"text", "json", "jsonl"})
        commands.push_back({"diff", "old", "new", "--format", format});
    for (const std::string side : {"old", "new"})
        for (const auto& [path, image] : facts(side).images) commands.push_back({"show", side, path, "--json"});

    IndexedStore one, eight;
    for (const std::string side : {"old", "new"}) {
        one.index(pair().folder / side, side, {"--jobs", "1"});
        eight.index(pair().folder / side, side, {"--jobs", "8"});
    }
    for (const auto& command : commands) {
        const Outcome with_one = one.run(command);
        const Outcome with_eight = eight.run(command);
        EXPECT_EQ(with_one.exit_code, kDone) << describe(with_one);
        EXPECT_FALSE(with_one.out.empty()) << describe(with_one);
        EXPECT_EQ(with_one.out, with_eight.out) << with_one.command;
    }
}

TEST_P(DiffForms, PathsAreIndexedFirst) {
    IndexedStore store;
    const std::string before = (pair().folder / "old").string();
    const std::string after = (pair().folder / "new" / GetParam().main).string();
    const auto by_path = json_lines_of(store.run({"diff", before, after, "--format", "jsonl"}));
    const auto by_name = json_lines_of(diff("old", "new", {"--format", "jsonl"}));
    ASSERT_GE(by_path.size(), 2U);
    EXPECT_EQ(image_lines(by_path), image_lines(by_name));
    EXPECT_EQ(by_path.back(), by_name.back());

    const auto firmwares = json_lines_of(store.run({"list", "--json"}));
    ASSERT_EQ(firmwares.size(), 2U) << "both are in the store now";
    EXPECT_NE(firmwares[0].at("name"), firmwares[1].at("name"));
    for (const auto& firmware : firmwares) EXPECT_EQ(firmware.at("state"), "complete");
}

TEST_P(DiffForms, StaysWithinTheMemoryBudget) {
    if (!memory_is_measurable()) GTEST_SKIP() << "skipped: a sanitizer's memory would be measured";
    const Outcome run = diff("old", "new", {"--format", "json"});
    EXPECT_LE(run.peak_rss_kib, kMemoryBudgetKib) << describe(run);
}

INSTANTIATE_TEST_SUITE_P(Pairs, DiffForms, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
