// Planted changes of Objective-C: each is found in the diff of generated caches, and nothing else is.
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>

#include "diff/firmware_diff.h"
#include "extract/shared_cache_source.h"
#include "store/indexer.h"
#include "support/cache_maker.h"

namespace strata::diff {
namespace {

using Lines = std::multiset<std::string>;

Lines lines_of(const ImageDiff& diff) {
    Lines lines;
    for (const auto& group : diff.facts) {
        if (group.kind != record::ColumnKind::kObjc) continue;
        const auto key = [](const auto& fact) { return std::string(fact.owner) + " | " + std::string(fact.name); };
        for (const auto& fact : group.added) lines.insert("+ " + key(fact) + " | " + std::string(fact.value));
        for (const auto& fact : group.removed) lines.insert("- " + key(fact) + " | " + std::string(fact.value));
        for (const auto& fact : group.changed)
            lines.insert("~ " + key(fact) + " | " + std::string(fact.before) + " -> " + std::string(fact.after));
    }
    return lines;
}

Lines lines_of(const test::Json& truth) {
    Lines lines;
    if (!truth.contains("facts")) return lines;
    for (const auto& fact : truth.at("facts")) {
        const auto text = [&](const char* name) { return fact.at(name).get<std::string>(); };
        const auto kind = text("fact");
        if (!kind.starts_with("objc_")) continue;
        const std::string key = text("owner") + " | " + text("name") + " | ";
        if (kind == "objc_added") lines.insert("+ " + key + text("value"));
        if (kind == "objc_removed") lines.insert("- " + key + text("value"));
        if (kind == "objc_changed") lines.insert("~ " + key + text("old") + " -> " + text("new"));
    }
    return lines;
}

class ObjcPairs : public ::testing::TestWithParam<test::EraAndArch> {};
INSTANTIATE_TEST_SUITE_P(
    Diff, ObjcPairs,
    ::testing::Values(test::EraAndArch{0x98, dscgen::Arch::armv7k}, test::EraAndArch{0x138, dscgen::Arch::arm64e},
                      test::EraAndArch{0x140, dscgen::Arch::arm64}, test::EraAndArch{0x1c8, dscgen::Arch::x86_64},
                      test::EraAndArch{0x200, dscgen::Arch::arm64_32}, test::EraAndArch{0x228, dscgen::Arch::arm64e}),
    test::era_name<::testing::TestParamInfo<test::EraAndArch>>);

TEST_P(ObjcPairs, EveryPlantedChangeAndNothingElse) {
    const test::TempDir dir;
    const auto [era, arch] = GetParam();
    auto spec = test::spec_of(era, arch, dscgen::Layout::automatic, 16);
    spec.symbols = 16 * 500;
    dscgen::make(spec, (dir / "old").string());
    dscgen::Step step;
    step.change = 12;
    step.seed = 3;
    dscgen::next((dir / "old").string(), (dir / "new").string(), step);
    for (const std::string side : {"old", "new"}) {
        store::Writer writer(dir / "store");
        const extract::SharedCacheSource source(dir / side);
        store::IndexOptions options;
        options.name = side;
        store::index_source(writer, source, options);
    }
    store::Reader reader(dir / "store");
    std::map<std::string, Lines> found;
    std::mutex mutex;
    const auto summary = diff_firmwares(
        reader, reader.firmware("old"), reader.firmware("new"), {},
        [&](const ImageDiff& image) {
            const std::lock_guard lock(mutex);
            found[image.path] = lines_of(image);
            return std::string();
        },
        [](const auto&) {});
    EXPECT_EQ(summary.count(Status::kUnchanged), 4U);
    std::map<char, size_t> planted;
    for (const auto& [path, truth] : test::read_truth(dir / "new/truth.jsonl")) {
        const Lines want = lines_of(truth);
        EXPECT_EQ(found[path], want) << path;
        found.erase(path);
        for (const auto& line : want) ++planted[line[0]];
    }
    for (const auto& [path, lines] : found) EXPECT_EQ(lines, Lines{}) << path << ": nothing was planted there";
    for (const char kind : {'+', '-', '~'}) EXPECT_GT(planted[kind], 0U) << "the step must plant some: " << kind;
}

}  // namespace
}  // namespace strata::diff
