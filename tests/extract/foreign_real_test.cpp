// Programs and libraries of the system the tests run on, and Windows programs that happen to be there (Python's pip
// brings some): what is stored of them against what LLVM's readers print.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "foreign_reading.h"
#include "macho/other_formats.h"

namespace strata::extract {
namespace {

namespace fs = std::filesystem;
using foreign::Format;
using record::SymbolKind;

// Enough to meet every linker and language, few enough to take a second or two. All with STRATA_TEST_ALL=1.
constexpr size_t kElfFiles = 30;
constexpr size_t kPeFiles = 12;
constexpr uintmax_t kLargest = 8U << 20;

bool test_all() {
    return std::getenv("STRATA_TEST_ALL") != nullptr;
}

std::string output_of(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run: " + command);
    std::string text;
    char buffer[65536];
    for (size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
    ::pclose(pipe);
    return text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string quoted(const fs::path& path) {
    return "'" + path.string() + "'";
}

/// Regular files below these folders that start with `magic`, spread evenly over what is there.
std::vector<fs::path> files_with(const std::vector<fs::path>& roots, std::string_view magic, size_t most, int deepest,
                                 std::string_view extension = {}) {
    std::vector<fs::path> found;
    for (const auto& root : roots) {
        std::error_code error;
        for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error), end;
             !error && at != end; at.increment(error)) {
            if (at.depth() >= deepest) at.disable_recursion_pending();
            if (!at->is_regular_file(error) || at->is_symlink(error) || at->file_size(error) > kLargest) continue;
            if (!extension.empty() && at->path().extension() != extension) continue;
            std::ifstream in(at->path(), std::ios::binary);
            std::string start(magic.size(), '\0');
            if (in.read(start.data(), static_cast<std::streamsize>(start.size())) && start == magic)
                found.push_back(at->path());
        }
    }
    std::sort(found.begin(), found.end());
    if (test_all() || found.size() <= most) return found;
    std::vector<fs::path> some;
    for (size_t i = 0; i < most; ++i) some.push_back(found[i * found.size() / most]);
    return some;
}

/// A line of `llvm-readelf --symbols`.
struct ListedSymbol {
    uint64_t value = 0;
    uint64_t size = 0;
    std::string type;
    std::string binding;
    std::string section;
    std::string name;
    bool dynamic = false;
};

std::vector<ListedSymbol> listed_symbols(const fs::path& file) {
    std::vector<ListedSymbol> symbols;
    bool dynamic = false;
    for (const auto& line : lines_of(
             output_of(std::string(STRATA_READELF) + " -W --symbols --dyn-syms " + quoted(file) + " 2>/dev/null"))) {
        if (line.starts_with("Symbol table")) dynamic = line.find(".dynsym") != std::string::npos;
        std::istringstream in(line);
        std::string number;
        std::string visibility;
        ListedSymbol symbol;
        std::string value;
        std::string size;
        if (!(in >> number >> value >> size >> symbol.type >> symbol.binding >> visibility >> symbol.section)) continue;
        if (number.empty() || number.back() != ':' || number == "Num:") continue;
        in >> symbol.name;
        symbol.value = std::stoull(value, nullptr, 16);
        symbol.size = std::stoull(size, nullptr, 0);
        symbol.dynamic = dynamic;
        symbols.push_back(symbol);
    }
    return symbols;
}

bool is_marker(const std::string& name) {
    return name.size() >= 2 && name[0] == '$' && std::string("adtx").find(name[1]) != std::string::npos &&
           (name.size() == 2 || name[2] == '.');
}

/// "name", as strata keeps it: without its version, but for old versions of what the file defines. (A variable copied
/// from a library is listed with the version it had there.)
std::string plain_name(const ListedSymbol& symbol, const std::set<std::string>& defined_versions) {
    const size_t at = symbol.name.find('@');
    if (at == std::string::npos || at == 0) return symbol.name;
    const bool is_default = symbol.name.compare(at, 2, "@@") == 0;
    const bool kept = symbol.section != "UND" && !is_default && defined_versions.contains(symbol.name.substr(at + 1));
    return kept ? symbol.name : symbol.name.substr(0, at);
}

class RealElf : public ::testing::Test {
  protected:
    void compare(const fs::path& file) {
        SCOPED_TRACE(file.string());
        const auto facts = read_foreign(Format::kElf, file);
        compare_symbols(file, *facts);
        compare_sections(file, *facts);
        compare_dynamic(file, *facts);
        ++files_;
    }

