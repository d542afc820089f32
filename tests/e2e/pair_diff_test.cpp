// What `strata diff` finds between the two sides of a pair, against DIFF.json, both manifests, and ipsw's own diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>

#include "pair_fixture.h"

namespace strata::e2e {
namespace {

using Names = std::vector<std::string>;

/// Elements of `b` that are not in `a`; both are multisets.
Names only_in_second(Names a, Names b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    Names rest;
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(rest));
    return rest;
}

Names values(const std::vector<ExpectedString>& strings) {
    Names all;
    for (const auto& s : strings) all.push_back(s.value);
    return all;
}

Names strings_of(const Json& list) {
    Names all;
    for (const auto& s : list) all.push_back(s.at("value"));
    return all;
}

/// Symbols as "exported|local|import NAME": the facts know these three sorts, not export from weak.
Names sorted_symbols(const Names& exports, const Names& locals, const Names& imports) {
    Names all;
    for (const auto& name : exports) all.push_back("exported " + name);
    for (const auto& name : locals) all.push_back("local " + name);
    for (const auto& name : imports) all.push_back("import " + name);
    return all;
}

Names symbols_of(const Json& list) {
    Names all;
    for (const auto& s : list) {
        const auto kind = s.at("kind").get<std::string>();
        const std::string sort = kind == "export" || kind == "weak" ? "exported" : kind;
        all.push_back(sort + " " + s.at("name").get<std::string>());
    }
    return all;
}

std::string section_name(const Json& section) {
    return section.at("segment").get<std::string>() + "," + section.at("section").get<std::string>();
}

/// "NAME: OLD -> NEW" of every resized function in the text ipsw renders for an image.
Names resized_according_to_ipsw(const std::string& text) {
    static const std::regex kLine("(^|\n)~ ([^\n]+) : ([0-9]+) -> ([0-9]+)");
    Names all;
    for (std::sregex_iterator match(text.begin(), text.end(), kLine), end; match != end; ++match)
        all.push_back((*match)[2].str() + ": " + (*match)[3].str() + " -> " + (*match)[4].str());
    return all;
}

std::map<std::string, std::uint64_t> function_sizes(const Json& shown) {
    std::map<std::string, std::uint64_t> sizes;
    for (const auto& function : shown.at("functions")) sizes[function.at("name")] = function.at("size");
    return sizes;
}

/// "NAME SIZE" of the functions whose names only the second has.
Names functions_only_in_second(const std::map<std::string, std::uint64_t>& a,
                               const std::map<std::string, std::uint64_t>& b) {
    Names rest;
    for (const auto& [name, size] : b)
        if (!a.contains(name)) rest.push_back(name + " " + std::to_string(size));
    return rest;
}

Names functions_of(const Json& list) {
    Names all;
    for (const auto& f : list)
        all.push_back(f.value("name", "(no name)") + " " + std::to_string(f.at("size").get<std::uint64_t>()));
    return all;
}

class PairDiff : public PairTest {
  protected:
    void SetUp() override {
        PairTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        expected_ = Json::parse(read_file(pair().folder / "DIFF.json"));
        const std::string ipsw = read_file(pair().folder / "ipsw-diff.txt");
        ipsw_ = Json::parse(ipsw.substr(0, ipsw.rfind('}') + 1));  // a line of timing follows the JSON
        lines_ = json_lines_of(pair().store.run({"diff", "old", "new", "--format", "jsonl"}));
        ASSERT_GE(lines_.size(), 2U);
        for (const auto& line : lines_)
            if (line.at("type") == "image") images_[line.at("path")] = line;
    }

    [[nodiscard]] Names paths_with_status(const std::set<std::string>& wanted) const {
        Names paths;
        for (const auto& [path, line] : images_)
            if (wanted.contains(line.at("status").get<std::string>())) paths.push_back(path);
        return paths;
    }

