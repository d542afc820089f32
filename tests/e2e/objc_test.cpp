// Objective-C of the real caches: every class, method, ivar, property and protocol of the rizin set as its
// expected.json lists them, and of the pairs as the linker's symbols name them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include "pair_fixture.h"

namespace strata::e2e {
namespace {

using Names = std::vector<std::string>;

std::string fact(const std::string& owner, const std::string& name, const Json& value) {
    return owner + " | " + name + " | " + (value.is_null() ? "" : value.get<std::string>());
}

Names shown_facts(const Json& facts) {
    Names all;
    for (const auto& f : facts) all.push_back(fact(f.value("owner", ""), f.value("name", ""), f.value("value", "")));
    return all;
}

void add_methods(const std::string& owner, const std::string& prefix, const Json& item, const char* key, Names& out) {
    if (!item.contains(key)) return;
    for (const auto& method : item.at(key))
        out.push_back(fact(owner, prefix + method.at("name").get<std::string>(), method.at("types")));
}

void add_properties(const std::string& owner, const std::string& prefix, const Json& item, const char* key,
                    Names& out) {
    if (!item.contains(key)) return;
    for (const auto& property : item.at(key))
        out.push_back(fact(owner, prefix + property.at("name").get<std::string>(), property.at("attributes")));
}

/// What expected.json says of one class or protocol.
void add_item(const std::string& owner, const Json& item, Names& out) {
    out.push_back(fact(owner, "", item.value("super", Json())));
    add_methods(owner, "-", item, "instanceMethods", out);
    add_methods(owner, "+", item, "classMethods", out);
    add_methods(owner, "optional -", item, "optInstanceMethods", out);
    add_methods(owner, "optional +", item, "optClassMethods", out);
    add_properties(owner, "property ", item, "properties", out);
    add_properties(owner, "class property ", item, "classProperties", out);
    for (const auto& protocol : item.at("protocols"))
        out.push_back(fact(owner, "protocol " + protocol.get<std::string>(), ""));
    if (!item.contains("ivars")) return;
    for (const auto& ivar : item.at("ivars"))
        out.push_back(fact(owner, "ivar " + ivar.at("name").get<std::string>(), ivar.at("type")));
}

TEST(ObjcOfRizin, EveryClassAndProtocol) {
    const auto caches = caches_dir();
    if (!caches) GTEST_SKIP() << kNoData;
    const auto folder = *caches / "rizin-macos11-arm64-objc";
    IndexedStore store;
    store.index(folder / "dyld_shared_cache_arm64", "rizin");
    ASSERT_TRUE(store.ok());
    const Json expected = Json::parse(read_file(folder / "expected.json"));
    size_t items = 0;
    for (const auto& image : expected.at("images")) {
        const auto path = image.at("path").get<std::string>();
        SCOPED_TRACE(path);
        Names want;
        const Json& objc = image.at("objc");
        for (const auto& c : objc.at("classes")) add_item("class " + c.at("name").get<std::string>(), c, want);
        for (const auto& p : objc.at("protocols")) add_item("protocol " + p.at("name").get<std::string>(), p, want);
        ASSERT_TRUE(objc.at("categories").empty()) << "there are none in this cache";
        items += objc.at("classes").size() + objc.at("protocols").size();
        expect_same_members("objc", want,
                            shown_facts(json_of(store.run({"show", "rizin", path, "--json"})).at("objc")));
    }
    EXPECT_EQ(items, 7U);
}

/// Where the builder of the rizin set left the selectors of an image whose own section it emptied: [begin, end) of the
/// strings that the image's selector references lead to, which in this set lie together.
std::pair<uint64_t, uint64_t> pooled_selectors(const Json& image) {
    const auto number = [](const Json& text) { return std::stoull(text.get<std::string>(), nullptr, 16); };
    uint64_t begin = UINT64_MAX;
    uint64_t end = 0;
    for (const auto& reference : image.at("objc").at("selrefs")) {
        const uint64_t at = number(reference[1]);
        begin = std::min(begin, at);
        end = std::max(end, at + reference[2].get<std::string>().size() + 1);
    }
    return {begin, end};
}

/// The set as it was before the builder emptied the image's section of selectors: its own bytes, put back into the
/// unused room behind the image's load commands, and a section header that says so.
std::string with_selectors_of_its_own(std::string cache, const Json& image) {
    constexpr uint64_t kBase = 0x180000000;  // the first mapping begins the file
    const auto [begin, end] = pooled_selectors(image);
    const auto header = image.at("file_offset_of_mach_header").get<size_t>();
    const size_t room = (header + 32 + image.at("mach_header").at("sizeofcmds").get<size_t>() + 15) / 16 * 16;
    const std::string selectors = cache.substr(begin - kBase, end - begin);
    EXPECT_EQ(cache.substr(room, selectors.size()).find_first_not_of('\0'), std::string::npos);
    cache.replace(room, selectors.size(), selectors);
    const size_t section = cache.find(std::string("__objc_methname\0__TEXT\0", 23), header);
    EXPECT_NE(section, std::string::npos);
    const auto put = [&](size_t place, uint64_t value, size_t size) {
        for (size_t i = 0; i < size; ++i) cache[place + i] = static_cast<char>(value >> (8 * i));
    };
    put(section + 32, kBase + room, 8);  // addr
    put(section + 40, end - begin, 8);   // size
    put(section + 48, room, 4);          // offset
    put(0x58, 0x1234, 8);                // the cache's uuid: other content
    return cache;
}

// Strings that the cache builder took are told as moved to the pool, in both directions, and nothing else is said.
TEST(ObjcOfRizin, TheBuildersPoolIsNoRemoval) {
    const auto caches = caches_dir();
    if (!caches) GTEST_SKIP() << kNoData;
    const auto folder = *caches / "rizin-macos11-arm64-objc";
    const Json expected = Json::parse(read_file(folder / "expected.json"));
    const std::string path = "/usr/lib/libhello-1.0.dylib";
    const auto image = std::find_if(expected.at("images").begin(), expected.at("images").end(),
                                    [&](const Json& i) { return i.at("path") == path; });
    ASSERT_NE(image, expected.at("images").end());
    const TempDir dir;
    std::ofstream(dir / "dyld_shared_cache_arm64", std::ios::binary)
        << with_selectors_of_its_own(read_file(folder / "dyld_shared_cache_arm64"), *image);
    IndexedStore store;
    store.index(dir / "dyld_shared_cache_arm64", "own");
    store.index(folder / "dyld_shared_cache_arm64", "pooled");
    ASSERT_TRUE(store.ok());
    const size_t selectors = image->at("objc").at("selrefs").size();
    for (const bool emptied : {true, false}) {
        const std::string old = emptied ? "own" : "pooled";
        const std::string now = emptied ? "pooled" : "own";
        const auto lines = json_lines_of(store.run({"diff", old, now, "--format", "jsonl"}));
        ASSERT_EQ(lines.size(), 3U) << "one image differs";
        EXPECT_EQ(lines[1].at("path"), path);
        EXPECT_EQ(lines[1].at("status"), "rebuilt");
        EXPECT_FALSE(lines[1].at("changes").contains("strings")) << lines[1];
        const auto& moved = lines[1].at("changes").at("shared_pool").at(emptied ? "to" : "from");
        ASSERT_EQ(moved.size(), 1U);
        EXPECT_EQ(moved[0].at("section"), "__objc_methname");
        EXPECT_EQ(moved[0].at("strings"), selectors);
        EXPECT_EQ(lines[1].at("suppressed").at("shared-pool"), selectors + 1) << "and the section";
        const auto text = store.run({"diff", old, now}).out;
        EXPECT_NE(text.find(emptied ? "moved to the shared pool" : "moved back from the shared pool"),
                  std::string::npos)
            << text;
        const auto all = json_lines_of(store.run({"diff", old, now, "--format", "jsonl", "--rule", "-shared-pool"}));
        EXPECT_EQ(all[1].at("changes").at("strings").at(emptied ? "removed" : "added").size(), selectors);
    }
}

/// Symbols that the compiler makes of Objective-C: its own account of what is in an image.
struct Symbols {
    std::set<std::string> classes;
    std::set<std::string> protocols;
    std::set<std::string> ivars;    ///< "Class.ivar"
    std::set<std::string> methods;  ///< "Class -sel:"; the linker merges categories into classes of their own image

