// The reader against files made by LLVM's yaml2obj: someone else's idea of the format.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "macho/exports.h"
#include "macho/function_starts.h"
#include "macho/image.h"
#include "macho/strings.h"
#include "macho/symbols.h"
#include "support/memory_space.h"
#include "support/temp_dir.h"

namespace strata::macho {
namespace {

/// Turns yaml/NAME into an image; the YAML files put file offset X at address kProgramBase + X.
constexpr uint64_t kProgramBase = 0x100000000;

class Yaml : public ::testing::Test {
  protected:
    void SetUp() override {
        if (std::string_view(STRATA_YAML2OBJ).empty()) GTEST_SKIP() << "skipped: LLVM's yaml2obj is not installed";
    }

    Image read(const std::string& name, uint64_t base = kProgramBase) {
        const std::string object = (dir_ / "object").string();
        const std::string command =
            std::string(STRATA_YAML2OBJ) + " '" + STRATA_YAML_DIR + "/" + name + "' -o '" + object + "'";
        if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot run: " + command);
        space_.map(base, test::read_file(object));
        return read_image(space_, base);
    }

    test::TempDir dir_;
    test::MemorySpace space_;
};

std::vector<std::string> names_of(const Image& image) {
    std::vector<std::string> names;
    const SymbolTable table(image.nlists, image.string_pool, image.is_64);
    for (uint64_t i = 0; i < table.size(); ++i) names.emplace_back(table[i].name);
    return names;
}

TEST_F(Yaml, Dylib64) {
    const Image image = read("dylib64.yaml");
    EXPECT_EQ(image.file_type, 6U);
    ASSERT_EQ(image.segments.size(), 2U);
    EXPECT_EQ(image.segments[0].name, "__TEXT");
    EXPECT_EQ(image.segments[0].size, 0x1000U);
    EXPECT_EQ(image.segments[1].name, "__LINKEDIT");
    ASSERT_EQ(image.sections.size(), 2U);
    EXPECT_EQ(image.sections[0].name, "__text");
    EXPECT_TRUE(image.sections[0].holds_code());
    EXPECT_EQ(image.sections[1].name, "__cstring");
    EXPECT_EQ(image.install_name, "/usr/lib/libwitness.dylib");
    ASSERT_EQ(image.dependencies.size(), 2U);
    EXPECT_EQ(image.dependencies[0].name, "/usr/lib/libSystem.B.dylib");
    EXPECT_EQ(image.dependencies[0].current_version, 0x04c70000U);
    EXPECT_EQ(image.dependencies[1].kind, DependencyKind::kWeak);
    EXPECT_EQ(image.platform, 1U);
    EXPECT_EQ(image.min_os, 0x000b0000U);
    EXPECT_EQ(image.source_version, uint64_t{77} << 40);
    ASSERT_TRUE(image.uuid);
    EXPECT_EQ((*image.uuid)[0], 0xa0);
    EXPECT_EQ((*image.uuid)[15], 0xaf);
    EXPECT_EQ(names_of(image), (std::vector<std::string>{"_local", "_exported", "_imported"}));
    const SymbolTable table(image.nlists, image.string_pool, true);
    EXPECT_EQ(table[1].value, kProgramBase + 0xf10);
    EXPECT_EQ(table[2].library_ordinal(), 1U);
}

TEST_F(Yaml, Dylib64Strings) {
    const Image image = read("dylib64.yaml");
    std::vector<std::string> strings;
    walk_c_strings(space_.at(image.sections[1].address, image.sections[1].size, "strings"),
                   [&](std::string_view value) { strings.emplace_back(value); });
    EXPECT_EQ(strings, (std::vector<std::string>{"hello", "witness"}));
}

TEST_F(Yaml, ExportsTrie) {
    const Image image = read("exports.yaml");
    std::set<std::string> names;
    walk_exports(image.exports_trie, [&](const ExportEntry& entry) {
        names.emplace(entry.name);
        EXPECT_EQ(entry.value, entry.name == "_main" ? 0xf80U : 0U);
    });
    EXPECT_EQ(names, (std::set<std::string>{"__mh_execute_header", "_main"}));
}

TEST_F(Yaml, Object32) {
    const Image image = read("object32.yaml", 0x4000);
    EXPECT_FALSE(image.is_64);
    EXPECT_EQ(image.cpu_type, 12U);
    ASSERT_EQ(image.segments.size(), 2U);
    EXPECT_EQ(image.segments[0].address, 0x4000U);
    ASSERT_EQ(image.sections.size(), 1U);
    EXPECT_EQ(image.sections[0].address, 0x4f00U);
    EXPECT_EQ(names_of(image), (std::vector<std::string>{"_thumb"}));
    ASSERT_EQ(image.dependencies.size(), 1U);
    EXPECT_EQ(image.dependencies[0].kind, DependencyKind::kReexport);
}

}  // namespace
}  // namespace strata::macho
