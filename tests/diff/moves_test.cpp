// Images under another path: which are paired, which are not, and that the direction does not matter.
#include "diff/moves.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "diff/firmware_diff.h"
#include "support/random.h"
#include "support/store_maker.h"

namespace strata::diff {
namespace {

using record::SymbolKind;
using test::MadeFacts;

/// An image of its own: its names begin with `stem`.
MadeFacts image(const std::string& stem, char uuid, size_t symbols = 20, size_t changed = 0) {
    MadeFacts facts;
    for (size_t i = 0; i < symbols; ++i)
        facts.symbols.push_back(
            {"_" + stem + (i < changed ? "Other" : "Name") + std::to_string(i), SymbolKind::kLocal, 16 * i, "", ""});
    facts.strings = {stem + " text"};
    facts.functions = {{1, 0, 16}, {1, 16, static_cast<uint32_t>(16 * (changed + 1))}};
    facts.layout.install_name = "/" + stem;
    facts.uuid = std::string(16, uuid);
    return facts;
}

using Images = std::vector<std::pair<std::string, MadeFacts>>;

class MovesTest : public ::testing::Test {
  protected:
    void put(const Images& before, const Images& after) {
        store::Writer writer(dir_ / "store");
        test::put_firmware(writer, "one", before);
        test::put_firmware(writer, "two", after);
        writer.flush();
    }
    /// Old path -> new path; checks that the other direction gives the same pairs.
    std::map<std::string, std::string> moves(const Images& before, const Images& after) {
        put(before, after);
        store::Reader reader(dir_ / "store");
        const auto forth = find_moves(reader, reader.firmware("one"), reader.firmware("two"));
        const auto back = find_moves(reader, reader.firmware("two"), reader.firmware("one"));
        EXPECT_EQ(forth.size(), back.size());
        std::map<std::string, std::string> pairs;
        for (const auto& [path, facts] : after)
            if (const auto* origin = forth.origin(path)) {
                EXPECT_TRUE(forth.moved_away(*origin));
                EXPECT_TRUE(back.moved_away(path));
                const auto* turned = back.origin(*origin);
                EXPECT_TRUE(turned != nullptr && *turned == path);
                pairs.emplace(*origin, path);
            }
        return pairs;
    }
    using Pairs = std::map<std::string, std::string>;
    test::TempDir dir_;
};

TEST_F(MovesTest, TheSameContentElsewhere) {
    EXPECT_EQ(moves({{"/P/A", image("A", 'a')}, {"/P/B", image("B", 'b')}},
                    {{"/P/B", image("B", 'b')}, {"/S/A", image("A", 'c')}}),
              (Pairs{{"/P/A", "/S/A"}}));
}

TEST_F(MovesTest, TheSameUuidElsewhere) {
    EXPECT_EQ(moves({{"/P/A", image("A", 'a')}}, {{"/S/Z", image("Z", 'a')}}), (Pairs{{"/P/A", "/S/Z"}}));
}

TEST_F(MovesTest, MostOfTheContentUnderTheSameName) {
    EXPECT_EQ(moves({{"/P/A", image("A", 'a')}}, {{"/S/A", image("A", 'b', 20, 5)}}), (Pairs{{"/P/A", "/S/A"}}))
        << "15 of 25 names are common";
    EXPECT_TRUE(moves({{"/P/A", image("A", 'a')}}, {{"/S/A", image("A", 'b', 20, 15)}}).empty()) << "5 of 35";
}

TEST_F(MovesTest, MostOfTheContentUnderAnotherName) {
    auto before = image("A", 'a', 8000);
    auto after = before;
    after.uuid = std::string(16, 'b');
    after.symbols.back().name = "_zzz";
    EXPECT_EQ(moves({{"/P/A", before}}, {{"/S/Renamed", after}}), (Pairs{{"/P/A", "/S/Renamed"}}));
}

TEST_F(MovesTest, OthersAreAddedAndRemoved) {
    EXPECT_TRUE(moves({{"/P/A", image("A", 'a')}}, {{"/S/B", image("B", 'b')}}).empty());
    EXPECT_TRUE(moves({{"/P/A", image("A", 'a')}}, {{"/P/A", image("A", 'a')}}).empty());
    // Nothing in them: alike, but by chance.
    EXPECT_TRUE(moves({{"/P/A", {}}}, {{"/S/B", image("", 0, 0)}}).empty());
}

TEST_F(MovesTest, TheBestLikenessWins) {
    const auto pairs = moves({{"/P/A", image("A", 'a')}, {"/Q/A", image("A", 'b', 20, 4)}},
                             {{"/R/A", image("A", 'c', 20, 4)}, {"/S/A", image("A", 'd', 20, 1)}});
    EXPECT_EQ(pairs, (Pairs{{"/P/A", "/S/A"}, {"/Q/A", "/R/A"}}));
}

/// Many candidates of one content: paired in order, each once, alike in both directions (moves() checks that).
TEST_F(MovesTest, ManyAlike) {
    Images before;
    Images after;
    for (char c = 'a'; c < 'f'; ++c) {
        before.emplace_back(std::string("/P/") + c + "/L", image("L", c));
        after.emplace_back(std::string("/S/") + c + "/L", image("L", static_cast<char>(c + 10)));
    }
    EXPECT_EQ(moves(before, after).size(), 5U);
}

TEST_F(MovesTest, RandomPairsAreTheSameInBothDirections) {
    test::Random random(170);
    for (int round = 0; round < 10; ++round) {
        const auto side = [&](const std::string& folder) {
            Images images;
            for (size_t i = 0; i < 12; ++i)
                images.emplace_back(folder + std::to_string(i) + "/" + static_cast<char>('A' + random.below(4)),
                                    image(std::string(1, static_cast<char>('A' + random.below(3))),
                                          static_cast<char>('a' + random.below(20)), 20, random.below(12)));
            return images;
        };
        const auto before = side("/P/");
        const test::TempDir fresh;
        store::Writer writer(fresh / "store");
        test::put_firmware(writer, "one", before);
        const auto after = side("/S/");
        test::put_firmware(writer, "two", after);
        writer.flush();
        store::Reader reader(fresh / "store");
        const auto forth = find_moves(reader, reader.firmware("one"), reader.firmware("two"));
        const auto back = find_moves(reader, reader.firmware("two"), reader.firmware("one"));
        ASSERT_EQ(forth.size(), back.size());
        ASSERT_GT(forth.size(), 0U);
        for (const auto& [path, facts] : after)
            if (const auto* origin = forth.origin(path)) {
                const auto* turned = back.origin(*origin);
                ASSERT_TRUE(turned != nullptr);
                ASSERT_EQ(*turned, path);
            }
    }
}

/// What a diff makes of them: one image with both paths, and what changed in it.
TEST_F(MovesTest, ADiffTellsTheMoveAndWhatChanged) {
    put({{"/P/A", image("A", 'a')}, {"/P/B", image("B", 'b')}},
        {{"/S/A", image("A", 'c', 20, 5)}, {"/S/B", image("B", 'b')}});
    store::Reader reader(dir_ / "store");
    std::map<std::string, std::pair<Status, std::string>> images;
    std::map<std::string, size_t> added;
    std::mutex mutex;
    const auto run = [&](const DiffOptions& options) {
        images.clear();
        return diff_firmwares(
            reader, reader.firmware("one"), reader.firmware("two"), options,
            [&](const ImageDiff& diff) {
                const std::lock_guard lock(mutex);
                images[diff.path] = {diff.status, diff.from};
                added[diff.path] = diff.symbols.added.size();
                return diff.path;
            },
            [](const RenderedImage&) {});
    };
    const auto summary = run({});
    EXPECT_EQ(summary.count(Status::kMoved), 2U);
    EXPECT_EQ(summary.count(Status::kAdded) + summary.count(Status::kRemoved), 0U);
    EXPECT_TRUE(summary.has_differences());
    EXPECT_EQ(images.at("/S/A"), std::pair(Status::kMoved, std::string("/P/A")));
    EXPECT_EQ(added.at("/S/A"), 5U);
    EXPECT_EQ(added.at("/S/B"), 0U);
    DiffOptions plain;
    plain.find_moves = false;
    EXPECT_EQ(run(plain).count(Status::kAdded), 2U);
    DiffOptions by_old_path;
    by_old_path.paths.only = {"/P/A"};
    const auto selected = run(by_old_path);
    EXPECT_EQ(selected.count(Status::kMoved), 1U) << "either path selects it";
    EXPECT_EQ(selected.skipped, 1U);
}

}  // namespace
}  // namespace strata::diff
