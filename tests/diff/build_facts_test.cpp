// Facts that every build changes: shown, but no update.
#include "diff/build_facts.h"

#include <gtest/gtest.h>

#include "column_fixture.h"
#include "diff/image_diff.h"

namespace strata::diff {
namespace {

using record::ColumnKind;
using record::FactRecord;

const std::string kOwner = "code signature";

class BuildFactsTest : public ColumnTest {
  protected:
    /// The image with these facts, and a property list of `size` bytes in its text.
    record::Head put_signed(const std::vector<FactRecord>& signature, uint64_t size = 100, char uuid = 'u') {
        test::MadeFacts made;
        made.uuid = std::string(16, uuid);
        made.signature = signature;
        made.layout.segments = {{"__TEXT", 5, 5, 0}};
        made.layout.sections = {{"__TEXT", "__info_plist", size, 0, 0, {}}};
        return put(made);
    }
    ImageDiff diff(const record::Head& before, const record::Head& after) {
        return diff_image(reader(), "/x", before, after);
    }
};

TEST_F(BuildFactsTest, AnotherBuildIsRebuilt) {
    const auto before = put_signed({{kOwner, "cdhash", "00"},
                                    {kOwner, "identifier", "tool-5555494400112233445566778899aabbccddeeff"},
                                    {"info plist", "DTXcode", "\"1500\""},
                                    {"info plist", "CFBundleIdentifier", "\"x\""}});
    const auto after = put_signed({{kOwner, "cdhash", "01"},
                                   {kOwner, "cdhash sha1", "02"},
                                   {kOwner, "identifier", "tool-55554944ffeeddccbbaa99887766554433221100"},
                                   {"info plist", "DTXcode", "\"16000\""},
                                   {"info plist", "CFBundleIdentifier", "\"x\""}},
                                  101, 'v');
    const auto result = diff(before, after);
    EXPECT_EQ(result.status, Status::kRebuilt);
    ASSERT_EQ(result.facts.size(), 1U);
    EXPECT_EQ(result.facts[0].changed.size(), 3U) << "all are shown";
    EXPECT_EQ(result.facts[0].added.size(), 1U);
    EXPECT_EQ(result.sections.resized.size(), 1U);
}

TEST_F(BuildFactsTest, WhatAPersonDecidesIsAnUpdate) {
    const std::vector<FactRecord> base{{kOwner, "cdhash", "00"},
                                       {kOwner, "identifier", "tool"},
                                       {kOwner, "flags", "0x2(adhoc)"},
                                       {"info plist", "CFBundleIdentifier", "\"x\""}};
    const auto before = put_signed(base);
    std::vector<record::Head> others;
    for (const FactRecord& added :
         {FactRecord{"entitlements", "get-task-allow", "true"}, FactRecord{kOwner, "team", "T"},
          FactRecord{"info plist", "NSCameraUsageDescription", "\"\""}, FactRecord{"entitlements", "cdhash", "1"},
          FactRecord{"launch constraints self", "reqs", "{}"}}) {
        auto facts = base;
        facts.push_back(added);
        others.push_back(put_signed(facts));
    }
    for (const size_t changed : {1U, 2U, 3U}) {
        auto facts = base;
        facts[changed].value += "2";
        others.push_back(put_signed(facts));
    }
    for (const auto& other : others) {
        EXPECT_EQ(diff(before, other).status, Status::kUpdated);
        EXPECT_EQ(diff(other, before).status, Status::kUpdated);
    }
}

TEST_F(BuildFactsTest, OtherColumnsHaveNone) {
    EXPECT_TRUE(is_build_fact(ColumnKind::kSignature, kOwner, "cdhash"));
    EXPECT_TRUE(is_build_fact(ColumnKind::kSignature, kOwner, "cdhash sha1"));
    EXPECT_FALSE(is_build_fact(ColumnKind::kSignature, kOwner, "cdhas"));
    EXPECT_FALSE(is_build_fact(ColumnKind::kSignature, kOwner, "version of something"));
    EXPECT_FALSE(is_build_fact(ColumnKind::kObjc, kOwner, "cdhash"));
    for (const auto& fact : build_facts()) EXPECT_GT(std::string_view(fact.why).size(), 10U) << fact.name;
}

TEST(StableIdentifier, OnlySuffixesOfBuildsAreCut) {
    EXPECT_EQ(stable_identifier("a.out-5555494400112233445566778899aabbccddeeff"), "a.out");
    EXPECT_EQ(stable_identifier("sentry_cli-f1f439a17a1f0d9b"), "sentry_cli");
    EXPECT_EQ(stable_identifier("com.example.tool-helper"), "com.example.tool-helper");
    EXPECT_EQ(stable_identifier("tool-F1F439A17A1F0D9B"), "tool-F1F439A17A1F0D9B");
    EXPECT_EQ(stable_identifier("-f1f439a17a1f0d9b"), "-f1f439a17a1f0d9b");
    EXPECT_EQ(stable_identifier(""), "");
}

}  // namespace
}  // namespace strata::diff
