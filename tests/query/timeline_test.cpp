// Histories: what changed, went back, was gone and came back.
#include <gtest/gtest.h>

#include "made_store.h"
#include "query/history.h"
#include "query/matrix.h"
#include "query/versions.h"

namespace strata::query {
namespace {

using record::SymbolKind;

test::MadeFacts image_with(const std::string& name, uint32_t size, SymbolKind kind = SymbolKind::kExport) {
    test::MadeFacts facts;
    facts.layout = made_layout();
    facts.functions = {{1, 0, size}, {1, 0x1000, 8}};
    facts.symbols = {{name, kind, 0, {}, {}}, {"_other", SymbolKind::kLocal, 0x1000, {}, {}}};
    return facts;
}

/// b1: first; b2: changed; b3: back to b1's; b4: the image is gone; b5: back again, as it was; c1: of another platform.
class Timeline : public ::testing::Test {
  protected:
    Timeline() {
        store::Writer writer(dir_ / "store");
        test::MadeFacts user;
        user.layout = made_layout();
        user.symbols = {{"_it", SymbolKind::kImport, 0, "/lib", {}}};
        test::put_firmware(writer, "1.0b1", {{"/lib", image_with("_it", 16)}, {"/user", user}});
        test::put_firmware(writer, "1.0b2", {{"/lib", image_with("_it", 32)}, {"/user", user}});
        test::put_firmware(writer, "1.0b3", {{"/lib", image_with("_it", 16)}});
        test::put_firmware(writer, "1.0b4", {{"/user", user}});
        test::put_firmware(writer, "1.0b5", {{"/lib", image_with("_it", 16)}});
        auto other = test::put_firmware(writer, "other", {{"/lib", image_with("_it", 16, SymbolKind::kLocal)}});
        other.platform = 2;
        writer.put_firmware(other);
        writer.flush();
        reader_.emplace(dir_ / "store");
    }

