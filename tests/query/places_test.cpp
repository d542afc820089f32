// lookup and symbolicate: addresses, against a search through `show --json`.
#include <algorithm>
#include <optional>
#include <sstream>

#include "brute_force.h"

namespace strata::query {
namespace {

constexpr uint64_t kSlide = 0x7340000;

class Places : public OnFacts {
  protected:
    const std::map<std::string, Json>& images() const { return facts().shown.at("1.0"); }

    /// Some addresses of each image: symbols, behind them, section ends, the header, and far outside.
    std::vector<uint64_t> addresses() const {
        std::vector<uint64_t> found{0, 1, UINT64_MAX};
        for (const auto& [path, shown] : images()) {
            found.push_back(shown.at("address").get<uint64_t>() + 8);
            size_t at = 0;
            for (const auto& symbol : shown.at("symbols"))
                if (symbol.contains("address") && at++ % 17 == 0) {
                    found.push_back(symbol.at("address"));
                    found.push_back(symbol.at("address").get<uint64_t>() + 5);
                }
            for (const auto& section : shown.at("sections")) {
                const auto end = section.at("address").get<uint64_t>() + section.at("size").get<uint64_t>();
                found.push_back(end - 1);
            }
        }
        return found;
    }

    struct Expected {
        std::string path;
        Json section;
    };

    std::optional<Expected> section_around(uint64_t address) const {
        for (const auto& [path, shown] : images())
            for (const auto& section : shown.at("sections")) {
                const auto begin = section.at("address").get<uint64_t>();
                if (address >= begin && address - begin < section.at("size").get<uint64_t>())
                    return Expected{path, section};
            }
        return std::nullopt;
    }

    void check(const Json& line, uint64_t address) const {
        const auto want = section_around(address);
        if (!want) {
            EXPECT_FALSE(line.contains("section")) << line;
            return;
        }
        ASSERT_TRUE(line.at("found").get<bool>()) << std::hex << address;
        EXPECT_EQ(line.at("image"), want->path);
        const Json& shown = images().at(want->path);
        EXPECT_EQ(line.at("uuid"), shown.at("uuid"));
        EXPECT_EQ(line.at("section"), want->section.at("segment").get<std::string>() + "," +
                                          want->section.at("section").get<std::string>());
        EXPECT_EQ(line.at("section_offset"), address - want->section.at("address").get<uint64_t>());
        check_symbol(line, address, shown, want->section);
        check_function(line, address, shown);
    }

    static void check_symbol(const Json& line, uint64_t address, const Json& shown, const Json& section) {
        const auto begin = section.at("address").get<uint64_t>();
        std::optional<std::tuple<uint64_t, bool, std::string>> best;  // address, not exported, name
        for (const auto& symbol : shown.at("symbols")) {
            const auto kind = symbol.at("kind").get<std::string>();
            if (!symbol.contains("address") || kind == "import" || kind == "reexport" || kind == "redacted") continue;
            const auto at = symbol.at("address").get<uint64_t>();
            if (at < begin || at > address || at >= begin + section.at("size").get<uint64_t>()) continue;
            const std::tuple candidate(at, !symbol.value("exported", false), symbol.at("name").get<std::string>());
            if (!best || at > std::get<0>(*best) || (at == std::get<0>(*best) && candidate < *best)) best = candidate;
        }
        ASSERT_EQ(line.contains("symbol"), best.has_value()) << line;
        if (!best) return;
        EXPECT_EQ(line.at("symbol"), std::get<2>(*best)) << line;
        EXPECT_EQ(line.at("symbol_offset"), address - std::get<0>(*best));
    }

