#include "brute_force.h"

#include <algorithm>
#include <fstream>
#include <memory>

#include "dscgen/dscgen.h"

namespace strata::query {
namespace {

std::map<std::string, std::unique_ptr<Facts>>& all_facts() {
    static std::map<std::string, std::unique_ptr<Facts>> all;
    return all;
}

void make_generated(const e2e::TempDir& dir) {
    dscgen::Spec spec;
    spec.images = 20;
    spec.symbols = 20 * 80;
    dscgen::make(spec, dir / "old");
    dscgen::Step step;
    step.change = 5;
    step.add = 1;
    step.remove = 1;
    step.seed = 4;
    dscgen::next(dir / "old", dir / "new", step);
}

void show_all(Facts& facts) {
    for (const auto& firmware : Facts::firmwares())
        for (const auto& line : facts.lines({"images", firmware, "--json"})) {
            const auto path = line.at("path").get<std::string>();
            facts.shown[firmware][path] = e2e::json_of(facts.store.run({"show", firmware, path, "--json"}));
        }
}

}  // namespace

std::vector<Json> Facts::lines(std::vector<std::string> arguments) const {
    return e2e::json_lines_of(store.run(std::move(arguments)));
}

e2e::Outcome Facts::run_with_input(std::vector<std::string> arguments, const std::string& input) const {
    const e2e::TempDir dir;
    std::ofstream(dir / "input", std::ios::binary) << input;
    arguments.insert(arguments.end(), {"--store", store.path()});
    return e2e::run_strata(arguments, {}, dir / "input");
}

void OnFacts::TearDownTestSuite() {
    all_facts().clear();
}

void OnFacts::SetUp() {
    const std::string& pair = GetParam().pair;
    const auto caches = e2e::caches_dir();
    if (!pair.empty() && !caches) GTEST_SKIP() << e2e::kNoData;
    auto& slot = all_facts()[pair];
    if (!slot) {
        slot = std::make_unique<Facts>();
        const e2e::TempDir dir;
        if (pair.empty()) make_generated(dir);
        const auto folder = pair.empty() ? dir.path() : *caches / pair;
        slot->store.index(folder / "old", "1.0b1");
        slot->store.index(folder / "new", "1.0");
        show_all(*slot);
    }
    facts_ = slot.get();
    ASSERT_EQ(facts_->shown.size(), 2U);
}

void OnFacts::for_each_image(
    const std::function<void(const std::string&, const std::string&, const Json&)>& visit) const {
    for (const auto& firmware : Facts::firmwares())
        for (const auto& [path, shown] : facts().shown.at(firmware)) visit(firmware, path, shown);
}

std::vector<FactsSource> all_sources() {
    return {{""}, {"ios-arm64-dyld1378"}, {"macos-arm64-dyld1286"}, {"macos-x86_64-dyld1378-split"}};
}

std::string source_name(const ::testing::TestParamInfo<FactsSource>& info) {
    std::string name = info.param.pair.empty() ? "generated" : info.param.pair;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

}  // namespace strata::query
