// The arrows between the folders of src/: each includes only folders below it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace strata {
namespace {

namespace fs = std::filesystem;

/// Top first. `record`, `code`, `macho` and `foreign` stand side by side.
constexpr std::array<std::string_view, 12> kLayers{"api",  "report",  "query", "diff", "store",  "extract",
                                                   "dyld", "foreign", "macho", "code", "record", "base"};

const fs::path kSource = fs::path(STRATA_SOURCE_DIR) / "src";

bool may_include(const std::string& from, const std::string& to) {
    if (from == to || to == "strata") return true;
    if (to == "schema") return from == "record";
    const auto beside = [](const std::string& layer) {
        return layer == "foreign" || layer == "macho" || layer == "code" || layer == "record";
    };
    if (beside(from) && beside(to)) return false;
    if (from == "dyld" && to == "foreign") return false;
    const auto place = [](const std::string& layer) { return std::find(kLayers.begin(), kLayers.end(), layer); };
    return place(to) != kLayers.end() && place(from) < place(to);
}

struct Include {
    fs::path file;
    size_t line = 0;
    std::string from;    ///< layer
    std::string target;  ///< as written between the quotes
};

std::vector<Include> quoted_includes() {
    static const std::regex kInclude(R"re(\s*#\s*include\s*"([^"]+)".*)re");
    std::vector<Include> includes;
    for (const auto& entry : fs::recursive_directory_iterator(kSource)) {
        const auto extension = entry.path().extension();
        if (extension != ".h" && extension != ".cpp") continue;
        std::ifstream in(entry.path());
        size_t number = 0;
        for (std::string line; std::getline(in, line);) {
            ++number;
            std::smatch match;
            if (!std::regex_match(line, match, kInclude)) continue;
            includes.push_back({entry.path(), number, fs::relative(entry.path(), kSource).begin()->string(), match[1]});
        }
    }
    return includes;
}

TEST(Layers, EachFolderIncludesOnlyWhatIsBelow) {
    const auto includes = quoted_includes();
    ASSERT_GT(includes.size(), 100U);
    for (const auto& include : includes) {
        const std::string to = include.target.substr(0, include.target.find('/'));
        EXPECT_TRUE(include.target.find('/') != std::string::npos && may_include(include.from, to))
            << include.file << ":" << include.line << ": " << include.from << " includes \"" << include.target << "\"";
    }
}

TEST(Layers, EveryFolderHasItsPlace) {
    for (const auto& entry : fs::directory_iterator(kSource)) {
        if (!entry.is_directory()) continue;
        EXPECT_NE(std::find(kLayers.begin(), kLayers.end(), entry.path().filename().string()), kLayers.end())
            << entry.path();
    }
}

/// The public headers are for those who have no src/ folder.
TEST(Layers, PublicHeadersIncludeOnlyEachOther) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(STRATA_SOURCE_DIR) / "include")) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line);)
            EXPECT_TRUE(line.find("#include \"") == std::string::npos || line.starts_with("#include \"strata/"))
                << entry.path() << ": " << line;
    }
}

}  // namespace
}  // namespace strata
