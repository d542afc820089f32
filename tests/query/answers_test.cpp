// symbols, find, history, matrix, who, similar: each answer, line by line, against one computed from `show --json`.
#include <algorithm>
#include <regex>
#include <set>

#include "brute_force.h"

namespace strata::query {
namespace {

using Accepts = std::function<bool(const std::string&)>;

bool glob_match(std::string_view glob, std::string_view text) {
    if (glob.empty()) return text.empty();
    if (glob[0] == '*') return glob_match(glob.substr(1), text) || (!text.empty() && glob_match(glob, text.substr(1)));
    return !text.empty() && (glob[0] == '?' || glob[0] == text[0]) && glob_match(glob.substr(1), text.substr(1));
}

/// A pattern as options, and what it accepts by definition.
struct Asked {
    std::string option;
    std::string text;
    Accepts accepts;
};

std::vector<Asked> patterns_of(const std::string& word) {
    const std::string middle = word.substr(word.size() / 4, word.size() / 2);
    const std::string glob = "*" + middle + "*";
    std::vector<Asked> asked{{"--exact", word, [=](const std::string& text) { return text == word; }},
                             {"--prefix", word.substr(0, word.size() / 2 + 1), [=](const std::string& text) {
                                  return text.starts_with(word.substr(0, word.size() / 2 + 1));
                              }}};
    const bool plain =
        std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    if (plain) {
        asked.push_back({"--glob", glob, [=](const std::string& text) { return glob_match(glob, text); }});
        asked.push_back({"--regex", "^" + word.substr(0, 2) + ".*" + middle + "[a-z0-9]*$",
                         [=, e = std::regex("^" + word.substr(0, 2) + "[^]*" + middle + "[a-z0-9]*$")](
                             const std::string& text) { return std::regex_search(text, e); }});
    }
    return asked;
}

/// Some names of the images, always the same.
std::vector<std::string> sample(const std::map<std::string, Json>& images, const char* list, const char* member) {
    std::vector<std::string> names;
    size_t at = 0;
    for (const auto& [path, shown] : images) {
        const auto& items = shown.at(list);
        if (items.empty()) continue;
        const auto name = items[(at += 37) % items.size()].at(member).get<std::string>();
        const bool escaped = name.find('\\') != std::string::npos;  // not the bytes themselves
        if (!escaped && !name.empty() && name[0] != '-' && name.size() < 200) names.push_back(name);
        if (names.size() == 6) break;
    }
    return names;
}

Json symbol_line(const std::string& firmware, const std::string& path, const Json& symbol) {
    Json line = symbol;
    line["firmware"] = firmware;
    line["image"] = path;
    return line;
}

Json found_line(const std::string& firmware, const std::string& path, const char* area, const Json& facts,
                const std::vector<std::string>& members) {
    Json line{{"firmware", firmware}, {"image", path}, {"in", area}};
    for (const auto& member : members)
        if (facts.contains(member)) line[member] = facts.at(member);
    return line;
}

class Answers : public OnFacts {
  protected:
    void expect_lines(const std::vector<std::string>& command, const std::vector<Json>& want) const {
        const auto got = facts().lines(command);
        std::string text;
        for (const auto& word : command) text += word + " ";
        ASSERT_EQ(got.size(), want.size()) << text;
        for (size_t i = 0; i < want.size(); ++i) ASSERT_EQ(got[i], want[i]) << text << " line " << i;
    }

