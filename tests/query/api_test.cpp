// The public find() and lookup() say what the layers say.
#include <gtest/gtest.h>

#include "made_store.h"
#include "query/find.h"
#include "query/lookup.h"
#include "query/versions.h"
#include "strata/strata.h"

namespace strata::query {
namespace {

TEST(QueryApi, Find) {
    const MadeStore made;
    FindRequest request;
    request.pattern = "_a*";
    request.kind = PatternKind::kGlob;
    request.in = {"symbols", "strings"};
    std::vector<std::string> got;
    strata::find(made.dir / "store", request, [&](const Found& found) {
        got.push_back(std::string(found.firmware) + " " + std::string(found.image) + " " + std::string(found.in) + " " +
                      std::string(found.text) + " " + std::to_string(found.address.value_or(0)));
    });
    std::vector<std::string> want;
    store::Reader reader(made.dir / "store");
    FindOptions options;
    options.areas = {Area::kSymbols, Area::kStrings};
    find(reader, firmwares_by_version(reader, {}), Pattern(Match::kGlob, "_a*"), options, [&](const Hit& hit) {
        want.push_back(std::string(hit.firmware) + " " + std::string(hit.image) + " " + area_name(hit.area) + " " +
                       std::string(hit.text) + " " + std::to_string(hit.address.value_or(0)));
    });
    EXPECT_FALSE(got.empty());
    EXPECT_EQ(got, want);
}

TEST(QueryApi, Lookup) {
    const MadeStore made;
    std::vector<AddressInfo> got;
    strata::lookup(made.dir / "store", "1.9", {0x180001010, 1}, [&](const AddressInfo& info) { got.push_back(info); });
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].image, "/usr/lib/lib0");
    EXPECT_EQ(got[0].section, "__TEXT,__text");
    EXPECT_EQ(got[0].function_address, std::optional<uint64_t>(0x180001010));
    EXPECT_EQ(got[0].function_size, 16U);
    EXPECT_EQ(got[1].address, 1U);
    EXPECT_TRUE(got[1].image.empty());
}

TEST(QueryApi, Failures) {
    const MadeStore made;
    const auto kind_of = [](const auto& call) {
        try {
            call();
        } catch (const Failure& failure) {
            return failure.kind();
        }
        return Failure::Kind::kInput;
    };
    FindRequest request;
    request.pattern = "(";
    request.kind = PatternKind::kRegex;
    const auto ignore = [](const Found&) {};
    EXPECT_EQ(kind_of([&] { strata::find(made.dir / "store", request, ignore); }), Failure::Kind::kUsage);
    request = {};
    request.in = {"nowhere"};
    EXPECT_EQ(kind_of([&] { strata::find(made.dir / "store", request, ignore); }), Failure::Kind::kUsage);
    EXPECT_EQ(kind_of([&] { strata::lookup(made.dir / "store", "none", {1}, [](const AddressInfo&) {}); }),
              Failure::Kind::kUsage);
}

}  // namespace
}  // namespace strata::query
