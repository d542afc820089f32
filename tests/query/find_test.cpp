// What find() says, against loops over what was put into the store.
#include "query/find.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <map>
#include <set>

#include "made_store.h"
#include "query/similar.h"
#include "query/symbols.h"
#include "query/versions.h"
#include "query/who.h"
#include "record/symbols.h"
#include "store/catalog.h"
#include "store/filters.h"
#include "store/keys.h"
#include "store/maintenance.h"
#include "store/verify.h"
#include "support/errors.h"

namespace strata::query {
namespace {

using Row = std::vector<std::string>;  // firmware, image, area, text, kind or section

const MadeStore& made() {
    static const MadeStore store;
    return store;
}

std::vector<Row> found_in(store::Database::Mode mode, const Pattern& pattern, const std::vector<Area>& areas,
                          unsigned jobs) {
    store::Reader reader(made().dir / "store", mode);
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

/// However the store is opened.
std::vector<Row> found(const Pattern& pattern, const std::vector<Area>& areas, unsigned jobs) {
    auto rows = found_in(store::Database::Mode::kReadOnly, pattern, areas, jobs);
    EXPECT_EQ(found_in(store::Database::Mode::kReadWhole, pattern, areas, jobs), rows) << pattern.text();
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

/// All names of some made images are found where they are, and nowhere else, whole and by their beginnings.
void expect_names_found(const std::filesystem::path& path, const std::map<std::string, MadeImages>& content) {
    store::Reader reader(path);
    std::map<std::string, std::set<Row>> places;
    for (const auto& [firmware, images] : content)
        for (const auto& [image, facts] : images)
            for (const auto& symbol : facts.symbols) places[symbol.name].insert({firmware, image});
    const auto found_in = [&](const Pattern& pattern) {
        std::set<Row> rows;
        find(reader, firmwares_by_version(reader, {}), pattern, {}, [&](const Hit& hit) {
            rows.insert({std::string(hit.firmware), std::string(hit.image)});
        });
        return rows;
    };
    size_t number = 0;
    for (const auto& [name, where] : places) {
        if (number++ % 7 != 0) continue;
        ASSERT_EQ(found_in(Pattern(Match::kExact, name)), where) << name;
        const std::string beginning = name.substr(0, name.size() - name.size() / 3);
        std::set<Row> with_beginning;
        for (auto at = places.lower_bound(beginning); at != places.end() && at->first.starts_with(beginning); ++at)
            with_beginning.insert(at->second.begin(), at->second.end());
        ASSERT_EQ(found_in(Pattern(Match::kPrefix, beginning)), with_beginning) << beginning;
        if (number % 5 != 0) continue;
        const std::string part = name.substr(name.size() / 4, name.size() / 2);
        std::set<Row> with_part;
        for (const auto& [other, rows] : places)
            if (other.find(part) != std::string::npos) with_part.insert(rows.begin(), rows.end());
        ASSERT_EQ(found_in(Pattern(Match::kGlob, "*" + part + "*")), with_part) << part;
    }
    EXPECT_TRUE(found_in(Pattern(Match::kExact, "_no image has this name")).empty());
    EXPECT_TRUE(found_in(Pattern(Match::kPrefix, "_no image has this name")).empty());
    EXPECT_EQ(store::verify_store(reader, {}, [](const std::string& line) { ADD_FAILURE() << line; }).damaged, 0U);
}

/// Images of long names, which filters know by their beginnings too.
MadeImages long_named_images(uint64_t seed, int count) {
    test::Random random(seed);
    MadeImages images;
    for (int i = 0; i < count; ++i) {
        auto facts = made_image(random, 0x180000000);
        for (auto& symbol : facts.symbols)
            symbol.name = "_" + random.crowded_name(4) + std::string(random.below(40), 'm') + random.crowded_name(3);
        images.emplace_back("/usr/lib/lib" + std::to_string(i), std::move(facts));
    }
    return images;
}

void put(const std::filesystem::path& path, const std::string& name, const MadeImages& images) {
    store::Writer writer(path);
    test::put_firmware(writer, name, images);
    writer.flush();
}

/// Filters are told apart by column ids, and ids are given out again when a collection has freed the last of them.
TEST(FindWithFilters, AfterIdsWereGivenOutAgain) {
    const test::TempDir dir;
    const auto store = dir / "store";
    const auto first = long_named_images(1, 6);
    const auto second = long_named_images(2, 6);
    put(store, "1.0", first);
    put(store, "1.1", second);
    expect_names_found(store, {{"1.0", first}, {"1.1", second}});
    for (const std::string name : {"1.1", "1.0"}) {
        store::Writer writer(store);
        writer.remove_firmware(*writer.find(name));
        writer.flush();
    }
    store::collect_garbage(store);
    const auto third = long_named_images(3, 8);
    put(store, "2.0", third);
    expect_names_found(store, {{"2.0", third}});
    store::compact(store);
    store::set_frozen(store, {"2.0"}, true);
    expect_names_found(store, {{"2.0", third}});
}

/// A store that was made before there were filters answers the same; a writer gives new columns theirs.
TEST(FindWithFilters, AStoreWithoutThem) {
    const test::TempDir dir;
    const auto store = dir / "store";
    const auto first = long_named_images(4, 6);
    put(store, "1.0", first);
    {
        store::Database database(store, store::Database::Mode::kReadWrite);
        ASSERT_TRUE(database.db().DropColumnFamily(database.filters()).ok());
    }
    expect_names_found(store, {{"1.0", first}});
    const auto second = long_named_images(5, 6);
    put(store, "1.1", second);
    expect_names_found(store, {{"1.0", first}, {"1.1", second}});
}

/// Filters in a form of earlier times rule nothing out, and are no damage.
TEST(FindWithFilters, AStoreWithOlderOnes) {
    const test::TempDir dir;
    const auto store = dir / "store";
    const auto images = long_named_images(7, 6);
    put(store, "1.0", images);
    {
        store::Database database(store, store::Database::Mode::kReadWrite);
        rocksdb::WriteBatch batch;
        for (const auto kind : {record::ColumnKind::kSymbols, record::ColumnKind::kStrings})
            store::for_each_filter(database, kind, {}, [&](uint64_t id, std::string_view) {
                batch.Put(database.filters(), store::filter_key(static_cast<uint8_t>(kind), id),
                          std::string(65, '\x01'));
            });
        ASSERT_GT(batch.Count(), 0U);
        ASSERT_TRUE(database.db().Write({}, &batch).ok());
    }
    expect_names_found(store, {{"1.0", images}});
}

/// Most chunks are not looked at.
TEST(FindWithFilters, LeaveOutWhatTheyRuleOut) {
    const test::TempDir dir;
    const auto images = long_named_images(6, 200);
    put(dir / "store", "1.0", images);
    store::Reader reader(dir / "store");
    find(reader, reader.firmwares(), Pattern(Match::kExact, "_no image has this name"), {}, [](const Hit&) {});
    find(reader, reader.firmwares(), Pattern(Match::kRegex, "no image( has|'s).*this name"), {}, [](const Hit&) {});
    EXPECT_LT(reader.counters().records_in_place + reader.counters().records_copied, 20U);
}

/// The paths found in a store before the search ends with an error.
std::vector<Row> found_before_damage(const std::filesystem::path& path, unsigned jobs) {
    store::Reader reader(path);
    FindOptions options;
    options.areas = {Area::kImages, Area::kStrings};
    options.jobs = jobs;
    std::vector<Row> rows;
    const auto error = test::error_of([&] {
        find(reader, firmwares_by_version(reader, {}), Pattern(Match::kGlob, "*/lib*"), options, [&](const Hit& hit) {
            rows.push_back({std::string(hit.firmware), std::string(hit.image)});
        });
    });
    EXPECT_TRUE(error && error->kind() == base::ErrorKind::kStore);
    return rows;
}

void damage_head(const std::filesystem::path& path, const std::string& firmware, const std::string& image) {
    store::Database database(path, store::Database::Mode::kReadWrite);
    const auto id = store::find_firmware(database, firmware)->id;
    ASSERT_TRUE(database.db().Put({}, database.images(), store::image_key(id, image), "no head").ok());
}

/// What comes before a damaged head is found, on any number of threads: firmwares before, and batches of the same one.
TEST(FindInADamagedStore, WhatComesBeforeIsFound) {
    const test::TempDir dir;
    test::Random random(8);
    MadeImages images;
    std::vector<Row> whole;
    for (int i = 1000; i < 1600; ++i) {
        test::MadeFacts facts;
        facts.layout = made_layout();
        facts.strings = {random.crowded_name(4)};
        images.emplace_back("/usr/lib/lib" + std::to_string(i), facts);
        whole.push_back({"1.0", images.back().first});
    }
    put(dir / "store", "1.0", images);
    put(dir / "store", "1.1", images);
    damage_head(dir / "store", "1.1", images.front().first);
    for (const unsigned jobs : {1U, 2U, 4U}) EXPECT_EQ(found_before_damage(dir / "store", jobs), whole) << jobs;
    damage_head(dir / "store", "1.0", images.back().first);
    const auto part = found_before_damage(dir / "store", 1);
    EXPECT_EQ(part, std::vector<Row>(whole.begin(), whole.end() - 1)) << "all but the damaged one";
    for (const unsigned jobs : {2U, 4U}) EXPECT_EQ(found_before_damage(dir / "store", jobs), part) << jobs;
}

void lose_strings(const std::filesystem::path& path, const std::string& firmware, const std::string& image) {
    store::Database database(path, store::Database::Mode::kReadWrite);
    std::string head;
    const auto key = store::image_key(store::find_firmware(database, firmware)->id, image);
    ASSERT_TRUE(database.db().Get({}, database.images(), key, &head).ok());
    const auto decoded = store::decode_stored_head(head);
    for (const auto& chunk : decoded.column(record::ColumnKind::kStrings).chunks)
        ASSERT_TRUE(database.db().Delete({}, database.columns(), store::column_key(chunk.id)).ok());
}

/// Of two damaged images, the first one is told, and all that is found before it, on any number of threads.
TEST(FindInADamagedStore, TheFirstDamageIsTold) {
    const test::TempDir dir;
    test::Random random(9);
    MadeImages images;
    for (int i = 100; i < 140; ++i) {
        test::MadeFacts facts;
        facts.layout = made_layout();
        for (int k = 0; k < 3; ++k) facts.strings.push_back("text " + std::to_string(i * 10 + k));
        images.emplace_back("/usr/lib/lib" + std::to_string(i), facts);
    }
    put(dir / "store", "1.0", images);
    lose_strings(dir / "store", "1.0", images[33].first);
    lose_strings(dir / "store", "1.0", images[21].first);
    std::set<std::string> errors;
    for (const unsigned jobs : {1U, 2U, 4U, 8U}) {
        store::Reader reader(dir / "store");
        FindOptions options;
        options.areas = {Area::kStrings};
        options.jobs = jobs;
        size_t hits = 0;
        const auto error = test::error_of([&] {
            find(reader, reader.firmwares(), Pattern(Match::kRegex, "text"), options, [&](const Hit&) { ++hits; });
        });
        ASSERT_TRUE(error);
        errors.insert(error->what());
        EXPECT_EQ(hits, 21U * 3) << jobs;
    }
    EXPECT_EQ(errors.size(), 1U);
}

/// Images with few hits are gathered by several threads, those with many told at once: what is told is the same.
TEST(Find, TellsTheSameOnAnyNumberOfThreads) {
    const test::TempDir dir;
    test::Random random(10);
    MadeImages images;
    size_t expected = 0;
    for (int i = 1000; i < 1200; ++i) {
        test::MadeFacts facts;
        facts.layout = made_layout();
        const uint64_t strings = i % 50 == 0 ? 2000 : random.below(8);
        for (uint64_t k = 0; k < strings; ++k) facts.strings.push_back("needle " + std::to_string(i * 10000 + k));
        expected += strings;
        images.emplace_back("/usr/lib/lib" + std::to_string(i), facts);
    }
    put(dir / "store", "1.0", images);
    const auto told = [&](unsigned jobs) {
        store::Reader reader(dir / "store");
        FindOptions options;
        options.areas = {Area::kImages, Area::kStrings, Area::kSections};
        options.jobs = jobs;
        std::vector<std::string> hits;
        find(reader, reader.firmwares(), Pattern(Match::kRegex, "needle|lib1"), options, [&](const Hit& hit) {
            hits.push_back(std::string(hit.image) + "\t" + area_name(hit.area) + "\t" + std::string(hit.text) + "\t" +
                           std::string(hit.from));
        });
        return hits;
    };
    const auto alone = told(1);
    EXPECT_EQ(alone.size(), expected + images.size());
    EXPECT_EQ(told(2), alone);
    EXPECT_EQ(told(5), alone);
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
