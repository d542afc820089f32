// What find() says, against loops over what was put into the store.
#include "query/find.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "made_store.h"
#include "query/similar.h"
#include "query/symbols.h"
#include "query/versions.h"
#include "query/who.h"
#include "record/symbols.h"

namespace strata::query {
namespace {

using Row = std::vector<std::string>;  // firmware, image, area, text, kind or section

const MadeStore& made() {
    static const MadeStore store;
    return store;
}

std::vector<Row> found(const Pattern& pattern, const std::vector<Area>& areas, unsigned jobs) {
    store::Reader reader(made().dir / "store");
    FindOptions options;
    options.areas = areas;
    options.jobs = jobs;
    std::vector<Row> rows;
    find(reader, firmwares_by_version(reader, {}), pattern, options, [&](const Hit& hit) {
        rows.push_back({std::string(hit.firmware), std::string(hit.image), area_name(hit.area), std::string(hit.text),
                        std::string(hit.area == Area::kSymbols ? hit.kind : hit.from)});
    });
    return rows;
}

std::vector<Row> expected(const Pattern& pattern) {
    std::vector<Row> rows;
    for (const auto& firmware : MadeStore::names()) {
        auto images = made().content.at(firmware);
        std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [path, facts] : images) {
            std::vector<Row> symbols;
            for (const auto& symbol : facts.symbols)
                if (pattern.matches(symbol.name))
                    symbols.push_back(
                        {firmware, path, "symbols", symbol.name, std::string(record::symbol_kind_name(symbol.kind))});
            rows.insert(rows.end(), symbols.begin(), symbols.end());
            const std::set<std::string> strings(facts.strings.begin(), facts.strings.end());
            for (const auto& value : strings)
                if (pattern.matches(value)) rows.push_back({firmware, path, "strings", value, "__TEXT,__cstring"});
            for (const auto& fact : facts.objc)
                if (pattern.matches(fact.owner) || pattern.matches(fact.name) || pattern.matches(fact.value))
                    rows.push_back({firmware, path, "objc", fact.name, fact.owner});
        }
    }
    return rows;
}

/// Order inside an image is by text and then by facts that a row does not have: rows are compared as sorted lists, and
/// the order of firmwares, images and areas by itself.
void expect_same(const Pattern& pattern) {
    const std::vector<Area> areas{Area::kSymbols, Area::kStrings, Area::kObjc};
    auto rows = found(pattern, areas, 1);
    EXPECT_EQ(found(pattern, areas, 4), rows) << "depends on the threads";
    const auto place = [](const Row& row) { return Row{row[0], row[1], row[2]}; };
    std::vector<Row> places;
    for (const auto& row : rows) places.push_back(place(row));
    auto want = expected(pattern);
    // Equal symbols of one image are stored once.
    std::sort(want.begin(), want.end());
    std::sort(rows.begin(), rows.end());
    const auto distinct = [](std::vector<Row> list) {
        list.erase(std::unique(list.begin(), list.end()), list.end());
        return list;
    };
    EXPECT_EQ(distinct(rows), distinct(want)) << static_cast<int>(pattern.how()) << " " << pattern.text();
    std::vector<Row> order;
    for (const auto& row : places)
        if (order.empty() || order.back() != row) order.push_back(row);
    EXPECT_EQ(distinct([&] {
                  auto sorted = order;
                  std::sort(sorted.begin(), sorted.end());
                  return sorted;
              }())
                  .size(),
              order.size())
        << "hits of one area do not stand together";
}

TEST(Find, AllPatterns) {
    for (const std::string word : {"_a", "_", "a", "", "_ab", "_0.", "\xff", "b", "class Foo"}) {
        expect_same(Pattern(Match::kExact, word));
        expect_same(Pattern(Match::kPrefix, word));
        expect_same(Pattern(Match::kGlob, "*" + word + "*"));
    }
    for (const std::string regex : {"a", "^_a", "b$", "a.*b", "[ab]{2}", ".", "bar|Foo", "nothing here"})
        expect_same(Pattern(Match::kRegex, regex));
}

TEST(Find, FirmwaresAndImagesInOrder) {
    const auto rows = found(Pattern(Match::kGlob, "*"), {Area::kImages}, 2);
    std::vector<Row> want;
    for (const auto& firmware : MadeStore::names()) {
        std::set<std::string> paths;
        for (const auto& [path, facts] : made().content.at(firmware)) paths.insert(path);
        for (const auto& path : paths) want.push_back({firmware, path, "images", path, ""});
    }
    EXPECT_EQ(rows, want);
}

TEST(Find, FunctionsAreSymbolsWhereOneStarts) {
    const auto rows = found(Pattern(Match::kPrefix, "_"), {Area::kFunctions}, 2);
    size_t want = 0;
    for (const auto& [name, images] : made().content)
        for (const auto& [path, facts] : images) {
            std::set<std::tuple<std::string, int, uint64_t>> starts;
            for (const auto& symbol : facts.symbols)
                if (symbol.offset % 16 == 0) starts.emplace(symbol.name, static_cast<int>(symbol.kind), symbol.offset);
            want += starts.size();
        }
    // The made imports have places too, which real ones do not: they are found like any other.
    EXPECT_GE(rows.size() + 200, want);
    EXPECT_GT(rows.size(), 0U);
}

TEST(Find, StopsWhenAsked) {
    store::Reader reader(made().dir / "store");
    base::StopFlag stop;
    stop.request();
    FindOptions options;
    options.stop = &stop;
    EXPECT_THROW(find(reader, reader.firmwares(), Pattern(Match::kGlob, "*"), options, [](const Hit&) {}), base::Error);
}

TEST(Symbols, FilteredLikeALoop) {
    store::Reader reader(made().dir / "store");
    const auto firmware = reader.firmware("1.9");
    for (const auto& [path, facts] : made().content.at("1.9")) {
        const auto head = *reader.head(firmware.id, path);
        for (const std::string glob : {"*", "_a*", "*b"}) {
            const Pattern pattern(Match::kGlob, glob);
            SymbolFilter filter;
            filter.pattern = &pattern;
            filter.kinds = {record::SymbolKind::kExport, record::SymbolKind::kImport};
            std::multiset<std::pair<std::string, record::SymbolKind>> got;
            for_each_symbol(reader, head, filter, [&](const Symbol& symbol) { got.emplace(symbol.name, symbol.kind); });
            std::set<std::pair<std::string, record::SymbolKind>> want;
            for (const auto& symbol : facts.symbols)
                if (pattern.matches(symbol.name) && symbol.kind != record::SymbolKind::kLocal)
                    want.emplace(symbol.name, symbol.kind);
            EXPECT_EQ((std::set<std::pair<std::string, record::SymbolKind>>(got.begin(), got.end())), want);
        }
    }
}

TEST(Similar, CountsWhatIsShared) {
    store::Reader reader(made().dir / "store");
    const auto texts_of = [](const test::MadeFacts& facts) {
        std::set<std::string> texts;
        for (const auto& symbol : facts.symbols)
            if (symbol.kind != record::SymbolKind::kImport) texts.insert("n" + symbol.name);
        for (const auto& value : facts.strings) texts.insert("s" + value);
        return texts;
    };
    const auto& given = made().content.at("1.9").front();
    const auto mine = texts_of(given.second);
    const auto firmware = reader.firmware("1.10");
    SimilarOptions options;
    options.top = 100;
    const auto images =
        similar_images(reader, *reader.head(reader.firmware("1.9").id, given.first), firmware, "", options);
    ASSERT_GT(images.size(), 5U);
    double last = 2;
    for (const auto& image : images) {
        const auto& content = made().content.at("1.10");
        const auto other = texts_of(
            std::find_if(content.begin(), content.end(), [&](const auto& i) { return i.first == image.path; })->second);
        std::vector<std::string> both;
        std::set_intersection(mine.begin(), mine.end(), other.begin(), other.end(), std::back_inserter(both));
        EXPECT_EQ(image.shared, both.size());
        EXPECT_EQ(image.entries, other.size());
        EXPECT_NEAR(image.similarity,
                    static_cast<double>(both.size()) / static_cast<double>(mine.size() + other.size() - both.size()),
                    1e-12);
        EXPECT_LE(image.similarity, last);
        last = image.similarity;
    }
}

}  // namespace
}  // namespace strata::query
