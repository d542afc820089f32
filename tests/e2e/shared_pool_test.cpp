// A cache builder that moves Objective-C strings to the pool of all images, and one that puts them back: nothing was
// removed or added by that, and what really was is still told.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "dscgen/dscgen.h"
#include "harness.h"

namespace strata::e2e {
namespace {

const std::string kPoolHome = "/usr/lib/libobjc.A.dylib";  // the section with the pool grows
const std::set<std::string> kPooled{"__objc_methname", "__objc_classname", "__objc_methtype"};

/// Three versions: with strings in the images, with strings in the pool, and with them in the images again. Each step
/// changes some images as well.
class SharedPool : public ::testing::TestWithParam<unsigned> {
  protected:
    void SetUp() override {
        dscgen::Spec spec;
        spec.images = 30;
        spec.era = GetParam();
        if (spec.era < 0x228) spec.arch = dscgen::Arch::arm64;
        dscgen::make(spec, dir_ / "own");
        dscgen::Step step;
        step.change = 10;
        step.seed = 2;
        step.objc_strings = dscgen::ObjcStrings::pool;
        dscgen::next(dir_ / "own", dir_ / "pool", step);
        step.seed = 3;
        step.objc_strings = dscgen::ObjcStrings::own;
        dscgen::next(dir_ / "pool", dir_ / "again", step);
        for (const char* name : {"own", "pool", "again"}) store_.index(dir_ / name, name);
        ASSERT_TRUE(store_.ok());
    }

    std::vector<Json> diff(const std::string& before, const std::string& after, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"diff", before, after, "--format", "jsonl"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return json_lines_of(store_.run(arguments));
    }

    /// What the generator says of the step that made `name`: image -> facts.
    std::map<std::string, Json> truth(const std::string& name) const {
        std::map<std::string, Json> changed;
        for (const auto& line : parse_lines(read_file(dir_ / (name + "/truth.jsonl"))))
            changed[line.at("path")] = line.at("facts");
        return changed;
    }

