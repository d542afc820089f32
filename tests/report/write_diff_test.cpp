// Order, selection and chaining of whole diffs: what is shown changes, what is counted does not.
#include "report/write_diff.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/ranked_spool.h"
#include "support/store_maker.h"

namespace strata::report {
namespace {

using Json = nlohmann::json;
using record::SymbolKind;
using test::MadeFacts;

MadeFacts image(size_t exports, char uuid) {
    MadeFacts facts;
    for (size_t i = 0; i < exports; ++i)
        facts.symbols.push_back({"_export" + std::to_string(i), SymbolKind::kExport, 16 * i, "", ""});
    facts.strings = {"text"};
    facts.uuid = std::string(16, uuid);
    return facts;
}

diff::RenderedImage rendered(std::string text, uint32_t score) {
    diff::RenderedImage image;
    image.status = diff::Status::kUpdated;
    image.score = score;
    image.text = std::move(text);
    return image;
}

using Texts = std::vector<std::string>;

RankedSpool::Take take_into(Texts& all) {
    return [&all](const diff::RenderedImage& image) {
        EXPECT_EQ(image.status, diff::Status::kUpdated);
        all.push_back(image.text);
    };
}
Texts by_path(RankedSpool& spool) {
    Texts all;
    spool.by_path(take_into(all));
    return all;
}
Texts by_relevance(RankedSpool& spool, size_t count = SIZE_MAX) {
    Texts all;
    spool.by_relevance(take_into(all), count);
    return all;
}

TEST(RankedSpool, OrdersAndSelects) {
    RankedSpool spool;
    for (const auto& [text, score] : {std::pair("a", 1), {"bb", 7}, {"", 3}, {"dd", 7}, {"e", 0}})
        spool.add(rendered(text, static_cast<uint32_t>(score)));
    EXPECT_EQ(by_relevance(spool), (Texts{"bb", "dd", "", "a", "e"})) << "ties as they came";
    EXPECT_EQ(by_path(spool), (Texts{"a", "bb", "", "dd", "e"}));
    EXPECT_EQ(by_relevance(spool, 2), (Texts{"bb", "dd"}));
    spool.keep_best(3);
    EXPECT_EQ(by_path(spool), (Texts{"bb", "", "dd"}));
    spool.keep_best(100);
    EXPECT_EQ(spool.size(), 3U);
    spool.keep_best(0);
    EXPECT_EQ(spool.size(), 0U);
}

TEST(RankedSpool, LargeTextsComeBackWhole) {
    RankedSpool spool;
    const std::string large(300'000, 'x');
    spool.add(rendered(large, 1));
    spool.add(rendered("y", 2));
    EXPECT_EQ(by_relevance(spool), (std::vector<std::string>{"y", large}));
}

/// Three firmwares; /a grows by one export, /b by many, /c by some, /d is only built again.
class WriteDiff : public ::testing::Test {
  protected:
    void SetUp() override {
        store::Writer writer(dir_ / "store");
        test::put_firmware(writer, "one",
                           {{"/a", image(1, 'a')},
                            {"/b", image(1, 'b')},
                            {"/c", image(1, 'c')},
                            {"/d", image(1, 'd')},
                            {"/e", image(1, 'e')}});
        test::put_firmware(writer, "two",
                           {{"/a", image(2, 'A')},
                            {"/b", image(50, 'B')},
                            {"/c", image(10, 'C')},
                            {"/d", image(1, 'D')},
                            {"/e", image(1, 'e')}});
        test::put_firmware(writer, "three", {{"/a", image(2, 'A')}});
        writer.flush();
    }

    std::string write(DiffReport& report, const diff::DiffOptions& options = {}, uint64_t top = 0) {
        store::Reader reader(dir_ / "store");
        std::string text;
        write_diff(
            reader, reader.firmware("one"), reader.firmware("two"), options, report,
            [&](std::string_view piece) { text += piece; }, top);
        return text;
    }
    static std::vector<std::string> paths(const std::string& lines) {
        std::vector<std::string> all;
        size_t begin = 0;
        while (begin < lines.size()) {
            const size_t end = lines.find('\n', begin);
            const Json line = Json::parse(lines.substr(begin, end - begin));
            if (line.at("type") == "image") all.push_back(line.at("path"));
            begin = end + 1;
        }
        return all;
    }
    static Json summary(const std::string& lines) {
        return Json::parse(lines.substr(lines.rfind('\n', lines.size() - 2) + 1));
    }
    test::TempDir dir_;
};

TEST_F(WriteDiff, LinesKeepPathOrderAndTellTheRelevance) {
    const auto lines = write(*make_jsonl_report());
    EXPECT_EQ(paths(lines), (std::vector<std::string>{"/a", "/b", "/c", "/d"}));
    EXPECT_EQ(summary(lines).at("shown"), 4);
    EXPECT_NE(lines.find(R"("reasons":["49 new exports"])"), std::string::npos);
}

TEST_F(WriteDiff, TopShowsTheMostRelevantAndCountsAll) {
    const auto lines = write(*make_jsonl_report(), {}, 2);
    EXPECT_EQ(paths(lines), (std::vector<std::string>{"/b", "/c"})) << "in path order";
    auto all = summary(write(*make_jsonl_report()));
    auto top = summary(lines);
    EXPECT_EQ(top.at("shown"), 2);
    top.erase("shown");
    all.erase("shown");
    EXPECT_EQ(top, all);
    EXPECT_EQ(Json::parse(write(*make_json_report(), {}, 2)).at("images").size(), 2U);
}

TEST_F(WriteDiff, TextComesSummaryFirstThenTheMostRelevant) {
    const auto text = write(*make_text_report());
    const auto at = [&](const char* what) {
        EXPECT_NE(text.find(what), std::string::npos) << what;
        return text.find(what);
    };
    EXPECT_LT(at("+++ two"), at("3 updated, 1 rebuilt, 1 unchanged"));
    EXPECT_LT(at("3 updated, 1 rebuilt"), at("updated   /b"));
    EXPECT_LT(at("updated   /b"), at("updated   /c"));
    EXPECT_LT(at("updated   /c"), at("updated   /a"));
    EXPECT_LT(at("updated   /a"), at("rebuilt   /d"));
    EXPECT_EQ(text.find("showing"), std::string::npos);
    const auto top = write(*make_text_report(), {}, 1);
    EXPECT_NE(top.find("showing 1 of 4 that differ\n"), std::string::npos);
    EXPECT_EQ(top.find("/c"), std::string::npos);
}

TEST_F(WriteDiff, PathsAndParts) {
    diff::DiffOptions options;
    options.paths.skip = {"/b"};
    options.parts = diff::PartFilter("symbols");
    const auto lines = write(*make_jsonl_report(), options);
    EXPECT_EQ(paths(lines), (std::vector<std::string>{"/a", "/c"})) << "/d has no symbols to show";
    EXPECT_EQ(summary(lines).at("skipped"), 1);
    EXPECT_EQ(summary(lines).at("rebuilt"), 1) << "counted, not shown";
    EXPECT_EQ(summary(lines).at("updated"), 2);
}

TEST_F(WriteDiff, AChainIsEachDiffInTurn) {
    store::Reader reader(dir_ / "store");
    const std::vector<record::Firmware> firmwares{reader.firmware("one"), reader.firmware("two"),
                                                  reader.firmware("three")};
    const auto chain = [&](const auto& make) {
        std::string text;
        EXPECT_TRUE(write_diff_chain(reader, firmwares, {}, make, [&](std::string_view piece) { text += piece; }));
        return text;
    };
    const auto document = Json::parse(chain([] { return make_json_report(); }));
    ASSERT_EQ(document.size(), 2U);
    EXPECT_EQ(document.at(0).at("old").at("name"), "one");
    EXPECT_EQ(document.at(1).at("old").at("name"), "two");
    EXPECT_EQ(document.at(1).at("new").at("name"), "three");
    EXPECT_EQ(document.at(1).at("summary").at("removed"), 4);
    const auto lines = chain([] { return make_jsonl_report(); });
    EXPECT_TRUE(lines.starts_with(write(*make_jsonl_report()))) << "the first diff as it is by itself";
    EXPECT_EQ(chain([] { return make_text_report(); }).find("--- one"), 0U);
}

TEST_F(WriteDiff, AChainOfEqualsIsNoDifference) {
    store::Reader reader(dir_ / "store");
    const std::vector<record::Firmware> firmwares(3, reader.firmware("one"));
    EXPECT_FALSE(write_diff_chain(
        reader, firmwares, {}, [] { return make_jsonl_report(); }, [](std::string_view) {}));
}

}  // namespace
}  // namespace strata::report