    /// Calls check(changes, old facts, new facts, DIFF.json's entry) for every image DIFF.json calls changed.
    template <class Check>
    void for_each_changed(Check check) const {
        for (const auto& [path, change] : expected_.at("images_changed").items()) {
            SCOPED_TRACE(std::string(GetParam().folder) + " " + path);
            ASSERT_TRUE(images_.contains(path)) << "not in the diff";
            check(images_.at(path).at("changes"), pair().old_facts.images.at(path), pair().new_facts.images.at(path),
                  change);
        }
    }

    Json expected_;
    Json ipsw_;
    std::vector<Json> lines_;
    std::map<std::string, Json> images_;
};

// The facts must be whole and agree before they can judge anything.
TEST_P(PairDiff, TheFactsAgreeAmongThemselves) {
    Names both;
    for (const auto& [path, image] : pair().old_facts.images)
        if (pair().new_facts.images.contains(path)) both.push_back(path);
    Names named = expected_.at("images_same").get<Names>();
    for (const auto& [path, change] : expected_.at("images_changed").items()) named.push_back(path);
    expect_same_members("images of both sides", both, named);
    expect_same_members("ipsw's new", expected_.at("images_added").get<Names>(), ipsw_.at("new").get<Names>());
    expect_same_members("ipsw's removed", expected_.at("images_removed").get<Names>(),
                        ipsw_.at("removed").get<Names>());
    for (const auto& path : expected_.at("images_same").get<Names>())
        EXPECT_EQ(pair().old_facts.images.at(path).uuid, pair().new_facts.images.at(path).uuid) << path;
}

TEST_P(PairDiff, HeaderAndOrder) {
    EXPECT_EQ(lines_.front().at("type"), "diff");
    EXPECT_EQ(lines_.front().at("schema"), 1);
    EXPECT_EQ(lines_.front().at("old").at("name"), "old");
    EXPECT_EQ(lines_.front().at("new").at("name"), "new");
    EXPECT_EQ(lines_.front().at("old").at("uuid"), pair().old_facts.uuid);
    EXPECT_EQ(lines_.front().at("new").at("uuid"), pair().new_facts.uuid);
    EXPECT_TRUE(lines_.front().at("rules").is_array());
    EXPECT_EQ(lines_.back().at("type"), "summary");
    std::string last;
    for (std::size_t i = 1; i + 1 < lines_.size(); ++i) {
        ASSERT_EQ(lines_[i].at("type"), "image");
        const auto path = lines_[i].at("path").get<std::string>();
        EXPECT_LT(last, path) << "image lines out of order";
        last = path;
    }
}

TEST_P(PairDiff, AddedRemovedAndChangedImages) {
    expect_same_members("added", expected_.at("images_added").get<Names>(), paths_with_status({"added"}));
    expect_same_members("removed", expected_.at("images_removed").get<Names>(), paths_with_status({"removed"}));
    Names changed;
    for (const auto& [path, change] : expected_.at("images_changed").items()) changed.push_back(path);
    expect_same_members("changed", changed, paths_with_status({"updated", "rebuilt"}));
    expect_same_members("failed", {}, paths_with_status({"failed"}));
}

// Among the unchanged is libobjc, whose __OBJC_RO segment the cache builder makes of all images' strings: its size
// differs between the two sides, and that is no change of libobjc.
TEST_P(PairDiff, Summary) {
    const Json& summary = lines_.back();
    EXPECT_EQ(summary.at("added"), expected_.at("images_added").size());
    EXPECT_EQ(summary.at("removed"), expected_.at("images_removed").size());
    EXPECT_EQ(summary.at("unchanged"), expected_.at("images_same").size());
    EXPECT_EQ(summary.at("failed"), 0);
    EXPECT_EQ(summary.at("updated"), paths_with_status({"updated"}).size());
    EXPECT_EQ(summary.at("rebuilt"), paths_with_status({"rebuilt"}).size());
    EXPECT_TRUE(summary.at("suppressed").is_object());
}

// Every image that was rebuilt differs in some fact.
TEST_P(PairDiff, NoneIsMerelyRebuilt) {
    expect_same_members("rebuilt", {}, paths_with_status({"rebuilt"}));
}

// libSystem differs in its uuid and in the text of a version string in __TEXT,__const ("old" became "new", the same
// length), which is no literal section.
TEST_P(PairDiff, TheVersionStringOfLibSystemChanged) {
    const Json& data = images_.at("/usr/lib/libSystem.B.dylib").at("changes").at("data");
    Names changed;
    for (const auto& fact : data.at("changed"))
        changed.push_back(fact.value("owner", "") + " " + fact.at("name").get<std::string>());
    expect_same_members("data", {" __TEXT,__const", "__TEXT,__const _libSystem_version_string"}, changed);
    EXPECT_EQ(data.size(), 1U);
}

// The sources of Zoo differ in one constant, one string and one loop whose functions kept their sizes; no other image
// has a function that changed within its size.
TEST_P(PairDiff, FunctionsThatKeptTheirSize) {
    for (const auto& [path, line] : images_) {
        if (!line.contains("changes")) continue;
        Names changed;
        for (const auto& f : part_of(line.at("changes"), "functions", "changed")) changed.push_back(f.at("name"));
        if (!path.ends_with("/Zoo")) {
            expect_same_members(path, {}, changed);
            continue;
        }
        expect_same_members(path, {"-[ZooAnimal isHungry]", "-[ZooCat meow]", "__ZN3zoo10HeadKeeper7feedAllEi"},
                            changed);
    }
}

TEST_P(PairDiff, UuidIsTheOnlyScalarThatChanged) {
    for_each_changed([](const Json& changes, const ExpectedImage&, const ExpectedImage&, const Json& change) {
        EXPECT_EQ(changes.at("uuid").at("old"), change.at("uuid").at(0));
        EXPECT_EQ(changes.at("uuid").at("new"), change.at("uuid").at(1));
        for (const std::string key : {"source_version", "platform", "min_os", "sdk", "flags", "file_type"})
            EXPECT_FALSE(changes.contains(key)) << key;
        // No load command came, went, or changed but for uuid, segments and the places of linkedit tables.
        EXPECT_FALSE(changes.contains("load_commands")) << changes.at("load_commands");
    });
}

TEST_P(PairDiff, Symbols) {
    for_each_changed([](const Json& changes, const ExpectedImage& a, const ExpectedImage& b, const Json& change) {
        expect_same_members(
            "symbols added",
            sorted_symbols(change.at("exports_added"), change.at("locals_added"), only_in_second(a.imports, b.imports)),
            symbols_of(part_of(changes, "symbols", "added")));
        expect_same_members("symbols removed",
                            sorted_symbols(change.at("exports_removed"), change.at("locals_removed"),
                                           only_in_second(b.imports, a.imports)),
                            symbols_of(part_of(changes, "symbols", "removed")));
        // DIFF.json is no more than the difference of the manifests.
        expect_same_members("manifests: exports added", change.at("exports_added").get<Names>(),
                            only_in_second(a.exports, b.exports));
        expect_same_members("manifests: locals removed", change.at("locals_removed").get<Names>(),
                            only_in_second(b.locals, a.locals));
    });
}

TEST_P(PairDiff, Dependencies) {
    for_each_changed([](const Json& changes, const ExpectedImage&, const ExpectedImage&, const Json& change) {
        for (const std::string part : {"added", "removed"}) {
            Names names;
            for (const auto& d : part_of(changes, "dependencies", part)) names.push_back(d.at("name"));
            expect_same_members("dependencies " + part, change.at("dependencies_" + part).get<Names>(), names);
        }
        EXPECT_TRUE(part_of(changes, "dependencies", "changed").empty()) << changes.at("dependencies");
    });
}

TEST_P(PairDiff, Sections) {
    for_each_changed([](const Json& changes, const ExpectedImage& a, const ExpectedImage& b, const Json&) {
        std::map<std::string, ExpectedSection> before, after;
        for (const auto& s : a.sections) before[s.segment + "," + s.section] = s;
        for (const auto& s : b.sections) after[s.segment + "," + s.section] = s;
        Names want, got;
        for (const auto& [name, s] : after)
            if (!before.contains(name)) want.push_back("added " + name + " " + std::to_string(s.size));
        for (const auto& [name, s] : before) {
            if (!after.contains(name)) {
                want.push_back("removed " + name + " " + std::to_string(s.size));
            } else if (const auto& t = after[name]; s.size != t.size) {
                want.push_back("resized " + name + " " + std::to_string(s.size) + " " + std::to_string(t.size));
            } else if (s.literal_digest != t.literal_digest) {
                want.push_back("changed " + name);
            }
        }
        for (const std::string part : {"added", "removed"})
            for (const auto& s : part_of(changes, "sections", part))
                got.push_back(part + " " + section_name(s) + " " + std::to_string(s.at("size").get<std::uint64_t>()));
        for (const auto& s : part_of(changes, "sections", "resized"))
            got.push_back("resized " + section_name(s) + " " + std::to_string(s.at("old").get<std::uint64_t>()) + " " +
                          std::to_string(s.at("new").get<std::uint64_t>()));
        for (const auto& s : part_of(changes, "sections", "changed")) got.push_back("changed " + section_name(s));
        expect_same_members("sections", want, got);
    });
}

TEST_P(PairDiff, Strings) {
    for_each_changed([](const Json& changes, const ExpectedImage& a, const ExpectedImage& b, const Json&) {
        expect_same_members("strings added", only_in_second(values(a.strings), values(b.strings)),
                            strings_of(part_of(changes, "strings", "added")));
        expect_same_members("strings removed", only_in_second(values(b.strings), values(a.strings)),
                            strings_of(part_of(changes, "strings", "removed")));
    });
}

// ipsw's "~" lines are every named function whose size differs. Its "+" lines pair functions otherwise and are no
// witness; which functions came and went follows from the names, each of which is unique within its image here.
TEST_P(PairDiff, Functions) {
    for_each_changed([this](const Json& changes, const ExpectedImage& a, const ExpectedImage&, const Json&) {
        Names resized;
        for (const auto& f : part_of(changes, "functions", "resized"))
            resized.push_back(f.value("name", "(no name)") + ": " +
                              std::to_string(f.at("old_size").get<std::uint64_t>()) + " -> " +
                              std::to_string(f.at("new_size").get<std::uint64_t>()));
        expect_same_members("functions resized",
                            resized_according_to_ipsw(ipsw_.at("updated").value(a.path, std::string())), resized);

        const auto before = function_sizes(json_of(pair().store.run({"show", "old", a.path, "--json"})));
        const auto after = function_sizes(json_of(pair().store.run({"show", "new", a.path, "--json"})));
        expect_same_members("functions added", functions_only_in_second(before, after),
                            functions_of(part_of(changes, "functions", "added")));
        expect_same_members("functions removed", functions_only_in_second(after, before),
                            functions_of(part_of(changes, "functions", "removed")));
    });
}

// No key stands in `changes` with nothing in it.
TEST_P(PairDiff, NoEmptyGroups) {
    for_each_changed([](const Json& changes, const ExpectedImage&, const ExpectedImage&, const Json&) {
        for (const auto& [group, parts] : changes.items()) {
            EXPECT_TRUE(parts.is_object()) << group;
            EXPECT_FALSE(parts.empty()) << group;
            for (const auto& [part, items] : parts.items())
                if (items.is_array()) {
                    EXPECT_FALSE(items.empty()) << group << "." << part;
                }
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Pairs, PairDiff, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