    std::vector<Json> expected_hits(const std::string& area, const Accepts& accepts) const {
        std::vector<Json> lines;
        for_each_image([&](const std::string& firmware, const std::string& path, const Json& shown) {
            const auto add = [&](const Json& item, const std::vector<std::string>& members) {
                lines.push_back(found_line(firmware, path, area.c_str(), item, members));
            };
            if (area == "symbols") {
                for (const auto& s : shown.at("symbols"))
                    if (accepts(s.at("name"))) add(s, {"name", "kind", "address", "dylib", "target"});
            } else if (area == "functions") {
                std::map<uint64_t, uint64_t> sizes;
                for (const auto& f : shown.at("functions")) sizes.emplace(f.at("address"), f.at("size"));
                for (auto s : shown.at("symbols")) {
                    if (!accepts(s.at("name")) || !s.contains("address") || !sizes.contains(s.at("address"))) continue;
                    s["size"] = sizes.at(s.at("address"));
                    add(s, {"name", "kind", "address", "size", "dylib", "target"});
                }
            } else if (area == "strings") {
                for (const auto& s : shown.at("strings"))
                    if (accepts(s.at("value"))) add(s, {"value", "section"});
            } else if (area == "dependencies") {
                for (const auto& d : shown.at("dependencies"))
                    if (accepts(d.at("name"))) add(d, {"name", "kind"});
            } else if (area == "sections") {
                for (auto s : shown.at("sections")) {
                    const auto name = s.at("section").get<std::string>();
                    s["name"] = s.at("segment").get<std::string>() + "," + name;
                    if (accepts(name) || accepts(s.at("name"))) add(s, {"name", "address", "size"});
                }
            } else {  // a facts column
                for (const auto& f : shown.value(area, Json::array()))
                    if (accepts(f.value("owner", "")) || accepts(f.value("name", "")) || accepts(f.value("value", "")))
                        add(f, {"owner", "name", "value"});
            }
        });
        return lines;
    }

    void expect_found(const std::string& area, const std::vector<std::string>& words) const {
        for (const auto& word : words)
            for (const auto& asked : patterns_of(word)) {
                const auto want = expected_hits(area, asked.accepts);
                EXPECT_FALSE(asked.option == "--exact" && want.empty()) << area << " " << word;
                expect_lines({"find", asked.option, "--in", area, asked.text, "--json", "--jobs", "1"}, want);
                expect_lines({"find", asked.option, "--in", area, asked.text, "--json", "--jobs", "5"}, want);
            }
    }

