#include "cache_files.h"

#include "dscgen/dscgen.h"

#include <gtest/gtest.h>
#include <set>

namespace {

using namespace dscgen_test;

class Next : public testing::Test {
  protected:
    void SetUp() override {
        dscgen::Spec spec;
        spec.images = 40;
        spec.seed = 3;
        old_ = dscgen::make(spec, temp.at("old"));
        dscgen::Step step;
        step.change = 6;
        step.add = 3;
        step.remove = 2;
        step.move = 2;
        step.seed = 8;
        new_ = dscgen::next(temp.at("old"), temp.at("new"), step);
        for (const std::string& line : lines(temp.at("new/truth.jsonl"))) {
            by_status[json_value(line, "status")].insert(json_value(line, "path"));
            truth.push_back(line);
        }
    }

    TempDirectory temp;
    dscgen::Result old_;
    dscgen::Result new_;
    std::map<std::string, std::set<std::string>> by_status;
    std::vector<std::string> truth;
};

TEST_F(Next, DoesWhatWasAsked) {
    EXPECT_EQ(by_status["changed"].size(), 6U);
    EXPECT_EQ(by_status["added"].size(), 3U);
    EXPECT_EQ(by_status["removed"].size(), 2U);
    EXPECT_EQ(by_status["moved"].size(), 2U);
    EXPECT_EQ(new_.images, 41U);
    EXPECT_EQ(lines(temp.at("new/images.jsonl")).size(), 41U);
}

TEST_F(Next, UnchangedImagesKeepTheirIdentityAndMove) {
    const auto before = images_text(read_file(old_.main_file));
    const auto after = images_text(read_file(new_.main_file));
    std::size_t same = 0;
    for (const auto& [path, record] : after) {
        const auto old = before.find(path);
        if (old == before.end()) {
            EXPECT_TRUE(by_status["added"].contains(path) || by_status["moved"].contains(path)) << path;
            continue;
        }
        EXPECT_NE(old->second.address, record.address) << path;
        if (by_status["changed"].contains(path)) {
            EXPECT_NE(old->second.uuid, record.uuid) << path;
        } else {
            ++same;
            EXPECT_EQ(old->second.uuid, record.uuid) << path;
            EXPECT_EQ(old->second.size, record.size) << path;
        }
    }
    EXPECT_EQ(same, 40U - 6 - 2 - 2);
}

// Counts of unchanged images are the same in both truths; only the address differs.
TEST_F(Next, UnchangedImagesKeepTheirCounts) {
    std::map<std::string, std::string> before;
    const auto without_address = [](std::string line) {
        const std::size_t at = line.find("\"address\"");
        return line.erase(at, line.find(',', at) - at);
    };
    for (const std::string& line : lines(temp.at("old/truth.jsonl")))
        before[json_value(line, "path")] = without_address(line);
    for (const std::string& line : lines(temp.at("new/images.jsonl"))) {
        const std::string path = json_value(line, "path");
        if (!before.contains(path) || by_status["changed"].contains(path)) continue;
        EXPECT_EQ(before[path], without_address(line));
    }
}

TEST_F(Next, ChangedImagesHaveFacts) {
    for (const std::string& line : truth) {
        if (json_value(line, "status") != "changed") continue;
        EXPECT_NE(line.find("\"fact\":\""), std::string::npos) << line;
        EXPECT_NE(json_value(line, "uuid"), json_value(line, "old_uuid"));
        EXPECT_NE(json_value(line, "source_version"), json_value(line, "old_source_version"));
    }
}

TEST_F(Next, MovedImagesKeepUuidUnderAnotherPath) {
    const auto before = images_text(read_file(old_.main_file));
    const auto after = images_text(read_file(new_.main_file));
    for (const std::string& line : truth) {
        if (json_value(line, "status") != "moved") continue;
        const auto from = before.find(json_value(line, "old_path"));
        const auto to = after.find(json_value(line, "path"));
        ASSERT_NE(from, before.end()) << line;
        ASSERT_NE(to, after.end()) << line;
        EXPECT_EQ(from->second.uuid, to->second.uuid);
        EXPECT_EQ(from->second.size, to->second.size);
    }
}

TEST_F(Next, IsDeterministicAndGoesOn) {
    dscgen::Step step;
    step.change = 4;
    step.add = 1;
    step.seed = 5;
    const dscgen::Result a = dscgen::next(temp.at("new"), temp.at("third"), step);
    dscgen::next(temp.at("new"), temp.at("again"), step);
    EXPECT_EQ(a.images, 42U);
    EXPECT_EQ(cache_files(temp.at("third")), cache_files(temp.at("again")));
    EXPECT_EQ(lines(temp.at("third/truth.jsonl")).size(), 5U);
}

/// Strings that moved to the pool and back are what they were; meanwhile no image has any of them, and none was
/// changed.
TEST_F(Next, ObjcStringsMoveToThePoolAndBack) {
    dscgen::Step step;
    step.objc_strings = dscgen::ObjcStrings::pool;
    dscgen::next(temp.at("new"), temp.at("pool"), step);
    step.objc_strings = dscgen::ObjcStrings::as_before;
    dscgen::next(temp.at("pool"), temp.at("still"), step);
    step.objc_strings = dscgen::ObjcStrings::own;
    dscgen::next(temp.at("still"), temp.at("own"), step);
    const auto strings = [&](const std::string& name) {
        std::map<std::string, std::string> counts;
        for (const std::string& line : lines(temp.at(name + "/images.jsonl")))
            counts[json_value(line, "path")] = json_value(line, "strings") + " of " + json_value(line, "objc");
        return counts;
    };
    EXPECT_EQ(strings("own"), strings("new"));
    EXPECT_EQ(strings("pool"), strings("still")) << "until a step says otherwise";
    EXPECT_NE(strings("pool"), strings("new"));
    for (const std::string name : {"pool", "still", "own"})
        EXPECT_TRUE(lines(temp.at(name + "/truth.jsonl")).empty()) << name;
    dscgen::Spec spec;
    spec.images = 20;
    dscgen::make(spec, temp.at("first"));
    spec.objc_strings = dscgen::ObjcStrings::pool;
    dscgen::make(spec, temp.at("pooled"));
    EXPECT_NE(cache_files(temp.at("first")), cache_files(temp.at("pooled")));
    dscgen::next(temp.at("pooled"), temp.at("pooled-next"), dscgen::Step{});
    EXPECT_EQ(lines(temp.at("pooled-next/images.jsonl")).size(), 20U) << "the state remembers it";
}

}  // namespace