    static void check_function(const Json& line, uint64_t address, const Json& shown) {
        for (const auto& function : shown.at("functions")) {
            const auto begin = function.at("address").get<uint64_t>();
            if (address < begin || address - begin >= function.at("size").get<uint64_t>()) continue;
            EXPECT_EQ(line.at("function_address"), begin);
            EXPECT_EQ(line.at("function_size"), function.at("size"));
            return;
        }
        EXPECT_FALSE(line.contains("function_address")) << line;
    }
};

TEST_P(Places, Lookup) {
    const auto asked = addresses();
    std::string input;
    for (const uint64_t address : asked) input += std::to_string(address + kSlide) + "\n";
    const auto lines =
        e2e::json_lines_of(facts().run_with_input({"lookup", "1.0", "--slide", "0x7340000", "--json"}, input));
    ASSERT_EQ(lines.size(), asked.size());
    for (size_t i = 0; i < asked.size(); ++i) {
        EXPECT_EQ(lines[i].at("address"), asked[i]);
        EXPECT_EQ(lines[i].at("given"), asked[i] + kSlide);
        check(lines[i], asked[i]);
    }
    const auto single = facts().lines({"lookup", "1.0", std::to_string(asked[5]), "--json"});
    ASSERT_EQ(single.size(), 1U);
    check(single[0], asked[5]);
    const auto& [path, shown] = *images().rbegin();
    const auto in_image = facts().lines({"lookup", "1.0", "--image", path, "+8", "0", "--json"});
    ASSERT_EQ(in_image.size(), 2U);
    EXPECT_EQ(in_image[0].at("image"), path);
    EXPECT_EQ(in_image[0].at("address"), shown.at("address").get<uint64_t>() + 8);
    EXPECT_FALSE(in_image[1].at("found").get<bool>());
    EXPECT_EQ(facts().store.run({"lookup", "1.0", "--image", "no-such-image", "0"}).exit_code, 2);
}

TEST_P(Places, LookupByUuid) {
    for (const auto& [path, shown] : images()) {
        if (facts().shown.at("1.0b1").contains(path)) continue;  // only in the newer one: found there
        const auto lines = facts().lines({"lookup", "--uuid", shown.at("uuid"), "+16", "--json"});
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_EQ(lines[0].at("firmware"), "1.0");
        EXPECT_EQ(lines[0].at("image"), path);
        EXPECT_EQ(lines[0].at("image_offset"), 16U);
    }
    EXPECT_EQ(facts().store.run({"lookup", "--uuid", "00000000-0000-0000-0000-000000000001", "+0"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"lookup", "--uuid", "nonsense", "+0"}).exit_code, 2);
}

/// Frames at symbols of all images, in both forms of a report; what comes out must name them.
TEST_P(Places, Symbolicate) {
    std::ostringstream crash;
    std::ostringstream binaries;
    std::ostringstream frames;
    std::ostringstream used;
    std::vector<std::pair<uint64_t, std::string>> wanted;
    size_t index = 0;
    for (const auto& [path, shown] : images()) {
        const auto base = shown.at("address").get<uint64_t>();
        const auto name = path.substr(path.rfind('/') + 1);
        binaries << "0x" << std::hex << base + kSlide << " - 0x" << base + kSlide + 0xffff << std::dec << " " << name
                 << " arm64  <" << shown.at("uuid").get<std::string>() << "> " << path << "\n";
        used << (index == 0 ? "" : ",") << "{\"uuid\":" << shown.at("uuid") << ",\"base\":" << base + kSlide
             << ",\"size\":65536,\"name\":\"" << name << "\"}";
        size_t at = 0;
        for (const auto& function : shown.at("functions")) {
            if (!function.contains("name") || at++ % 40 != 3) continue;
            const auto address = function.at("address").get<uint64_t>();
            if (function.at("size").get<uint64_t>() < 8 || address - base > 0xffff) continue;
            crash << wanted.size() + 1 << "   " << name << "  0x" << std::hex << address + 4 + kSlide << " 0x"
                  << base + kSlide << std::dec << " + " << address + 4 - base << "\n";
            frames << (wanted.empty() ? "" : ",") << "{\"imageOffset\":" << address + 4 - base
                   << ",\"imageIndex\":" << index << "}";
            wanted.emplace_back(address, function.at("name").get<std::string>());
        }
        ++index;
    }
    ASSERT_GT(wanted.size(), 5U);
    const auto text =
        facts().run_with_input({"symbolicate", "1.0"}, crash.str() + "\nBinary Images:\n" + binaries.str());
    ASSERT_EQ(text.exit_code, 0) << e2e::describe(text);
    const auto ips =
        facts().run_with_input({"symbolicate", "1.0"}, "{\"bug_type\":\"309\"}\n{\"threads\":[{\"frames\":[" +
                                                           frames.str() + "]}],\"usedImages\":[" + used.str() + "]}\n");
    ASSERT_EQ(ips.exit_code, 0) << e2e::describe(ips);
    const auto body = Json::parse(ips.out.substr(ips.out.find('\n')));
    std::istringstream lines(text.out);
    size_t at = 0;
    for (const auto& [address, name] : wanted) {
        std::string line;
        std::getline(lines, line);
        EXPECT_TRUE(line.ends_with(" " + name + " + 4")) << line << " wants " << name;
        const auto& frame = body.at("threads")[0].at("frames")[at++];
        EXPECT_EQ(frame.at("symbol"), name);
        EXPECT_EQ(frame.at("symbolLocation"), 4U);
    }
}

TEST_P(Places, WrongUsage) {
    EXPECT_EQ(facts().store.run({"lookup", "1.0", "nonsense"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"lookup"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"find", "--regex", "("}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"find", "x", "--in", "nowhere"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"find", "x", "--firmware", "9.9"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"find", "x", "--exact", "--glob"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"symbols", "1.0", "no-such-image"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"symbols", "1.0", "--kind", "odd"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"who", "x"}).exit_code, 2) << "two firmwares: which one?";
    EXPECT_EQ(facts().store.run({"history", "x", "--order", "9.9"}).exit_code, 2);
    EXPECT_EQ(facts().store.run({"find", "nothing has this name"}).exit_code, 0);
    for (const char* command : {"symbols", "find", "history", "matrix", "lookup", "symbolicate", "who", "similar"}) {
        const auto help = e2e::run_strata({command, "--help"});
        EXPECT_EQ(help.exit_code, 0);
        EXPECT_NE(help.out.find("Examples:"), std::string::npos) << command;
    }
}

INSTANTIATE_TEST_SUITE_P(Sources, Places, ::testing::ValuesIn(all_sources()), source_name);

}  // namespace
}  // namespace strata::query
