// What may be handed to `strata index`: a folder, a main file, a development main, a sub-cache; and sets that are not
// whole.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "facts.h"
#include "harness.h"
#include "show_checks.h"

namespace strata::e2e {
namespace fs = std::filesystem;
namespace {

const PairSet& set_in(std::string_view folder) {
    for (const auto& set : kPairSets)
        if (set.folder == folder) return set;
    throw std::logic_error("no such set");
}

std::vector<std::uint64_t> addresses_of(const Json& shown, std::string_view kind) {
    std::vector<std::uint64_t> addresses;
    for (const auto& symbol : shown.at("symbols")) {
        if (symbol.at("kind") == kind) addresses.push_back(symbol.at("address").get<std::uint64_t>());
    }
    return addresses;
}

std::set<std::uint64_t> distinct(const std::vector<std::uint64_t>& values) {
    return {values.begin(), values.end()};
}

std::set<std::uint64_t> locals_in_first_section(const Json& shown) {
    const Json& first = shown.at("sections").at(0);
    const auto begin = first.at("address").get<std::uint64_t>();
    const auto end = begin + first.at("size").get<std::uint64_t>();
    std::set<std::uint64_t> inside;
    for (const std::uint64_t address : addresses_of(shown, "local")) {
        if (address >= begin && address < end) inside.insert(address);
    }
    return inside;
}

class Sources : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto caches = caches_dir();
        if (!caches) GTEST_SKIP() << kNoData;
        ios_ = *caches / "ios-arm64-dyld1378";
        x86_ = *caches / "macos-x86_64-dyld1378-split";
    }

    static ExpectedCache facts_of(const fs::path& pair) {
        return read_pair_facts(set_in(pair.filename().string()), pair, "old");
    }

    /// Indexes the source in a store of its own and checks that it is this cache with all its images.
    static void expect_cache(const fs::path& source, const ExpectedCache& facts) {
        SCOPED_TRACE(source.string());
        IndexedStore store;
        store.index(source, "it");
        ASSERT_TRUE(store.ok());
        check_firmware_line(store, "it", facts);
        check_image_list(store, "it", facts);
    }

    /// A copy of the old iOS set that a test may spoil.
    void copy_ios_to(const TempDir& dir) const { fs::copy(ios_ / "old", dir.path() / "set"); }

    /// The set must not pass as whole: it is refused, or its unreadable images are counted, and the file is named.
    static void expect_not_whole(const fs::path& set, std::string_view file) {
        IndexedStore store;
        const Outcome run = store.run({"index", set.string(), "--name", "it"});
        EXPECT_TRUE(run.exit_code == kUsage || run.exit_code == kSomeFailed) << describe(run);
        EXPECT_NE((run.err + run.out).find(file), std::string::npos) << describe(run);
    }

    fs::path ios_;
    fs::path x86_;
};

TEST_F(Sources, AFolderAndAMainFileAreTheSame) {
    const ExpectedCache ios = facts_of(ios_);
    expect_cache(ios_ / "old", ios);  // of two mains in a folder the customer's is meant
    expect_cache(ios_ / "old" / "dyld_shared_cache_arm64", ios);
    const ExpectedCache x86 = facts_of(x86_);
    expect_cache(x86_ / "old", x86);
    expect_cache(x86_ / "old" / "dyld_shared_cache_x86_64", x86);
}

TEST_F(Sources, ASubCacheLeadsToItsMain) {
    const ExpectedCache ios = facts_of(ios_);
    expect_cache(ios_ / "old" / "dyld_shared_cache_arm64.01", ios);
    expect_cache(ios_ / "old" / "dyld_shared_cache_arm64.05.dyldlinkedit", ios);
    expect_cache(x86_ / "old" / "dyld_shared_cache_x86_64.01", facts_of(x86_));
}

TEST_F(Sources, TheDevelopmentMainHasItsOwnUuidAndTheSameImages) {
    ExpectedCache development = facts_of(ios_);
    const std::string customer_uuid = development.uuid;
    development.uuid = development.main_uuids.at("dyld_shared_cache_arm64.development");
    ASSERT_NE(development.uuid, customer_uuid);
    expect_cache(ios_ / "old" / "dyld_shared_cache_arm64.development", development);
}

TEST_F(Sources, TheDevelopmentMainShowsTheSameFacts) {
    const ExpectedCache facts = facts_of(ios_);
    IndexedStore store;
    store.index(ios_ / "old" / "dyld_shared_cache_arm64", "customer");
    store.index(ios_ / "old" / "dyld_shared_cache_arm64.development", "development");
    ASSERT_TRUE(store.ok());
    const auto lines = json_lines_of(store.run({"diff", "customer", "development", "--format", "jsonl"}));
    ASSERT_EQ(lines.size(), 2U) << "no image differs";
    EXPECT_EQ(lines.back().at("unchanged"), facts.images.size());
    const ShownImages customer = show_all(store, "customer", facts);
    for (auto [path, shown] : show_all(store, "development", facts)) {
        shown["firmware"] = "customer";
        EXPECT_EQ(shown, customer.at(path)) << path;
    }
}

// The builder leaves `<redacted>` in an image's symbol table for exactly those locals that are in its first section,
// __text (design notes, local symbols); the others are only in the .symbols file.
TEST_F(Sources, WithoutTheSymbolsFileLocalsAreRedacted) {
    const ExpectedCache facts = facts_of(ios_);
    const TempDir dir;
    copy_ios_to(dir);
    fs::remove(dir.path() / "set" / "dyld_shared_cache_arm64.symbols");
    IndexedStore store;
    store.index(ios_ / "old", "whole");
    store.index(dir.path() / "set", "stripped");
    ASSERT_TRUE(store.ok());
    const ShownImages whole = show_all(store, "whole", facts);
    for (const auto& [path, shown] : show_all(store, "stripped", facts)) {
        SCOPED_TRACE(path);
        check_form(shown);
        check_exports(shown, facts.images.at(path));
        const auto redacted = addresses_of(shown, "redacted");
        EXPECT_TRUE(addresses_of(shown, "local").empty());
        EXPECT_EQ(distinct(redacted), locals_in_first_section(whole.at(path)));
        // Two redacted entries at one address may be told as one or as two, but none is made up.
        const auto& seen = facts.images.at(path).reader_symbols;
        EXPECT_LE(redacted.size(), static_cast<std::size_t>(std::count(seen.begin(), seen.end(), "<redacted>")));
    }
}

TEST_F(Sources, AMissingSubCacheIsNotPassedOver) {
    const TempDir dir;
    copy_ios_to(dir);
    fs::remove(dir.path() / "set" / "dyld_shared_cache_arm64.01");
    expect_not_whole(dir.path() / "set", "dyld_shared_cache_arm64.01");
}

TEST_F(Sources, ASubCacheOfAnotherBuildIsNotMixedIn) {
    const TempDir dir;
    copy_ios_to(dir);
    fs::copy_file(ios_ / "new" / "dyld_shared_cache_arm64.01", dir.path() / "set" / "dyld_shared_cache_arm64.01",
                  fs::copy_options::overwrite_existing);
    expect_not_whole(dir.path() / "set", "dyld_shared_cache_arm64.01");
}

}  // namespace
}  // namespace strata::e2e