    void compare_symbols(const fs::path& file, ForeignFacts& facts) {
        std::set<std::string> expected;
        std::map<uint64_t, uint64_t> functions;
        std::set<std::string> versions;
        for (const auto& [command, text] : facts.details())
            if (command == macho::kElfDefinedVersion) versions.insert(text);
        for (const auto& symbol : listed_symbols(file)) {
            if (symbol.name.empty() || symbol.type == "SECTION" || symbol.type == "FILE" || is_marker(symbol.name))
                continue;
            const bool import = symbol.section == "UND" || symbol.section == "COM";
            std::string line = plain_name(symbol, versions) + (import ? " import" : "");
            if (!import && symbol.type != "TLS") line += " " + base::hex(symbol.value);
            expected.insert(line);
            if ((symbol.type == "FUNC" || symbol.type == "IFUNC") && !import && symbol.section != "ABS")
                functions[symbol.value] = std::max(functions[symbol.value], symbol.size);
        }
        std::set<std::string> stored;
        for (const auto& symbol : facts.symbols) {
            const bool import = symbol.kind == SymbolKind::kImport;
            std::string line = symbol.name + (import ? " import" : "");
            const std::string placed = import ? line : line + " " + base::hex(facts.address_of(symbol.place));
            // Thread-local symbols are listed without a place, by their offset.
            stored.insert(import || (!expected.contains(placed) && expected.contains(line)) ? line : placed);
        }
        for (const auto& line : expected) EXPECT_TRUE(stored.contains(line)) << "missing: " << line;
        for (const auto& line : stored) EXPECT_TRUE(expected.contains(line)) << "too much: " << line;
        std::erase_if(functions, [](const auto& function) { return function.second == 0; });
        auto found = facts.functions();
        for (const auto& [address, size] : functions)
            EXPECT_EQ(found[address], size) << "function at " << base::hex(address);
        symbols_ += expected.size();
        functions_ += functions.size();
    }

    void compare_sections(const fs::path& file, const ForeignFacts& facts) {
        std::vector<std::string> expected;
        for (const auto& line : lines_of(output_of(std::string(STRATA_READOBJ) + " --sections " + quoted(file)))) {
            const size_t colon = line.find(": ");
            if (colon == std::string::npos) continue;
            const std::string key = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
            const std::string value = line.substr(colon + 2);
            if (key == "Name") expected.push_back(value.substr(0, value.rfind(" (")));
            if (key == "Address" || key == "Size")
                expected.back() += " " + std::to_string(std::stoull(value, nullptr, 0));
        }
        if (!expected.empty()) expected.erase(expected.begin());  // the empty one
        std::vector<std::string> stored;
        for (size_t i = 0; i < facts.layout.sections.size(); ++i) {
            const auto& section = facts.layout.sections[i];
            stored.push_back(std::string(section.name) + " " + std::to_string(facts.head.section_addresses[i]) + " " +
                             std::to_string(section.size));
        }
        EXPECT_EQ(stored, expected);
    }

    static std::string between(const std::string& line, const char* before, const char* after) {
        const size_t begin = line.find(before);
        if (begin == std::string::npos) return {};
        const size_t start = begin + std::string_view(before).size();
        return line.substr(start, line.find(after, start) - start);
    }

    void compare_dynamic(const fs::path& file, const ForeignFacts& facts) {
        std::vector<std::string> needed;
        std::string name;
        for (const auto& line : lines_of(output_of(std::string(STRATA_READELF) + " -d " + quoted(file)))) {
            if (line.find("(NEEDED)") != std::string::npos) needed.push_back(between(line, "[", "]"));
            if (line.find("(SONAME)") != std::string::npos) name = between(line, "[", "]");
        }
        std::vector<std::string> stored;
        for (const auto& dependency : facts.layout.dependencies) stored.emplace_back(dependency.name);
        EXPECT_EQ(stored, needed);
        EXPECT_EQ(facts.layout.install_name, name);
        std::string build_id;
        for (const auto& line :
             lines_of(output_of(std::string(STRATA_READELF) + " -n " + quoted(file) + " 2>/dev/null")))
            if (line.find("Build ID: ") != std::string::npos && build_id.empty())
                build_id = between(line, "Build ID: ", "\n");
        std::string uuid;
        for (const char byte : facts.head.uuid) {
            char text[3];
            std::snprintf(text, sizeof text, "%02x", static_cast<unsigned>(static_cast<uint8_t>(byte)));
            uuid += text;
        }
        if (!build_id.empty()) build_id.resize(32, '0');
        EXPECT_EQ(uuid, build_id);
    }

