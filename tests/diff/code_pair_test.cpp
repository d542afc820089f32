// Changes that dscgen planted in functions and tables without changing a size: every one is found, under its name, and
// nothing else is reported, though the whole cache was laid out afresh.
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "base/text.h"
#include "diff/firmware_diff.h"
#include "extract/shared_cache_source.h"
#include "store/indexer.h"
#include "support/cache_maker.h"

namespace strata::diff {
namespace {

using Names = std::multiset<std::string>;

struct Case {
    uint32_t era;
    dscgen::Arch arch;
    uint64_t seed;
};

struct Found {
    Names functions;  ///< "name code", "name references"
    Names sections;   ///< of data
    bool others = false;
};

class CodePairs : public ::testing::TestWithParam<Case> {
  protected:
    static constexpr uint32_t kImages = 40;

    void SetUp() override {
        auto spec = test::spec_of(GetParam().era, GetParam().arch, dscgen::Layout::automatic, kImages);
        spec.symbols = kImages * 200;
        spec.seed = GetParam().seed;
        dscgen::make(spec, (dir_ / "old").string());
        dscgen::Step step;
        step.change = 14;
        step.add = 2;
        step.remove = 1;
        step.seed = GetParam().seed + 7;
        dscgen::next((dir_ / "old").string(), (dir_ / "new").string(), step);
        truth_ = test::read_truth(dir_ / "new/truth.jsonl");
        for (const std::string side : {"old", "new"}) {
            store::Writer writer(dir_ / "store");
            store::IndexOptions options;
            options.name = side;
            options.jobs = 2;
            store::index_source(writer, extract::SharedCacheSource(dir_ / side), options);
        }
    }

    static Found found_in(const ImageDiff& image) {
        Found found;
        for (const auto& f : image.functions.changed)
            found.functions.insert(base::printable(f.name) + " " + std::string(f.what));
        for (const auto& group : image.facts) {
            if (group.kind != record::ColumnKind::kData) continue;
            for (const auto& fact : group.changed)
                if (fact.owner.empty()) found.sections.insert(std::string(fact.name));
            found.others = !group.added.empty() || !group.removed.empty();
        }
        found.others = found.others || !image.functions.renamed.empty() || image.functions.moved != 0;
        return found;
    }

    static Found expected(const test::Json& facts) {
        Found want;
        for (const auto& fact : facts) {
            const auto sort = fact.at("fact").get<std::string>();
            if (sort == "function_patched") want.functions.insert(fact.at("name").get<std::string>() + " code");
            if (sort == "function_call" || sort == "function_string")
                want.functions.insert(fact.at("name").get<std::string>() + " references");
            if (!sort.starts_with("table_")) continue;
            const std::string section =
                fact.at("segment").get<std::string>() + "," + fact.at("section").get<std::string>();
            if (!want.sections.contains(section)) want.sections.insert(section);
        }
        return want;
    }

    test::TempDir dir_;
    test::Truth truth_;
};

TEST_P(CodePairs, AllAreFoundAndNothingElse) {
    std::map<std::string, Found> found;
    store::Reader reader(dir_ / "store");
    std::mutex mutex;
    const auto summary = diff_firmwares(
        reader, reader.firmware("old"), reader.firmware("new"), {},
        [&](const ImageDiff& image) {
            const std::lock_guard lock(mutex);
            if (image.status == Status::kUpdated || image.status == Status::kRebuilt)
                found.emplace(image.path, found_in(image));
            return image.path;
        },
        [](const RenderedImage&) {});
    size_t changed = 0;
    size_t planted = 0;
    for (const auto& [path, truth] : truth_) {
        if (truth.at("status") != "changed") continue;
        ++changed;
        ASSERT_TRUE(found.contains(path)) << path;
        const Found want = expected(truth.at("facts"));
        EXPECT_EQ(found.at(path).functions, want.functions) << path;
        EXPECT_EQ(found.at(path).sections, want.sections) << path;
        EXPECT_FALSE(found.at(path).others) << path;
        planted += want.functions.size() + want.sections.size();
    }
    EXPECT_EQ(found.size(), changed) << "images that were only laid out afresh";
    EXPECT_EQ(summary.count(Status::kUnchanged), kImages - changed - 1);
    EXPECT_GT(planted, 10U);
}

INSTANTIATE_TEST_SUITE_P(Caches, CodePairs,
                         ::testing::Values(Case{0x228, dscgen::Arch::arm64e, 1}, Case{0x228, dscgen::Arch::arm64e, 2},
                                           Case{0x200, dscgen::Arch::arm64e, 3}, Case{0x140, dscgen::Arch::arm64e, 4},
                                           Case{0x1c8, dscgen::Arch::arm64, 5}, Case{0x98, dscgen::Arch::arm64, 6},
                                           Case{0x70, dscgen::Arch::arm64, 7}, Case{0x228, dscgen::Arch::x86_64, 8},
                                           Case{0x140, dscgen::Arch::x86_64h, 9}, Case{0x228, dscgen::Arch::x86_64, 10},
                                           Case{0x208, dscgen::Arch::arm64_32, 11}),
                         [](const auto& one) { return test::era_name(one) + "_" + std::to_string(one.param.seed); });

}  // namespace
}  // namespace strata::diff