    explicit Symbols(const ExpectedImage& image) {
        for (const Names* names : {&image.exports, &image.locals})
            for (const auto& name : *names) add(name);
    }

    void add(const std::string& symbol) {
        static const std::regex kMethod("([-+])\\[(\\w+)(?:\\(\\w+\\))? ([\\w:]+)\\]");
        const auto after = [&](std::string_view prefix, std::set<std::string>& to) {
            if (symbol.starts_with(prefix)) to.insert(symbol.substr(prefix.size()));
        };
        after("_OBJC_CLASS_$_", classes);
        after("__OBJC_PROTOCOL_$_", protocols);
        after("_OBJC_IVAR_$_", ivars);
        std::smatch parts;
        if (std::regex_match(symbol, parts, kMethod))
            methods.insert(parts[2].str() + " " + parts[1].str() + parts[3].str());
    }
};

/// The same from shown facts.
struct Facts {
    std::set<std::string> classes, protocols, ivars, methods;

    explicit Facts(const Json& facts) {
        for (const auto& f : facts) {
            auto owner = f.at("owner").get<std::string>();
            const auto name = f.value("name", "");
            const bool is_class = owner.starts_with("class ");
            if (owner.starts_with("protocol ")) {
                if (name.empty()) protocols.insert(owner.substr(9));
                continue;
            }
            EXPECT_TRUE(is_class || owner.starts_with("category ")) << f;
            owner = is_class ? owner.substr(6) : owner.substr(9, owner.find('(') - 9);
            if (is_class && name.empty()) classes.insert(owner);
            if (name.starts_with("ivar ")) ivars.insert(owner + "." + name.substr(5));
            if (name.starts_with('-') || name.starts_with('+')) methods.insert(owner + " " + name);
        }
    }
};

Names list(const std::set<std::string>& names) {
    return {names.begin(), names.end()};
}

using ObjcOfPairs = PairTest;

TEST_P(ObjcOfPairs, ClassesProtocolsIvarsAndMethods) {
    size_t methods = 0;
    for_each_image([&](const Json& shown, const ExpectedImage& image, const std::string&) {
        const Symbols want(image);
        const Facts got(shown.at("objc"));
        expect_same_members("classes", list(want.classes), list(got.classes));
        expect_same_members("protocols", list(want.protocols), list(got.protocols));
        expect_same_members("ivars", list(want.ivars), list(got.ivars));
        expect_same_members("methods", list(want.methods), list(got.methods));
        methods += want.methods.size();
        EXPECT_TRUE(shown.at("swift").empty());
    });
    EXPECT_GT(methods, 80U) << "the facts must name some";
}

TEST_P(ObjcOfPairs, SuperclassesAndTypesOfTheZoo) {
    for_each_image([&](const Json& shown, const ExpectedImage& image, const std::string& side) {
        if (!image.path.ends_with("/Zoo")) return;
        const auto facts = shown_facts(shown.at("objc"));
        const std::set<std::string> all(facts.begin(), facts.end());
        for (const std::string want :
             {"class ZooAnimal |  | NSObject", "class ZooDog |  | ZooAnimal",
              "class ZooAnimal | protocol ZooFeeding | ", "class ZooAnimal | ivar _pos | {?=\"a\"i\"b\"f}",
              "class ZooAnimal | property weight | Td,R,V_weight", "class ZooAnimal | +animalNamed: | @24@0:8@16",
              "category NSString(ZooNames) |  | ", "category NSString(ZooNames) | -isAnimalName | c16@0:8",
              "protocol ZooFeeding | protocol NSObject | ", "protocol ZooFeeding | optional -diet | @16@0:8",
              "protocol ZooNaming | +animalNamed: | @24@0:8@16"})
            EXPECT_TRUE(all.contains(want)) << side << ": " << want;
    });
}

// Of NSObject's methods, those that Foundation's category adds are not libobjc's, though the cache builder attached
// them to its class.
TEST_P(ObjcOfPairs, AttachedCategoriesStayWhereTheyAre) {
    for_each_image([&](const Json& shown, const ExpectedImage& image, const std::string&) {
        const Facts got(shown.at("objc"));
        EXPECT_EQ(got.methods.contains("NSObject -debugDescription"), image.path.ends_with("/Foundation"));
    });
}

TEST_P(ObjcOfPairs, TheDiffNamesWhatWasAddedAndRemoved) {
    const auto lines = json_lines_of(pair().store.run({"diff", "old", "new", "--format", "jsonl"}));
    size_t changes = 0;
    for (const auto& line : lines) {
        if (line.at("type") != "image" || line.at("status") == "added" || line.at("status") == "removed") continue;
        const auto path = line.at("path").get<std::string>();
        SCOPED_TRACE(path);
        const Symbols old(pair().old_facts.images.at(path));
        const Symbols now(pair().new_facts.images.at(path));
        const Json objc = line.value("changes", Json::object()).value("objc", Json::object());
        const Facts added(objc.value("added", Json::array()));
        const Facts removed(objc.value("removed", Json::array()));
        const auto only_in = [](const std::set<std::string>& a, const std::set<std::string>& b) {
            Names rest;
            std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
            return rest;
        };
        expect_same_members("classes added", only_in(now.classes, old.classes), list(added.classes));
        expect_same_members("methods added", only_in(now.methods, old.methods), list(added.methods));
        expect_same_members("methods removed", only_in(old.methods, now.methods), list(removed.methods));
        expect_same_members("ivars added", only_in(now.ivars, old.ivars), list(added.ivars));
        expect_same_members("ivars removed", only_in(old.ivars, now.ivars), list(removed.ivars));
        changes += added.methods.size() + removed.methods.size();
    }
    EXPECT_EQ(changes, 7U) << "NSData's 2, ZooBird's 2, ZooCat's 2, ZooDog's 1";
}

INSTANTIATE_TEST_SUITE_P(Pairs, ObjcOfPairs, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