    size_t files_ = 0;
    size_t symbols_ = 0;
    size_t functions_ = 0;
};

TEST_F(RealElf, LlvmSeesTheSame) {
    if (std::string_view(STRATA_READELF).empty()) GTEST_SKIP() << "skipped: llvm-readelf is not installed";
    const auto files = files_with({"/usr/bin", "/usr/lib"},
                                  "\x7f"
                                  "ELF",
                                  kElfFiles, 1);
    if (files.empty()) GTEST_SKIP() << "skipped: no ELF files here";
    // Objects have no addresses but those that strata gives them (foreign_made_test.cpp looks at those).
    for (const auto& file : files)
        if (file.extension() != ".o" && file.extension() != ".a") compare(file);
    // What the tests themselves are made of has symbols of every sort.
    compare(STRATA_BIN);
    compare(fs::canonical("/proc/self/exe"));
    std::printf("%zu files, %zu symbols, %zu functions\n", files_, symbols_, functions_);
    EXPECT_GT(symbols_, 1000U);
}

class RealPe : public ::testing::Test {
  protected:
    void compare(const fs::path& file) {
        SCOPED_TRACE(file.string());
        const auto facts = read_foreign(Format::kPe, file);
        std::set<std::string> libraries;
        std::set<std::string> imports;
        std::string library;
        std::string guid;
        std::vector<std::string> sections;
        const std::string text =
            output_of(std::string(STRATA_READOBJ) + " --sections --coff-imports --coff-debug-directory " +
                      quoted(file) + " 2>&1");
        enum class In { kNothing, kSection, kImport } in = In::kNothing;
        for (const auto& line : lines_of(text)) {
            const size_t start = std::min(line.find_first_not_of(' '), line.size());
            if (line.substr(start) == "Section {") in = In::kSection;
            if (line.substr(start) == "Import {") in = In::kImport;
            const size_t colon = line.find(": ");
            if (colon == std::string::npos) continue;
            const std::string key = line.substr(start, colon - start);
            const std::string value = line.substr(colon + 2);
            if (key == "Name" && in == In::kSection) sections.push_back(value.substr(0, value.rfind(" (")));
            if (key == "Name" && in == In::kImport) libraries.insert(library = value);
            if (key == "VirtualSize" && in == In::kSection) sections.back() += " " + value;
            if (key == "Symbol" && in == In::kImport) imports.insert(library + " " + import_name(value));
            if (key == "PDBGUID") guid = value;
        }
        std::set<std::string> stored_libraries;
        for (const auto& dependency : facts->layout.dependencies) stored_libraries.emplace(dependency.name);
        EXPECT_EQ(stored_libraries, libraries);
        std::set<std::string> stored;
        for (const auto& symbol : facts->symbols)
            if (symbol.kind == SymbolKind::kImport && !symbol.dylib.empty())
                stored.insert(symbol.dylib + " " + symbol.name);
        EXPECT_EQ(stored, imports);
        std::vector<std::string> stored_sections;
        for (const auto& section : facts->layout.sections) {
            char size[32];
            std::snprintf(size, sizeof size, "0x%llX", static_cast<unsigned long long>(section.size));
            stored_sections.push_back(std::string(section.name) + " " + size);
        }
        EXPECT_EQ(stored_sections, sections);
        if (!guid.empty()) {
            const std::string stored_guid = digits_of(base::uuid_text(facts->head.uuid));
            const std::string printed = digits_of(guid);
            EXPECT_TRUE(stored_guid == printed || stored_guid == swapped(printed)) << stored_guid << " " << printed;
        }
        imports_ += imports.size();
    }

    /// "GetLastError (123)", " (7)" for an ordinal.
    static std::string import_name(const std::string& value) {
        const size_t paren = value.rfind(" (");
        if (paren == std::string::npos) return value;
        const std::string name = value.substr(0, paren);
        return name.empty() ? "#" + value.substr(paren + 2, value.size() - paren - 3) : name;
    }

    /// Digits only; LLVM 14 prints the bytes as they lie, newer ones as Windows does: the first three parts are
    /// numbers.
    static std::string digits_of(const std::string& text) {
        std::string digits;
        for (const char c : text)
            if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
        return digits;
    }
    static std::string swapped(const std::string& digits) {
        std::string text;
        for (const size_t i : {3U, 2U, 1U, 0U, 5U, 4U, 7U, 6U}) text += digits.substr(i * 2, 2);
        return text + digits.substr(16);
    }

    size_t imports_ = 0;
};

TEST_F(RealPe, LlvmSeesTheSame) {
    if (std::string_view(STRATA_READOBJ).empty()) GTEST_SKIP() << "skipped: llvm-readobj is not installed";
    std::vector<fs::path> roots{"/usr/lib/python3", "/usr/share/python-wheels"};
    if (const char* more = std::getenv("STRATA_TEST_PE")) roots = {more};
    auto files = files_with(roots, "MZ", kPeFiles, 99, ".exe");
    const auto libraries = files_with(roots, "MZ", kPeFiles, 99, ".dll");
    files.insert(files.end(), libraries.begin(), libraries.end());
    if (files.empty()) GTEST_SKIP() << "skipped: no Windows programs here (set STRATA_TEST_PE to a folder of some)";
    for (const auto& file : files) compare(file);
    std::printf("%zu files, %zu imports\n", files.size(), imports_);
}

}  // namespace
}  // namespace strata::extract