    TempDir dir_;
    IndexedStore store_;
};

std::vector<Json> images_of(const std::vector<Json>& lines) {
    std::vector<Json> images;
    for (const auto& line : lines)
        if (line.at("type") == "image") images.push_back(line);
    return images;
}

std::multiset<std::string> values_of(const Json& changes, const char* group, const char* list) {
    std::multiset<std::string> values;
    if (!changes.contains(group) || !changes.at(group).contains(list)) return values;
    for (const auto& fact : changes.at(group).at(list)) values.insert(fact.at("value"));
    return values;
}

/// Names of classes that a step adds are in the pool at one side: nothing is said of them as strings.
std::multiset<std::string> truth_of(const Json& facts, const char* kind) {
    std::multiset<std::string> values;
    for (const auto& fact : facts)
        if (fact.at("fact") == kind && fact.at("section") == "__TEXT,__cstring") values.insert(fact.at("value"));
    return values;
}

TEST_P(SharedPool, WhatTheBuilderMovedIsNeitherRemovedNorAdded) {
    for (const auto& [before, after] : {std::pair("own", "pool"), std::pair("pool", "again")}) {
        SCOPED_TRACE(std::string(before) + " -> " + after);
        const std::string direction = after == std::string("pool") ? "to" : "from";
        const auto changed = truth(after);
        size_t removed = 0;
        size_t moved_sections = 0;
        for (const auto& image : images_of(diff(before, after))) {
            SCOPED_TRACE(image.at("path").get<std::string>());
            const auto& changes = image.at("changes");
            const auto found = changed.find(image.at("path"));
            const Json facts = found == changed.end() ? Json::array() : found->second;
            if (image.at("path") != kPoolHome) {
                EXPECT_EQ(image.at("status"), facts.empty() ? "rebuilt" : "updated");
            }
            EXPECT_EQ(values_of(changes, "strings", "removed"), truth_of(facts, "string_removed"));
            EXPECT_EQ(values_of(changes, "strings", "added"), truth_of(facts, "string_added"));
            removed += truth_of(facts, "string_removed").size();
            if (!changes.contains("shared_pool")) continue;
            EXPECT_EQ(changes.at("shared_pool").size(), 1U);
            for (const auto& section : changes.at("shared_pool").at(direction)) {
                EXPECT_TRUE(kPooled.contains(section.at("section"))) << section.dump();
                EXPECT_GT(section.at("size"), 0);
                EXPECT_GT(section.at("strings"), 0);
                ++moved_sections;
            }
        }
        EXPECT_GT(removed, 0U) << "the step removes strings, so that it is seen whether they are told";
        EXPECT_GT(moved_sections, 0U);
    }
}

/// Every string that went is either listed, or counted as left out by the rule; --show-suppressed lists those.
TEST_P(SharedPool, WhatIsLeftOutIsCountedAndCanBeShown) {
    for (const auto& [before, after] : {std::pair("own", "pool"), std::pair("pool", "again")}) {
        SCOPED_TRACE(std::string(before) + " -> " + after);
        const std::string side = after == std::string("pool") ? "old" : "new";
        const auto lines = diff(before, after, {"--show-suppressed"});
        uint64_t all = 0;
        for (const auto& image : images_of(lines)) {
            SCOPED_TRACE(image.at("path").get<std::string>());
            uint64_t told = 0;
            if (image.at("changes").contains("shared_pool"))
                for (const auto& pooled : image.at("changes").at("shared_pool"))
                    for (const auto& section : pooled) told += 1 + section.at("strings").get<uint64_t>();
            uint64_t listed = 0;
            for (const auto& fact : image.value("suppressed_facts", Json::array())) {
                if (fact.at("rule") != "shared-pool") continue;
                EXPECT_EQ(fact.at("side"), side);
                ++listed;
            }
            EXPECT_EQ(listed, told);
            EXPECT_EQ(image.value("suppressed", Json::object()).value("shared-pool", uint64_t{0}), told);
            all += told;
        }
        EXPECT_GT(all, 0U);
        EXPECT_EQ(lines.back().at("suppressed").at("shared-pool"), all);
    }
}

/// Without the rule the same strings are removed: it is the rule that keeps them out, not chance.
TEST_P(SharedPool, WithoutTheRuleTheyAreRemoved) {
    uint64_t removed = 0;
    for (const auto& image : images_of(diff("own", "pool", {"--rule=-shared-pool"}))) {
        EXPECT_FALSE(image.at("changes").contains("shared_pool"));
        removed += values_of(image.at("changes"), "strings", "removed").size();
        for (const auto& section : image.at("changes").value("/sections/resized"_json_pointer, Json::array()))
            removed += kPooled.contains(section.at("section")) ? 1 : 0;
    }
    uint64_t really = 0;
    for (const auto& [path, facts] : truth("pool")) really += truth_of(facts, "string_removed").size();
    const auto lines = diff("own", "pool");
    EXPECT_EQ(removed, really + lines.back().at("suppressed").at("shared-pool").get<uint64_t>());
}

/// Text says it in words.
TEST_P(SharedPool, TheTextSaysWhereTheyWent) {
    const auto to = store_.run({"diff", "own", "pool", "--format", "text"});
    EXPECT_NE(to.out.find(" moved to the shared pool"), std::string::npos) << to.out;
    EXPECT_EQ(to.out.find(" moved back from the shared pool"), std::string::npos);
    const auto from = store_.run({"diff", "pool", "again", "--format", "text"});
    EXPECT_NE(from.out.find(" moved back from the shared pool"), std::string::npos) << from.out;
    EXPECT_EQ(from.out.find(" moved to the shared pool"), std::string::npos);
}

/// Objective-C facts are read through the pool: each is there, whichever side has the strings.
TEST_P(SharedPool, MetadataIsReadThroughThePool) {
    for (const char* name : {"own", "pool", "again"}) {
        SCOPED_TRACE(name);
        std::map<std::string, std::multiset<std::string>> wanted;
        for (const auto& fact : dscgen::objc_truth(dir_ / name))
            wanted[fact.path].insert(fact.owner + " | " + fact.name + " | " + fact.value);
        for (const auto& [path, facts] : wanted) {
            SCOPED_TRACE(path);
            std::multiset<std::string> shown;
            const auto image = json_of(store_.run({"show", name, path, "--json"}));
            for (const auto& fact : image.at("objc"))
                shown.insert(fact.value("owner", "") + " | " + fact.value("name", "") + " | " +
                             fact.value("value", ""));
            EXPECT_EQ(shown, facts);
        }
    }
}

// iOS 14, whose method lists lead to selectors by distances; iOS 18 and 27.
INSTANTIATE_TEST_SUITE_P(Eras, SharedPool, ::testing::Values(0x140U, 0x228U, 0x238U));

}  // namespace
}  // namespace strata::e2e
