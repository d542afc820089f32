// The JSON forms of a diff: byte for byte, and as one document.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "sample_diff.h"
#include "support/schema.h"

namespace strata::report {
namespace {

using Json = nlohmann::json;

const std::string kImageJson =
    R"({"type":"image","status":"updated","path":"/usr/lib/\"<script>alert(1)</script>\".dylib",)"
    R"("relevance":{"score":42,"reasons":["1 new import","1 new function"]},"changes":{)"
    R"("uuid":{"old":"AAAA","new":"BBBB"},"sdk":{"old":"","new":"14.2.0"},)"
    R"("sections":{"added":[{"segment":"__TEXT","section":"__new","size":16}],)"
    R"("removed":[{"segment":"__TEXT","section":"__old","size":32}],)"
    R"("resized":[{"segment":"__TEXT","section":"__text","old":256,"new":512}],)"
    R"("changed":[{"segment":"__TEXT","section":"__cstring","flags":{"old":"0x0","new":"0x2"},"content":true}]},)"
    R"("shared_pool":{"to":[{"segment":"__TEXT","section":"__objc_methname","size":64,"strings":7}]},)"
    R"("dependencies":{"added":[{"name":"/new\u001B[2J","kind":"weak"}],"removed":[{"name":"/old","kind":"load"}],)"
    R"("changed":[{"name":"/both","kind":"load","current_version":{"old":"1.0.0","new":"2.0.0"}}]},)"
    R"("load_commands":{"added":[{"command":"LC_RPATH","text":"@\\xFF"}],)"
    R"("changed":[{"command":"LC_SEGMENT","text":"__DATA","max_prot":{"old":"rw-","new":"r--"}}]},)"
    R"("symbols":{"added":[{"name":"_new\n+ _forged","kind":"import","dylib":"/lib\"x\""}],)"
    R"("removed":[{"name":"_\\xFF\\xFE","kind":"reexport","target":"_target"},{"name":"\\x5Cx41","kind":"local"}],)"
    R"("changed":[{"name":"_both","old":{"kind":"import","dylib":"/lib","weak":true},)"
    R"("new":{"kind":"export","exported":true}}]},)"
    R"("functions":{"added":[{"name":"_f","address":4096,"size":16}],"removed":[{"address":8192,"size":8}],)"
    R"("resized":[{"name":"_g\t","address":12288,"old_address":12544,"old_size":16,"new_size":20}]},)"
    "\"strings\":{\"added\":[{\"value\":\"say \\\"hi\\\"\\r\\n\xc3\xa4\",\"section\":\"__TEXT,__cstring\"}],"
    "\"removed\":[{\"value\":\"\xc2\x9b\",\"section\":\"__TEXT,__os_log\"}]}},"
    R"("suppressed":{"counters":3},"suppressed_facts":[{"rule":"counters","side":"new","fact":"symbol",)"
    R"("text":"_a\u001B.cold.1","detail":"local"}]})";

const std::string kFailed =
    R"({"type":"image","status":"failed","path":"/broken","side":"new",)"
    R"("error":{"file":"cache.01","offset":64,"expected":"feedfacf","message":"bad \u001B magic"},"changes":{}})";

const std::string kSummary =
    R"({"type":"summary","added":1,"removed":2,"moved":7,"updated":3,"rebuilt":4,"unchanged":5,"failed":6,)"
    R"("skipped":0,"shown":23,"suppressed":{"build-paths":0,"counters":7,"swift-merged":0,"except-tables":0,)"
    R"("outlined":0,"blocks":0,"apply-block":0,"abi-tags":0,"timestamps":0,"shared-pool":0}})";

TEST(JsonLines, Image) {
    EXPECT_EQ(make_jsonl_report()->image(sample_diff()), kImageJson + "\n");
    EXPECT_TRUE(Json::accept(kImageJson));
}

TEST(JsonLines, FailedImage) {
    EXPECT_EQ(Json::parse(make_jsonl_report()->image(failed_diff())), Json::parse(kFailed));
}

TEST(JsonLines, Summary) {
    EXPECT_EQ(make_jsonl_report()->summary(sample_summary()), kSummary + "\n");
}

TEST(JsonLines, Header) {
    const auto line = make_jsonl_report()->header(sample_firmware("old \"one\""), sample_firmware("\xff"),
                                                  diff::RuleSet::none().with(diff::Rule::kCounters));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    const auto header = Json::parse(line);
    EXPECT_EQ(header.at("type"), "diff");
    EXPECT_EQ(header.at("schema"), kDiffSchema);
    EXPECT_EQ(header.at("old").at("name"), "old \"one\"");
    EXPECT_EQ(header.at("new").at("name"), "\\xFF");
    EXPECT_EQ(header.at("rules"), Json({"counters"}));
}

TEST(JsonLines, WhatDidNotChangeIsAbsent) {
    diff::ImageDiff diff;
    diff.status = diff::Status::kAdded;
    diff.path = "/x";
    EXPECT_EQ(make_jsonl_report()->image(diff), R"({"type":"image","status":"added","path":"/x",)"
                                                R"("relevance":{"score":0,"reasons":[]},"changes":{}})"
                                                "\n");
    diff.status = diff::Status::kUpdated;
    diff.strings.removed = {{"s", "x"}};
    EXPECT_EQ(Json::parse(make_jsonl_report()->image(diff)).at("changes").dump(),
              R"({"strings":{"removed":[{"section":"x","value":"s"}]}})");
}

/// Every name can be turned back into its bytes.
TEST(JsonLines, NamesComeBack) {
    const auto image = Json::parse(make_jsonl_report()->image(sample_diff()));
    const auto& symbols = image.at("changes").at("symbols");
    EXPECT_EQ(base::unprintable(symbols.at("removed").at(0).at("name").get<std::string>()), "_\xff\xfe");
    EXPECT_EQ(base::unprintable(symbols.at("removed").at(1).at("name").get<std::string>()), "\\x41");
}

/// Hostile names and all kinds of changes fit the published schema.
TEST(JsonLines, FitsTheSchema) {
    const test::Schema line(STRATA_SCHEMA, "diff_line");
    const auto report = make_jsonl_report();
    EXPECT_TRUE(line.fits(report->header(sample_firmware("a\xff"), sample_firmware("b"), diff::RuleSet::defaults())));
    EXPECT_TRUE(line.fits(report->image(sample_diff())));
    EXPECT_TRUE(line.fits(report->image(failed_diff())));
    EXPECT_TRUE(line.fits(report->summary(sample_summary())));
}

TEST(JsonDocument, IsOneValueWithTheSameObjects) {
    const auto report = make_json_report();
    std::string text = report->header(sample_firmware("a"), sample_firmware("b"), diff::RuleSet::defaults());
    text += report->image(sample_diff()) + report->separator() + report->image(failed_diff());
    text += report->summary(sample_summary());
    const auto document = Json::parse(text);
    EXPECT_EQ(document.at("type"), "diff");
    ASSERT_EQ(document.at("images").size(), 2U);
    EXPECT_EQ(document.at("images").at(0), Json::parse(kImageJson));
    EXPECT_EQ(document.at("images").at(1), Json::parse(kFailed));
    EXPECT_EQ(document.at("summary"), Json::parse(kSummary));
}

TEST(JsonDocument, WithoutImages) {
    const auto report = make_json_report();
    const auto document = Json::parse(
        report->header(sample_firmware("a"), sample_firmware("b"), diff::RuleSet::none()) + report->summary({}));
    EXPECT_TRUE(document.at("images").empty());
    EXPECT_EQ(document.at("summary").at("added"), 0);
}

}  // namespace
}  // namespace strata::report