    test::TempDir dir_;
    std::optional<store::Reader> reader_;
};

TEST_F(Timeline, Matrix) {
    const auto firmwares = firmwares_by_version(*reader_, {});
    std::vector<MatrixRow> rows;
    matrix(*reader_, firmwares, false, Pattern(Match::kExact, "/lib"),
           [&](const MatrixRow& row) { rows.push_back(row); });
    ASSERT_EQ(rows.size(), 1U);
    std::string steps;
    std::string contents;
    for (size_t i = 0; i < firmwares.size(); ++i) {
        steps += std::string(step_name(rows[0].steps[i].step)) + " ";
        contents += std::to_string(rows[0].cells[i].content) + " ";
    }
    EXPECT_EQ(steps, "first changed reverted gone back first ");
    EXPECT_EQ(contents, "1 2 1 0 1 3 ");
    EXPECT_EQ(rows[0].steps[1].changed, (std::vector{record::ColumnKind::kFunctions}));
    EXPECT_EQ(rows[0].steps[2].reverted_to, std::optional<size_t>(0));
    EXPECT_TRUE(rows[0].steps[4].changed.empty()) << "it came back as it was";
    EXPECT_EQ(rows[0].cells[0].counts[static_cast<size_t>(record::ColumnKind::kSymbols)], 2U);
}

TEST_F(Timeline, MatrixInAnotherOrderIsOneLine) {
    const auto firmwares = firmwares_in_order(*reader_, {"other", "1.0b2", "1.0b1"});
    std::string steps;
    matrix(*reader_, firmwares, true, Pattern(Match::kGlob, "/l*"), [&](const MatrixRow& row) {
        for (const auto& step : row.steps) steps += std::string(step_name(step.step)) + " ";
    });
    EXPECT_EQ(steps, "first changed changed ");
}

TEST_F(Timeline, SymbolHistory) {
    const auto firmwares = firmwares_by_version(*reader_, {});
    HistorySummary summary;
    std::string steps;
    std::string importers;
    symbol_history(*reader_, firmwares, "_it", {}, [&](const SymbolStep& step) {
        steps += std::string(step_name(step.step)) + " ";
        importers += std::to_string(step.importers) + " ";
        summary.add(*step.firmware, step.step);
        for (const auto& definition : step.definitions) EXPECT_EQ(definition.image, "/lib");
    });
    EXPECT_EQ(steps, "first changed changed gone back first ");
    EXPECT_EQ(importers, "1 1 0 1 0 0 ");
    EXPECT_EQ(summary.first, (std::vector<std::string>{"1.0b1", "other"}));
    EXPECT_EQ(summary.last, (std::vector<std::string>{"1.0b5", "other"}));
    EXPECT_EQ(summary.gone, (std::vector<std::string>{"1.0b4"}));
    EXPECT_EQ(summary.back, (std::vector<std::string>{"1.0b5"}));
    EXPECT_EQ(summary.changed, (std::vector<std::string>{"1.0b2", "1.0b3"}));
}

/// The change of each build against the one before, as words.
std::string changes_of(const std::vector<test::MadeFacts>& builds) {
    const test::TempDir dir;
    {
        store::Writer writer(dir / "store");
        for (size_t i = 0; i < builds.size(); ++i)
            test::put_firmware(writer, "1." + std::to_string(i), {{"/lib", builds[i]}});
        writer.flush();
    }
    store::Reader reader(dir / "store");
    std::string changes;
    symbol_history(reader, firmwares_by_version(reader, {}), "_it", {}, [&](const SymbolStep& step) {
        changes += step_name(step.step);
        for (const auto change : step.changed) changes += std::string("+") + change_name(change);
        changes += " ";
    });
    return changes;
}

TEST(SymbolHistory, SaysWhatChanged) {
    const auto with_code = [](uint64_t code, uint64_t references) {
        auto facts = image_with("_it", 16);
        facts.code = {{code, references}, {1, 1}};
        return facts;
    };
    auto moved = with_code(6, 8);
    moved.address += 0x4000;
    auto reexported = image_with("_it", 16, SymbolKind::kReexport);
    reexported.symbols[0].dylib = "/other";
    auto retargeted = reexported;
    retargeted.symbols[0].target = "_that";
    EXPECT_EQ(changes_of({with_code(5, 7), with_code(6, 7), with_code(6, 8), moved, with_code(7, 9)}),
              "first changed+code changed+references same changed+code ");
    EXPECT_EQ(changes_of({with_code(5, 7), image_with("_it", 16), with_code(5, 7)}), "first same same ")
        << "fingerprints that are not there say nothing";
    EXPECT_EQ(changes_of({with_code(5, 7), image_with("_it", 32), image_with("_it", 32, SymbolKind::kLocal)}),
              "first changed+size changed+kind ");
    EXPECT_EQ(changes_of({reexported, retargeted}), "first changed+target ");
}

/// Static functions of several source files may have one name in one image: each is followed by itself.
TEST(SymbolHistory, SeveralOfOneNameInOneImage) {
    const auto image = [](uint64_t second) {
        auto facts = image_with("_it", 16, SymbolKind::kLocal);
        facts.symbols[1].name = "_it";
        facts.code = {{5, 0}, {second, 0}};
        return facts;
    };
    EXPECT_EQ(changes_of({image(6), image(6), image(7)}), "first same changed+code ");
    auto one = image(6);
    one.symbols.pop_back();
    EXPECT_EQ(changes_of({image(6), one}), "first changed+images ");
}

TEST_F(Timeline, NothingIsAbsentEverywhere) {
    HistoryOptions options;
    options.image.emplace(Match::kExact, "elsewhere");
    for (const std::string name : {"_nowhere", "_it"}) {
        size_t steps = 0;
        symbol_history(*reader_, firmwares_by_version(*reader_, {}), name, options, [&](const SymbolStep& step) {
            EXPECT_EQ(step.step, Step::kAbsent);
            ++steps;
        });
        EXPECT_EQ(steps, 6U);
        options.image.emplace(Match::kExact, "elsewhere");
    }
}

}  // namespace
}  // namespace strata::query
