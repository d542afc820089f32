#include "show_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <tuple>

namespace strata::e2e {
namespace {

void list_some(std::ostream& out, std::string_view heading, const std::vector<std::string>& items) {
    constexpr std::size_t kEnough = 12;
    if (items.empty()) return;
    out << "\n  " << heading << " (" << items.size() << "):";
    for (std::size_t i = 0; i < std::min(items.size(), kEnough); ++i) out << "\n    " << items[i];
    if (items.size() > kEnough) out << "\n    ...";
}

std::string in_hex(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return text.str();
}

bool holds(const Json& section, std::uint64_t address) {
    const auto begin = section.at("address").get<std::uint64_t>();
    return address >= begin && address - begin < section.at("size").get<std::uint64_t>();
}

/// Distance to the next start or to the end of the section that holds the start, whichever is nearer.
std::uint64_t function_size(const Json& sections, const std::vector<std::uint64_t>& starts, std::size_t i) {
    std::uint64_t end = i + 1 < starts.size() ? starts[i + 1] : starts[i];
    for (const auto& section : sections) {
        if (!holds(section, starts[i])) continue;
        const std::uint64_t section_end =
            section.at("address").get<std::uint64_t>() + section.at("size").get<std::uint64_t>();
        end = i + 1 < starts.size() ? std::min(end, section_end) : section_end;
    }
    return end - starts[i];
}

bool has_address_of_code_or_data(const Json& symbol) {
    static const std::set<std::string> kKinds = {"export", "weak", "local"};
    return kKinds.contains(symbol.at("kind").get<std::string>());
}

void check_symbol_form(const Json& symbol) {
    static const std::set<std::string> kKinds = {"export", "reexport", "weak",    "local",
                                                 "import", "absolute", "redacted"};
    const auto kind = symbol.at("kind").get<std::string>();
    EXPECT_TRUE(kKinds.contains(kind)) << symbol;
    EXPECT_EQ(symbol.contains("address"), kind != "import" && kind != "reexport") << symbol;
    const bool exported = symbol.value("exported", false);
    if (kind == "export" || kind == "reexport" || kind == "weak") {
        EXPECT_TRUE(exported) << symbol;
    }
    if (kind == "local" || kind == "import" || kind == "redacted") {
        EXPECT_FALSE(exported) << symbol;
    }
    if (kind == "weak") {
        EXPECT_TRUE(symbol.value("weak", false)) << symbol;
    }
    EXPECT_EQ(kind == "redacted", symbol.at("name") == "<redacted>") << symbol;
}

void check_symbols_once(const Json& symbols) {
    std::set<std::tuple<std::string, std::uint64_t>> seen;
    std::string last;
    for (const auto& symbol : symbols) {
        check_symbol_form(symbol);
        const auto name = symbol.at("name").get<std::string>();
        EXPECT_LE(last, name) << "symbols out of order";
        last = name;
        // Two redacted symbols may share an address: they are two symbols whose names are not known.
        if (symbol.at("kind") == "redacted") continue;
        EXPECT_TRUE(seen.emplace(name, symbol.value("address", std::uint64_t{0})).second) << "twice: " << symbol;
    }
}

}  // namespace

void expect_same_list(std::string_view what, const std::vector<std::string>& want,
                      const std::vector<std::string>& got) {
    if (want == got) return;
    auto sorted_want = want;
    auto sorted_got = got;
    std::sort(sorted_want.begin(), sorted_want.end());
    std::sort(sorted_got.begin(), sorted_got.end());
    std::vector<std::string> missing, too_much;
    std::set_difference(sorted_want.begin(), sorted_want.end(), sorted_got.begin(), sorted_got.end(),
                        std::back_inserter(missing));
    std::set_difference(sorted_got.begin(), sorted_got.end(), sorted_want.begin(), sorted_want.end(),
                        std::back_inserter(too_much));
    std::ostringstream text;
    text << what << ": expected " << want.size() << ", found " << got.size();
    list_some(text, "missing", missing);
    list_some(text, "too much", too_much);
    if (missing.empty() && too_much.empty()) text << "\n  the same, but in another order";
    ADD_FAILURE() << text.str();
}

void expect_same_members(std::string_view what, std::vector<std::string> want, std::vector<std::string> got) {
    std::sort(want.begin(), want.end());
    std::sort(got.begin(), got.end());
    expect_same_list(what, want, got);
}

ShownImages show_all(const IndexedStore& store, const std::string& firmware, const ExpectedCache& cache) {
    ShownImages shown;
    for (const auto& [path, image] : cache.images) shown[path] = json_of(store.run({"show", firmware, path, "--json"}));
    return shown;
}

void check_image_list(const IndexedStore& store, const std::string& firmware, const ExpectedCache& cache) {
    std::vector<std::string> want, got;
    for (const auto& [path, image] : cache.images) {
        std::string line = path + " " + image.uuid + " " + image.source_version + " " + in_hex(image.address) + " ok";
        for (const auto& alias : image.aliases) line += " " + alias;
        want.push_back(line);
    }
    for (const auto& shown : json_lines_of(store.run({"images", firmware, "--json"}))) {
        std::string line = shown.at("path").get<std::string>() + " " + shown.at("uuid").get<std::string>() + " " +
                           shown.at("source_version").get<std::string>() + " " +
                           in_hex(shown.at("address").get<std::uint64_t>()) + " " +
                           shown.at("status").get<std::string>();
        auto aliases = shown.value("aliases", std::vector<std::string>{});
        std::sort(aliases.begin(), aliases.end());
        for (const auto& alias : aliases) line += " " + alias;
        EXPECT_FALSE(shown.contains("error")) << shown;
        got.push_back(line);
    }
    expect_same_members("images", want, got);
}

void check_firmware_line(const IndexedStore& store, const std::string& firmware, const ExpectedCache& cache) {
    for (const auto& line : json_lines_of(store.run({"list", "--json"}))) {
        if (line.at("name") != firmware) continue;
        EXPECT_EQ(line.at("state"), "complete");
        EXPECT_EQ(line.at("arch"), cache.arch);
        EXPECT_EQ(line.at("platform"), cache.platform);
        EXPECT_EQ(line.at("uuid"), cache.uuid);
        EXPECT_EQ(line.at("images"), cache.images.size());
        EXPECT_EQ(line.at("failed"), 0);
        EXPECT_TRUE(line.contains("source"));
        EXPECT_TRUE(line.contains("os_version"));
        return;
    }
    ADD_FAILURE() << "no firmware " << firmware << " in the list";
}

void check_identity(const Json& shown, const ExpectedImage& image, const std::string& firmware) {
    EXPECT_EQ(shown.at("firmware"), firmware);
    EXPECT_EQ(shown.at("path"), image.path);
    EXPECT_EQ(shown.at("uuid"), image.uuid);
    EXPECT_EQ(shown.at("source_version"), image.source_version);
    EXPECT_EQ(shown.at("platform"), image.platform);
    EXPECT_EQ(shown.at("min_os"), image.min_os);
    EXPECT_EQ(shown.at("sdk"), image.sdk);
    EXPECT_EQ(shown.at("arch"), image.arch);
    EXPECT_EQ(shown.at("file_type"), image.file_type);
    EXPECT_EQ(shown.at("address"), image.address);
}

void check_dependencies(const Json& shown, const ExpectedImage& image) {
    std::vector<std::string> want, got;
    for (const auto& d : image.dependencies)
        want.push_back(d.name + " " + d.kind + " " + d.current_version + " " + d.compatibility_version);
    for (const auto& d : shown.at("dependencies"))
        got.push_back(d.at("name").get<std::string>() + " " + d.at("kind").get<std::string>() + " " +
                      d.at("current_version").get<std::string>() + " " +
                      d.at("compatibility_version").get<std::string>());
    expect_same_list("dependencies", want, got);
}

void check_sections(const Json& shown, const ExpectedImage& image) {
    const Json& sections = shown.at("sections");
    std::vector<std::string> want, got;
    for (const auto& s : image.sections) want.push_back(s.segment + "," + s.section + " " + std::to_string(s.size));
    for (const auto& s : sections)
        got.push_back(s.at("segment").get<std::string>() + "," + s.at("section").get<std::string>() + " " +
                      std::to_string(s.at("size").get<std::uint64_t>()));
    expect_same_list("sections", want, got);
    if (want != got) return;

    for (std::size_t i = 0; i < sections.size(); ++i) {
        const ExpectedSection& expected = image.sections[i];
        const auto flags = sections[i].at("flags").get<std::uint32_t>();
        const auto address = sections[i].at("address").get<std::uint64_t>();
        EXPECT_EQ(sections[i].at("type"), flags & 0xFF) << want[i];
        if (expected.flags) {
            EXPECT_EQ(flags, *expected.flags) << want[i];
        }
        if (expected.address) {
            EXPECT_EQ(address, *expected.address) << want[i];
        }
        const auto segment = image.segments.find(expected.segment);
        if (segment == image.segments.end()) continue;
        EXPECT_GE(address, segment->second.begin) << want[i];
        EXPECT_LE(address + expected.size, segment->second.end) << want[i];
    }
}

void check_functions(const Json& shown, const ExpectedImage& image) {
    std::map<std::uint64_t, std::set<std::string>> names;
    for (const auto& symbol : shown.at("symbols"))
        if (has_address_of_code_or_data(symbol))
            names[symbol.at("address")].insert(symbol.at("name").get<std::string>());

    std::vector<std::string> want, got;
    for (std::size_t i = 0; i < image.function_starts.size(); ++i) {
        const std::uint64_t start = image.function_starts[i];
        const std::uint64_t size = function_size(shown.at("sections"), image.function_starts, i);
        want.push_back(in_hex(start) + " " + std::to_string(size) + (names.contains(start) ? " named" : ""));
    }
    for (const auto& function : shown.at("functions")) {
        const auto start = function.at("address").get<std::uint64_t>();
        const auto name = function.value("name", std::string());
        got.push_back(in_hex(start) + " " + std::to_string(function.at("size").get<std::uint64_t>()) +
                      (name.empty() ? "" : " named"));
        if (!name.empty()) {
            EXPECT_TRUE(names[start].contains(name)) << name << " is not the name of " << in_hex(start);
        }
    }
    expect_same_list("functions", want, got);
}

void check_exports(const Json& shown, const ExpectedImage& image) {
    expect_same_list("exports", image.exports, shown.at("exports").get<std::vector<std::string>>());
}

void check_strings(const Json& shown, const ExpectedImage& image) {
    const bool sections_known = std::all_of(image.strings.begin(), image.strings.end(),
                                            [](const ExpectedString& s) { return !s.section.empty(); });
    std::vector<std::string> want, got;
    for (const auto& s : image.strings) want.push_back(sections_known ? s.section + " " + s.value : s.value);
    for (const auto& s : shown.at("strings")) {
        const auto value = s.at("value").get<std::string>();
        got.push_back(sections_known ? s.at("section").get<std::string>() + " " + value : value);
    }
    if (sections_known) {  // rizin's facts hold every piece of a section, `show` each distinct one
        std::sort(want.begin(), want.end());
        want.erase(std::unique(want.begin(), want.end()), want.end());
    }
    expect_same_members("strings", want, got);
}

void check_form(const Json& shown) {
    check_symbols_once(shown.at("symbols"));
    std::uint64_t last_start = 0;
    for (const auto& function : shown.at("functions")) {
        EXPECT_LT(last_start, function.at("address").get<std::uint64_t>()) << "functions out of order";
        last_start = function.at("address");
    }
    std::pair<std::string, std::string> last_string;
    for (const auto& s : shown.at("strings")) {
        std::pair<std::string, std::string> string(s.at("value"), s.at("section"));
        EXPECT_LT(last_string, string) << "strings out of order, or twice";
        EXPECT_FALSE(string.first.empty());
        last_string = std::move(string);
    }
    // A symbol of the image itself lies in one of its sections.
    for (const auto& symbol : shown.at("symbols")) {
        if (!has_address_of_code_or_data(symbol)) continue;
        const auto address = symbol.at("address").get<std::uint64_t>();
        const Json& sections = shown.at("sections");
        EXPECT_TRUE(std::any_of(sections.begin(), sections.end(), [&](const Json& s) { return holds(s, address); }))
            << symbol << " lies in no section";
    }
}

}  // namespace strata::e2e
