// All facts of all images of some firmwares, as `show --json` prints them: what every query's answer can be computed
// from without any cleverness.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "e2e/harness.h"

namespace strata::query {

using e2e::Json;

/// Two versions of one system, "1.0b1" and "1.0", in a store.
struct Facts {
    e2e::IndexedStore store;
    std::map<std::string, std::map<std::string, Json>> shown;  ///< by firmware, by path

    static std::vector<std::string> firmwares() { return {"1.0b1", "1.0"}; }
    [[nodiscard]] std::vector<Json> lines(std::vector<std::string> arguments) const;
    [[nodiscard]] e2e::Outcome run_with_input(std::vector<std::string> arguments, const std::string& input) const;
};

/// Where the two versions come from: one of the real pairs ("" = none), or else generated.
struct FactsSource {
    std::string pair;
};

/// Runs each test on generated caches and on all real pairs that are there; each is indexed once.
class OnFacts : public ::testing::TestWithParam<FactsSource> {
  protected:
    static void TearDownTestSuite();
    void SetUp() override;
    [[nodiscard]] const Facts& facts() const { return *facts_; }

    /// Calls `visit(firmware, path, shown)` in the order of all queries.
    void for_each_image(const std::function<void(const std::string&, const std::string&, const Json&)>& visit) const;

  private:
    const Facts* facts_ = nullptr;
};

std::vector<FactsSource> all_sources();
std::string source_name(const ::testing::TestParamInfo<FactsSource>& info);
inline void PrintTo(const FactsSource& source, std::ostream* out) {
    *out << source.pair;
}

}  // namespace strata::query
