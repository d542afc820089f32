// Every fact `strata show` prints about every image of the three old/new pairs, against the facts beside them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "pair_fixture.h"

namespace strata::e2e {
namespace {

using RealCaches = PairTest;

bool is_exported(const Json& symbol) {
    return symbol.value("exported", false);
}
bool is_import(const Json& symbol) {
    return symbol.at("kind") == "import";
}
bool is_local(const Json& symbol) {
    return symbol.at("kind") == "local";
}

/// Names a library offers: its own exports and those of the libraries it re-exports.
void add_offered(const ExpectedCache& cache, const std::string& library, std::set<std::string>& names) {
    const ExpectedImage& image = cache.images.at(library);
    names.insert(image.exports.begin(), image.exports.end());
    for (const auto& d : image.dependencies)
        if (d.kind == "reexport") add_offered(cache, d.name, names);
}

/// The library an import is bound to must be a dependency of the image and offer the name.
void check_import(const Json& symbol, const ExpectedImage& image, const ExpectedCache& cache) {
    const auto name = symbol.at("name").get<std::string>();
    if (image.path == "/usr/lib/libSystem.B.dylib" && name == "_puts") {
        // Its ordinal is 0, "this image": the linker found _puts in libsystem_c, which libSystem re-exports as its own.
        EXPECT_EQ(symbol.value("dylib", image.path), image.path) << symbol;
        return;
    }
    ASSERT_TRUE(symbol.contains("dylib")) << symbol;  // two-level names: every ordinal is in range here
    const auto library = symbol.at("dylib").get<std::string>();
    EXPECT_TRUE(std::any_of(image.dependencies.begin(), image.dependencies.end(), [&](const ExpectedDependency& d) {
        return d.name == library;
    })) << symbol;
    std::set<std::string> offered;
    add_offered(cache, library, offered);
    EXPECT_TRUE(offered.contains(name)) << symbol;
}

void check_weak_definitions(const Json& symbols) {
    for (const auto& symbol : symbols) {
        if (is_local(symbol)) continue;  // hidden C++ functions keep the weak bit, which means nothing for a local
        const bool weak = is_exported(symbol) && is_weak_definition(symbol.at("name").get<std::string>());
        EXPECT_EQ(symbol.value("weak", false), weak) << symbol;
    }
}

TEST_P(RealCaches, FirmwareLines) {
    for (const std::string side : {"old", "new"}) {
        check_firmware_line(pair().store, side, facts(side));
    }
    // osVersion of the cache header says the OS the cache was built for, as the images do.
    const std::string_view major_minor = GetParam().min_os.substr(0, GetParam().min_os.rfind('.'));
    for (const auto& line : json_lines_of(pair().store.run({"list", "--json"})))
        EXPECT_TRUE(line.at("os_version").get<std::string>().starts_with(major_minor)) << line;
}

TEST_P(RealCaches, ImageList) {
    for (const std::string side : {"old", "new"}) {
        SCOPED_TRACE(side);
        check_image_list(pair().store, side, facts(side));
    }
}

TEST_P(RealCaches, IdentityDependenciesAndSections) {
    for_each_image([](const Json& shown, const ExpectedImage& image, const std::string& side) {
        check_form(shown);
        check_identity(shown, image, side);
        check_dependencies(shown, image);
        check_sections(shown, image);
        if (image.segments.empty()) return;
        EXPECT_EQ(image.address, image.segments.at("__TEXT").begin) << "the mach header opens __TEXT";
    });
}

// Locals stand under their real names: none stays redacted where the .symbols file is there.
TEST_P(RealCaches, SymbolsOfEachKind) {
    for_each_image([](const Json& shown, const ExpectedImage& image, const std::string&) {
        const Json& symbols = shown.at("symbols");
        check_exports(shown, image);
        expect_same_members("exported symbols", image.exports, symbol_names(symbols, is_exported));
        expect_same_members("local symbols", image.locals, symbol_names(symbols, is_local));
        expect_same_members("imported symbols", image.imports, symbol_names(symbols, is_import));
        EXPECT_EQ(symbols.size(), image.exports.size() + image.locals.size() + image.imports.size())
            << "a symbol of another kind";
        check_weak_definitions(symbols);
    });
}

// The second witness: ipsw lists the image's own symbol table, `<redacted>` entries included, and then the names of the
// .symbols file. A symbol table name with a '.' has lost its '_' on the way; the .symbols names, which are all the
// locals of such a cache, have not.
TEST_P(RealCaches, SymbolsAsAnotherReaderSeesThem) {
    for_each_image([this](const Json& shown, const ExpectedImage& image, const std::string& side) {
        std::vector<std::string> want;
        for (const auto& name : image.reader_symbols) {
            if (name != "<redacted>") want.push_back(name);
        }
        std::vector<std::string> got;
        for (const auto& symbol : shown.at("symbols")) {
            const auto name = symbol.at("name").get<std::string>();
            const bool from_symbols_file = facts(side).locals_are_unmapped && is_local(symbol);
            got.push_back(from_symbols_file ? name : as_ipsw_reads(name));
        }
        expect_same_members("symbols as ipsw reads them", want, got);
    });
}

TEST_P(RealCaches, ImportsNameALibraryThatOffersThem) {
    for_each_image([this](const Json& shown, const ExpectedImage& image, const std::string& side) {
        for (const auto& symbol : shown.at("symbols")) {
            if (is_import(symbol)) check_import(symbol, image, facts(side));
        }
    });
}

// ipsw's list of strings is the union, section by section, of the literal sections' strings and of the CFStrings, and
// it leaves out what cannot be printed. All strings here are printable, so value and multiplicity must be equal.
TEST_P(RealCaches, FunctionsAndStrings) {
    for_each_image([](const Json& shown, const ExpectedImage& image, const std::string&) {
        check_functions(shown, image);
        for (const auto& function : shown.at("functions"))
            EXPECT_FALSE(function.value("name", "").empty())
                << "no function of these libraries is nameless: " << function;
        check_strings(shown, image);
        std::set<std::string> sections;
        for (const auto& s : image.sections) sections.insert(s.segment + "," + s.section);
        for (const auto& s : shown.at("strings"))
            EXPECT_TRUE(sections.contains(s.at("section").get<std::string>())) << s;
    });
}

INSTANTIATE_TEST_SUITE_P(Pairs, RealCaches, ::testing::ValuesIn(kPairSets), pair_name);

}  // namespace
}  // namespace strata::e2e
