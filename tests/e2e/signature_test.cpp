// Signed files on disk, from `index` to `show` and `diff`: which changes of a signature are an update, and what is said
// of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "harness.h"
#include "support/fixups_maker.h"
#include "support/macho_maker.h"
#include "support/signature_maker.h"

namespace strata::e2e {
namespace {

struct Signed {
    char uuid = 'u';
    std::string entitlements = "<key>com.apple.security.app-sandbox</key><true/>";
    std::string xcode = "1500";
    std::string malloc_from = "/usr/lib/libSystem.B.dylib";
};

/// A dylib of one text page and a linkedit page with chained fixups and a signature.
std::string image_of(const Signed& what) {
    constexpr uint64_t kPage = 0x4000;
    test::FixupsMaker fixups;
    fixups.imports = {{1, "_malloc"}};
    fixups.segments = {{}, {}};
    test::MadeDirectory directory;
    directory.team = "TEAM1";
    directory.runtime += static_cast<uint32_t>(what.uuid);
    const std::string table = fixups.bytes();
    const std::string signature =
        test::super_blob({{0, directory.bytes()}, {5, test::blob(0xfade7171, test::xml_plist(what.entitlements))}});
    const std::string info = test::xml_plist(
        "<key>CFBundleIdentifier</key><string>x</string><key>DTXcode</key><string>" + what.xcode + "</string>");
    test::MachoMaker maker;
    maker.add_segment("__TEXT", 0, kPage, 0, kPage, {{"__TEXT", "__info_plist", 0x1000, info.size(), 0}});
    maker.add_segment("__LINKEDIT", kPage, kPage, kPage, kPage);
    maker.add_dylib(0xd, "/usr/lib/libsigned.dylib");
    maker.add(0x1b, std::string(16, what.uuid));
    maker.add_dylib(0xc, what.malloc_from);
    maker.add_data(0x80000034, kPage, table.size());
    maker.add_data(0x1d, kPage + 0x1000, signature.size());
    std::string bytes = maker.bytes();
    bytes.resize(2 * kPage, '\0');

    test::put(bytes, 0x1000, info);
    test::put(bytes, kPage, table);
    test::put(bytes, kPage + 0x1000, signature);
    return bytes;
}

class Signatures : public ::testing::Test {
  protected:
    void add(const std::string& name, const Signed& what) {
        const auto folder = dir_.path() / name;
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "tool", std::ios::binary) << image_of(what);
        store_.index(folder, name);
        ASSERT_TRUE(store_.ok());
    }
    Json facts(const std::string& firmware, const char* column) {
        const auto run = store_.run({"show", firmware, "tool", "--json"});
        EXPECT_EQ(run.exit_code, kDone) << describe(run);
        return Json::parse(run.out).at(column);
    }
    Json diff(const std::string& before, const std::string& after) {
        const auto run = store_.run({"diff", before, after, "--format", "json"});
        EXPECT_EQ(run.exit_code, kDone) << describe(run);
        return Json::parse(run.out).at("images").at(0);
    }
    TempDir dir_;
    IndexedStore store_;
};

bool holds(const Json& facts, const Json& fact) {
    return std::find(facts.begin(), facts.end(), fact) != facts.end();
}

TEST_F(Signatures, AreShownAndCompared) {
    add("a", {});
    const Json signature = facts("a", "signature");
    EXPECT_TRUE(holds(signature, {{"owner", "code signature"}, {"name", "identifier"}, {"value", "com.example.tool"}}));
    EXPECT_TRUE(holds(signature, {{"owner", "code signature"}, {"name", "team"}, {"value", "TEAM1"}}));
    EXPECT_TRUE(
        holds(signature, {{"owner", "entitlements"}, {"name", "com.apple.security.app-sandbox"}, {"value", "true"}}));
    EXPECT_TRUE(holds(signature, {{"owner", "info plist"}, {"name", "DTXcode"}, {"value", "\"1500\""}})) << signature;
    EXPECT_EQ(facts("a", "imports"),
              Json::parse(R"([{"owner":"/usr/lib/libSystem.B.dylib","name":"_malloc","value":"bind"}])"));

    Signed rebuilt;
    rebuilt.uuid = 'v';
    rebuilt.xcode = "16000";
    add("b", rebuilt);
    const Json again = diff("a", "b");
    EXPECT_EQ(again.at("status"), "rebuilt") << again;
    EXPECT_TRUE(holds(again.at("changes").at("signature").at("changed"),
                      {{"owner", "info plist"}, {"name", "DTXcode"}, {"old", "\"1500\""}, {"new", "\"16000\""}}))
        << "it is shown all the same";

    Signed freed = rebuilt;
    freed.entitlements = "<key>com.apple.security.cs.allow-jit</key><true/>";
    add("c", freed);
    const Json updated = diff("b", "c");
    EXPECT_EQ(updated.at("status"), "updated");
    EXPECT_EQ(updated.at("changes").at("signature").at("added"),
              Json::parse(R"([{"owner":"entitlements","name":"com.apple.security.cs.allow-jit","value":"true"}])"));

    Signed moved = rebuilt;
    moved.malloc_from = "/usr/lib/libother.dylib";
    add("d", moved);
    EXPECT_EQ(diff("b", "d").at("changes").at("imports").at("added").at(0).at("owner"), "/usr/lib/libother.dylib");
}

}  // namespace
}  // namespace strata::e2e
