// The public API's diff: every option of a request does what the program's option of that name does.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "strata/strata.h"
#include "support/store_maker.h"

namespace strata {
namespace {

using Json = nlohmann::json;

test::MadeFacts image(const std::string& copy, char uuid, bool more = false) {
    test::MadeFacts facts;
    facts.symbols = {{"_a" + copy, record::SymbolKind::kLocal, 0, "", ""},
                     {"_b", record::SymbolKind::kLocal, 16, "", ""}};
    if (more) facts.symbols.push_back({"_more", record::SymbolKind::kExport, 32, "", ""});
    facts.strings = {"text"};
    facts.uuid = std::string(16, uuid);
    return facts;
}

/// /noisy has renumbered names, /updated an export more, and /P/moved is /S/moved now.
class Request : public ::testing::Test {
  protected:
    void SetUp() override {
        store::Writer writer(dir_ / "store");
        test::put_firmware(writer, "one",
                           {{"/P/moved", image("", 'm')}, {"/noisy", image(".1", 'n')}, {"/updated", image("", 'u')}});
        test::put_firmware(
            writer, "two",
            {{"/S/moved", image("", 'm')}, {"/noisy", image(".2", 'N')}, {"/updated", image("", 'U', true)}});
        writer.flush();
    }
    struct Result {
        DiffTotals totals;
        Json header;
        std::vector<Json> images;
        std::vector<std::string> paths() const {
            std::vector<std::string> all;
            for (const auto& line : images) all.push_back(line.at("path"));
            return all;
        }
    };
    Result run(const DiffRequest& request) {
        std::ostringstream text;
        Result result;
        result.totals = diff_firmwares(
            dir_ / "store", "one", "two", Format::kJsonLines, [&](std::string_view piece) { text << piece; }, request);
        std::istringstream lines(text.str());
        for (std::string line; std::getline(lines, line);) {
            auto object = Json::parse(line);
            if (object.at("type") == "diff") result.header = object;
            if (object.at("type") == "image") result.images.push_back(object);
        }
        return result;
    }
    test::TempDir dir_;
};

using Paths = std::vector<std::string>;

TEST_F(Request, DefaultsAreTheProgramsDefaults) {
    const auto result = run({});
    EXPECT_EQ(result.totals.moved, 1U);
    EXPECT_EQ(result.totals.rebuilt, 1U);
    EXPECT_EQ(result.totals.updated, 1U);
    EXPECT_EQ(result.totals.added + result.totals.removed, 0U);
    EXPECT_EQ(result.paths(), (Paths{"/S/moved", "/noisy", "/updated"}));
}

TEST_F(Request, RulesAndWhatTheyLeaveOut) {
    DiffRequest request;
    request.no_rules = true;
    EXPECT_EQ(run(request).totals.updated, 2U) << "numbers are news now";
    EXPECT_TRUE(run(request).header.at("rules").empty());
    request.rules = "+counters";
    EXPECT_EQ(run(request).totals.updated, 1U);
    request.show_suppressed = true;
    EXPECT_EQ(run(request).images.at(1).at("suppressed_facts").size(), 2U);
    request.rules = "+nothing";
    try {
        run(request);
        ADD_FAILURE() << "an unknown rule";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.kind(), Failure::Kind::kUsage);
    }
}

TEST_F(Request, WhatIsShown) {
    DiffRequest request;
    request.top = 1;
    EXPECT_EQ(run(request).paths(), Paths{"/updated"});
    request = {};
    request.only = {"/P/*", "/no*"};
    request.skip = {"/noisy"};
    EXPECT_EQ(run(request).paths(), Paths{"/S/moved"});
    request = {};
    request.sections = "symbols";
    EXPECT_EQ(run(request).paths(), (Paths{"/S/moved", "/updated"}));
    request = {};
    request.find_moves = false;
    EXPECT_EQ(run(request).totals.added, 1U);
    EXPECT_EQ(run(request).totals.removed, 1U);
}

}  // namespace
}  // namespace strata