    const std::map<std::string, Json>& newer() const { return facts().shown.at("1.0"); }
};

TEST_P(Answers, Symbols) {
    for (const auto& firmware : Facts::firmwares()) {
        std::vector<Json> all;
        std::vector<Json> imports;
        for (const auto& [path, shown] : facts().shown.at(firmware))
            for (const auto& symbol : shown.at("symbols")) {
                all.push_back(symbol_line(firmware, path, symbol));
                if (symbol.at("kind") == "import" || symbol.at("kind") == "local") imports.push_back(all.back());
            }
        expect_lines({"symbols", firmware, "--json"}, all);
        expect_lines({"symbols", firmware, "--kind", "import,local", "--json"}, imports);
    }
    for (const auto& word : sample(newer(), "symbols", "name"))
        for (const auto& asked : patterns_of(word)) {
            std::vector<Json> want;
            for (const auto& [path, shown] : newer())
                for (const auto& symbol : shown.at("symbols"))
                    if (asked.accepts(symbol.at("name"))) want.push_back(symbol_line("1.0", path, symbol));
            expect_lines({"symbols", "1.0", asked.option, asked.text, "--json"}, want);
        }
}

TEST_P(Answers, FindSymbolsFunctionsStrings) {
    expect_found("symbols", sample(newer(), "symbols", "name"));
    expect_found("strings", sample(newer(), "strings", "value"));
    std::vector<std::string> named;
    for (const auto& [path, shown] : newer())
        for (const auto& function : shown.at("functions"))
            if (named.size() < 4 && function.contains("name") && function.at("name").get<std::string>()[0] == '_')
                named.push_back(function.at("name"));
    expect_found("functions", named);
}

TEST_P(Answers, FindInTheSmallColumns) {
    expect_found("dependencies", sample(newer(), "dependencies", "name"));
    expect_found("sections", {"__text", "__TEXT,__cstring"});
    for (const char* area : {"imports", "signature", "objc", "swift"}) {
        std::string owner;
        for (const auto& [path, shown] : newer())
            for (const auto& fact : shown.value(area, Json::array()))
                if (owner.empty()) owner = fact.value("owner", "");
        if (!owner.empty()) expect_found(area, {owner});
    }
}

TEST_P(Answers, FrozenFirmwaresAnswerTheSame) {
    const auto words = sample(newer(), "symbols", "name");
    ASSERT_EQ(facts().store.run({"freeze", "1.0", "1.0b1"}).exit_code, 0);
    expect_found("symbols", {words.front()});
    ASSERT_EQ(facts().store.run({"thaw", "1.0", "1.0b1"}).exit_code, 0);
}

TEST_P(Answers, SymbolHistory) {
    auto words = sample(newer(), "symbols", "name");
    for (const auto& word : sample(facts().shown.at("1.0b1"), "symbols", "name")) words.push_back(word);
    words.push_back("_not_there_at_all");
    for (const auto& word : words) {
        std::map<std::string, std::set<std::string>> definers;
        std::map<std::string, uint64_t> importers;
        for_each_image([&](const std::string& firmware, const std::string& path, const Json& shown) {
            for (const auto& symbol : shown.at("symbols")) {
                if (symbol.at("name") != word) continue;
                if (symbol.at("kind") == "import") {
                    ++importers[firmware];
                } else {
                    definers[firmware].insert(path);
                }
            }
        });
        const auto lines = facts().lines({"history", word, "--json"});
        ASSERT_EQ(lines.size(), 3U);
        for (size_t i = 0; i < 2; ++i) {
            const auto firmware = Facts::firmwares()[i];
            EXPECT_EQ(lines[i].at("firmware"), firmware);
            std::set<std::string> images;
            for (const auto& image : lines[i].at("images")) images.insert(image.at("image").get<std::string>());
            EXPECT_EQ(images, definers[firmware]) << word;
            EXPECT_EQ(lines[i].at("importers"), importers[firmware]) << word;
        }
        const bool before = !definers["1.0b1"].empty();
        const bool after = !definers["1.0"].empty();
        EXPECT_EQ(lines[0].at("step"), before ? "first" : "absent");
        if (before != after) {
            EXPECT_EQ(lines[1].at("step"), after ? "first" : "gone");
        }
        if (before && after) {
            EXPECT_TRUE(lines[1].at("step") == "same" || lines[1].at("step") == "changed");
        }
        if (!before && !after) {
            EXPECT_EQ(lines[1].at("step"), "absent");
        }
        EXPECT_EQ(lines[2].at("last").empty(), !before && !after);
    }
}

/// What of an image is in one column and does not move with the cache.
Json column_of(const Json& shown, const std::string& column) {
    Json facts = shown.at(column);
    for (auto& fact : facts) fact.erase("address");
    return facts;
}

std::vector<uint64_t> sizes_of(const Json& shown) {
    std::vector<uint64_t> sizes;
    for (const auto& function : shown.at("functions")) sizes.push_back(function.at("size"));
    return sizes;
}

TEST_P(Answers, MatrixAndImageHistory) {
    std::set<std::string> paths;
    for_each_image([&](const std::string&, const std::string& path, const Json&) { paths.insert(path); });
    const auto rows = facts().lines({"matrix", "--glob", "*", "--json"});
    ASSERT_EQ(rows.size(), paths.size());
    auto path = paths.begin();
    for (const auto& row : rows) {
        ASSERT_EQ(row.at("image"), *path);
        std::vector<Json> there;
        for (size_t i = 0; i < 2; ++i) {
            const auto& images = facts().shown.at(Facts::firmwares()[i]);
            const auto shown = images.find(*path);
            const auto& cell = row.at("firmwares")[i];
            EXPECT_EQ(cell.contains("content"), shown != images.end());
            if (shown == images.end()) continue;
            there.push_back(shown->second);
            EXPECT_EQ(cell.at("uuid"), shown->second.at("uuid"));
            for (const char* kind : {"symbols", "functions", "strings", "objc"})
                EXPECT_EQ(cell.at("counts").at(kind), shown->second.value(kind, Json::array()).size()) << *path;
        }
        if (there.size() == 2) {
            const auto& old_cell = row.at("firmwares")[0];
            const auto& new_cell = row.at("firmwares")[1];
            EXPECT_EQ(new_cell.at("step") == "same", old_cell.at("content") == new_cell.at("content"));
            const auto same = [&](const char* kind) {
                return old_cell.at("contents").at(kind) == new_cell.at("contents").at(kind);
            };
            for (const char* kind : {"symbols", "strings"})
                EXPECT_EQ(same(kind), column_of(there[0], kind) == column_of(there[1], kind)) << *path << " " << kind;
            // Names of functions are in another column; sizes are in this one.
            if (same("functions")) {
                EXPECT_EQ(sizes_of(there[0]), sizes_of(there[1])) << *path;
            }
        }
        const auto history = facts().lines({"history", *path, "--json"});
        ASSERT_EQ(history.size(), 3U);
        for (size_t i = 0; i < 2; ++i) EXPECT_EQ(history[i].at("step"), row.at("firmwares")[i].at("step"));
        // Its last component means it, and others that have the same one.
        const auto by_name = facts().lines({"history", path->substr(path->rfind('/') + 1), "--json"});
        EXPECT_EQ(by_name.size() % 3, 0U);
        EXPECT_TRUE(std::search(by_name.begin(), by_name.end(), history.begin(), history.end()) != by_name.end());
        ++path;
    }
}

/// The symbol of this name when the image has exactly one that is no import.
bool defines_once(const Json& shown, const std::string& name) {
    return std::count_if(shown.at("symbols").begin(), shown.at("symbols").end(),
                         [&](const Json& s) { return s.at("name") == name && s.at("kind") != "import"; }) == 1;
}

TEST_P(Answers, HistoryOfFunctionsSaysWhatTheDiffSays) {
    size_t asked = 0;
    for (const auto& image : facts().lines({"diff", "1.0b1", "1.0", "--format", "jsonl", "--no-rules"})) {
        if (image.at("type") != "image" || image.at("status") != "updated") continue;
        const auto path = image.at("path").get<std::string>();
        const auto& functions = image.at("changes").value("functions", Json::object());
        for (const char* sort : {"changed", "resized"})
            for (const auto& function : functions.value(sort, Json::array())) {
                const auto name = function.value("name", "");
                if (name.empty() || name[0] == '-' || name.find('\\') != std::string::npos || asked >= 12) continue;
                if (!defines_once(facts().shown.at("1.0b1").at(path), name) || !defines_once(newer().at(path), name))
                    continue;
                ++asked;
                const auto lines = facts().lines({"history", name, "--image", path, "--json"});
                EXPECT_EQ(lines[1].at("step"), "changed") << name;
                const std::string what = function.value("what", "size");
                const auto& told = lines[1].at("changed");
                EXPECT_NE(std::find(told.begin(), told.end(), what), told.end()) << name << " " << lines[1];
                if (what == "code") {
                    EXPECT_NE(lines[0].at("images")[0].at("code"), lines[1].at("images")[0].at("code"));
                }
            }
    }
    EXPECT_GT(asked, 0U);
}

/// Libraries that re-export `image`, over any number of steps, with itself.
std::set<std::string> faces_of(const std::map<std::string, Json>& images, const std::string& image) {
    std::set<std::string> faces{image};
    for (bool grown = true; grown;) {
        grown = false;
        for (const auto& [path, shown] : images)
            for (const auto& d : shown.at("dependencies"))
                if (d.at("kind") == "reexport" && faces.contains(d.at("name")) && faces.insert(path).second)
                    grown = true;
    }
    return faces;
}

TEST_P(Answers, Who) {
    for (const auto& [asked, asked_shown] : newer()) {
        const auto faces = faces_of(newer(), asked);
        std::set<std::string> own{asked, asked_shown.at("install_name").get<std::string>()};
        for (const auto& alias : asked_shown.at("aliases")) own.insert(alias.get<std::string>());
        std::set<std::string> offered;
        for (const auto& s : asked_shown.at("symbols"))
            if (s.at("kind") != "import") offered.insert(s.at("name").get<std::string>());
        std::vector<Json> want;
        std::string some_symbol;
        for (const auto& [path, shown] : newer()) {
            if (path == asked) continue;
            std::string dependency;
            for (const auto& d : shown.at("dependencies"))
                if (own.contains(d.at("name"))) dependency = d.at("kind");
            std::map<std::string, uint64_t> imports;
            for (const auto& s : shown.at("symbols")) {
                if (s.at("kind") != "import" || !s.contains("dylib")) continue;
                const auto dylib = s.at("dylib").get<std::string>();
                if (own.contains(dylib)) {
                    ++imports[""];
                    some_symbol = s.at("name");
                } else if (faces.contains(dylib) && offered.contains(s.at("name"))) {
                    ++imports[dylib];
                }
            }
            if (dependency.empty() && imports.empty()) continue;
            if (imports.empty()) imports[""] = 0;
            for (const auto& [library, count] : imports) {
                Json line{{"image", path}, {"imports", count}};
                if (!dependency.empty()) line["dependency"] = dependency;
                if (!library.empty()) line["via"] = library;
                want.push_back(line);
            }
        }
        expect_lines({"who", asked, "--firmware", "1.0", "--json"}, want);
        if (some_symbol.empty()) continue;
        for (const auto& line : facts().lines({"who", asked, "--firmware", "1.0", "--symbol", some_symbol, "--json"})) {
            const auto& symbols = newer().at(line.at("image")).at("symbols");
            EXPECT_TRUE(std::any_of(symbols.begin(), symbols.end(), [&](const Json& s) {
                return s.at("name") == some_symbol && s.at("kind") == "import";
            }));
        }
    }
}

TEST_P(Answers, Similar) {
    const auto texts_of = [](const Json& shown) {
        std::set<std::string> texts;
        for (const auto& s : shown.at("symbols"))
            if (s.at("kind") != "import" && s.at("kind") != "redacted")
                texts.insert("n" + s.at("name").get<std::string>());
        for (const auto& s : shown.at("strings")) texts.insert("s" + s.at("value").get<std::string>());
        return texts;
    };
    const auto& given = *newer().begin();
    const auto mine = texts_of(given.second);
    std::map<std::string, size_t> shared;
    for (const auto& [path, shown] : facts().shown.at("1.0b1")) {
        const auto other = texts_of(shown);
        std::vector<std::string> both;
        std::set_intersection(mine.begin(), mine.end(), other.begin(), other.end(), std::back_inserter(both));
        if (!both.empty()) shared[path] = both.size();
    }
    const auto lines = facts().lines({"similar", "1.0", given.first, "--among", "1.0b1", "--top", "1000", "--json"});
    ASSERT_EQ(lines.size(), shared.size());
    double last = 1;
    for (const auto& line : lines) {
        EXPECT_EQ(line.at("shared"), shared.at(line.at("image")));
        EXPECT_LE(line.at("similarity").get<double>(), last);
        last = line.at("similarity");
    }
    if (facts().shown.at("1.0b1").contains(given.first) && !lines.empty()) {
        EXPECT_EQ(lines.front().at("image"), given.first) << "nothing is as much like an image as its last version";
    }
}

INSTANTIATE_TEST_SUITE_P(Sources, Answers, ::testing::ValuesIn(all_sources()), source_name);

}  // namespace
}  // namespace strata::query
