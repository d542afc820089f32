// The two macOS 11 caches of the rizin test suite: one file, header 0x140, every fact known with its address.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "facts.h"
#include "harness.h"
#include "show_checks.h"

namespace strata::e2e {
namespace {

struct IndexedRizinSet {
    ExpectedCache facts;
    IndexedStore store;
    ShownImages shown;
};

class RizinCaches : public ::testing::TestWithParam<std::string_view> {
  protected:
    static void TearDownTestSuite() { sets().clear(); }

    void SetUp() override {
        const auto caches = caches_dir();
        if (!caches) GTEST_SKIP() << kNoData;
        auto& slot = sets()[std::string(GetParam())];
        if (!slot) {
            slot = std::make_unique<IndexedRizinSet>();
            slot->facts = read_rizin_facts(*caches / GetParam());
            slot->store.index(*caches / GetParam() / "dyld_shared_cache_arm64", "rizin");
            if (slot->store.ok()) slot->shown = show_all(slot->store, "rizin", slot->facts);
        }
        set_ = slot.get();
        ASSERT_TRUE(set_->store.ok()) << "the cache was not indexed";
    }

    template <class Check>
    void for_each_image(Check check) const {
        for (const auto& [path, image] : set_->facts.images) {
            SCOPED_TRACE(std::string(GetParam()) + " " + path);
            ASSERT_TRUE(set_->shown.at(path).is_object());
            check(set_->shown.at(path), image);
        }
    }

    const IndexedRizinSet* set_ = nullptr;

  private:
    static std::map<std::string, std::unique_ptr<IndexedRizinSet>>& sets() {
        static std::map<std::string, std::unique_ptr<IndexedRizinSet>> all;
        return all;
    }
};

TEST_P(RizinCaches, FirmwareAndImages) {
    check_firmware_line(set_->store, "rizin", set_->facts);
    check_image_list(set_->store, "rizin", set_->facts);
}

TEST_P(RizinCaches, Identity) {
    for_each_image([](const Json& shown, const ExpectedImage& image) { check_identity(shown, image, "rizin"); });
}

TEST_P(RizinCaches, Dependencies) {
    for_each_image([](const Json& shown, const ExpectedImage& image) { check_dependencies(shown, image); });
}

TEST_P(RizinCaches, Sections) {
    for_each_image([](const Json& shown, const ExpectedImage& image) { check_sections(shown, image); });
}

TEST_P(RizinCaches, SymbolsWithKindAndAddress) {
    for_each_image([](const Json& shown, const ExpectedImage& image) {
        std::vector<std::string> want, got;
        for (const auto& s : image.exact_symbols)
            want.push_back(s.name + " " + s.kind + " " + std::to_string(s.address));
        for (const auto& s : shown.at("symbols")) {
            EXPECT_TRUE(s.value("exported", false)) << s;
            got.push_back(s.at("name").get<std::string>() + " " + s.at("kind").get<std::string>() + " " +
                          std::to_string(s.at("address").get<std::uint64_t>()));
        }
        expect_same_members("symbols", want, got);
    });
}

TEST_P(RizinCaches, ExportsFunctionsAndStrings) {
    for_each_image([](const Json& shown, const ExpectedImage& image) {
        check_form(shown);
        check_exports(shown, image);
        check_functions(shown, image);
        check_strings(shown, image);  // the emptied ObjC string sections give none
    });
}

INSTANTIATE_TEST_SUITE_P(Sets, RizinCaches, ::testing::ValuesIn(kRizinSets),
                         [](const auto& set) { return test_name(set.param); });

}  // namespace
}  // namespace strata::e2e
