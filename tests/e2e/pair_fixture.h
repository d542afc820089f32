// The fixture of all tests on a pair of caches: both sides indexed once into one store, their facts read once.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "facts.h"
#include "harness.h"
#include "show_checks.h"

namespace strata::e2e {

inline void PrintTo(const PairSet& set, std::ostream* out) {
    *out << set.folder;
}

inline std::string pair_name(const ::testing::TestParamInfo<PairSet>& info) {
    return test_name(info.param.folder);
}

/// A pair in its store, under the firmware names "old" and "new".
struct IndexedPair {
    std::filesystem::path folder;
    ExpectedCache old_facts;
    ExpectedCache new_facts;
    IndexedStore store;
    std::map<std::string, ShownImages> shown;  ///< by side; filled when first asked for
};

class PairTest : public ::testing::TestWithParam<PairSet> {
  protected:
    static void TearDownTestSuite() { pairs().clear(); }

    void SetUp() override {
        const auto caches = caches_dir();
        if (!caches) GTEST_SKIP() << kNoData;
        auto& slot = pairs()[std::string(GetParam().folder)];
        if (!slot) slot = index_pair(*caches / GetParam().folder);
        pair_ = slot.get();
        ASSERT_TRUE(pair_->store.ok()) << "the caches were not indexed";
    }

    [[nodiscard]] const IndexedPair& pair() const { return *pair_; }

    [[nodiscard]] const ExpectedCache& facts(const std::string& side) const {
        return side == "old" ? pair_->old_facts : pair_->new_facts;
    }

    /// Calls check(shown, expected) for every image of both sides.
    template <class Check>
    void for_each_image(Check check) const {
        for (const std::string side : {"old", "new"}) {
            ShownImages& shown = pair_->shown[side];
            if (shown.empty()) shown = show_all(pair_->store, side, facts(side));
            for (const auto& [path, image] : facts(side).images) {
                SCOPED_TRACE(std::string(GetParam().folder) + " " + side + " " + path);
                ASSERT_TRUE(shown.at(path).is_object());
                check(shown.at(path), image, side);
            }
        }
    }

  private:
    static std::map<std::string, std::unique_ptr<IndexedPair>>& pairs() {
        static std::map<std::string, std::unique_ptr<IndexedPair>> all;
        return all;
    }

    static std::unique_ptr<IndexedPair> index_pair(const std::filesystem::path& folder) {
        auto pair = std::make_unique<IndexedPair>();
        pair->folder = folder;
        pair->old_facts = read_pair_facts(GetParam(), folder, "old");
        pair->new_facts = read_pair_facts(GetParam(), folder, "new");
        pair->store.index(folder / "old", "old");
        pair->store.index(folder / "new", "new");
        return pair;
    }

    IndexedPair* pair_ = nullptr;
};

}  // namespace strata::e2e
