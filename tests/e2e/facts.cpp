#include "facts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <set>
#include <sstream>
#include <stdexcept>

namespace strata::e2e {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> sorted_names(const Json& names) {
    auto sorted = names.get<std::vector<std::string>>();
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

/// ipsw writes null for an empty list.
const Json& list_or_empty(const Json& value) {
    static const Json kEmpty = Json::array();
    return value.is_null() ? kEmpty : value;
}

std::uint64_t hex(const Json& text) {
    return std::stoull(text.get<std::string>(), nullptr, 16);
}

std::string dependency_kind(const std::string& load_command) {
    static const std::map<std::string, std::string> kKinds = {{"LC_LOAD_DYLIB", "load"},
                                                              {"LC_LOAD_WEAK_DYLIB", "weak"},
                                                              {"LC_REEXPORT_DYLIB", "reexport"},
                                                              {"LC_LOAD_UPWARD_DYLIB", "upward"},
                                                              {"LC_LAZY_LOAD_DYLIB", "lazy"}};
    return kKinds.at(load_command);
}

std::pair<std::string, std::string> split(const std::string& text, char separator) {
    const std::size_t at = text.find(separator);
    if (at == std::string::npos) throw std::runtime_error("facts: no " + std::string(1, separator) + " in " + text);
    return {text.substr(0, at), text.substr(at + 1)};
}

template <class T>
T little_endian_at(std::string_view bytes, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) throw std::runtime_error("facts: cache too short");
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// Path -> address from the image table of a main file with header >= 0x1C8 (imagesOffset at 0x1C0; 32-byte records
/// of address, modTime, inode, path offset). The pairs' facts files do not give addresses, so the bytes must.
std::map<std::string, std::uint64_t> image_table(const fs::path& main_file) {
    const std::string bytes = read_file(main_file);
    const auto offset = little_endian_at<std::uint32_t>(bytes, 0x1C0);
    const auto count = little_endian_at<std::uint32_t>(bytes, 0x1C4);
    std::map<std::string, std::uint64_t> addresses;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t record = offset + 32 * i;
        const auto path_offset = little_endian_at<std::uint32_t>(bytes, record + 24);
        const std::size_t end = bytes.find('\0', path_offset);
        addresses[bytes.substr(path_offset, end - path_offset)] = little_endian_at<std::uint64_t>(bytes, record);
    }
    return addresses;
}

/// Path -> segments from the builder's .map file: a path on a line of its own, then lines "__TEXT 0xA -> 0xB".
std::map<std::string, std::map<std::string, AddressRange>> segments_of_map_file(const fs::path& file) {
    std::map<std::string, std::map<std::string, AddressRange>> images;
    if (!fs::exists(file)) return images;
    std::istringstream text(read_file(file));
    std::string path;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with('/')) {
            path = line;
        } else if (line.starts_with('\t')) {
            std::istringstream fields(line);
            std::string segment, begin, arrow, end;
            fields >> segment >> begin >> arrow >> end;
            images[path][segment] = {std::stoull(begin, nullptr, 16), std::stoull(end, nullptr, 16)};
        }
    }
    return images;
}

/// The manifest's symbolic links, and what they lead to. The builder turns every path that leads to an image through
/// links into an alias of the image.
class Links {
  public:
    explicit Links(const Json& links) : links_(links.get<std::map<std::string, std::string>>()) {}

    std::string resolve(std::string path) const {
        for (bool changed = true; changed;) {
            changed = false;
            for (const auto& [link, target] : links_) {
                if (path != link && !path.starts_with(link + "/")) continue;
                const fs::path led = fs::path(link).parent_path() / target;
                path = led.lexically_normal().string() + path.substr(link.size());
                changed = true;
            }
        }
        return path;
    }

    std::vector<std::string> aliases_of(const std::string& image) const {
        std::vector<std::string> aliases;
        for (const auto& [link, target] : links_) {
            const std::string end = resolve(link);
            if (end == image) aliases.push_back(link);
            if (image.starts_with(end + "/")) aliases.push_back(link + image.substr(end.size()));
        }
        std::sort(aliases.begin(), aliases.end());
        return aliases;
    }

  private:
    std::map<std::string, std::string> links_;
};

ExpectedImage from_manifest(const Json& entry) {
    ExpectedImage image;
    image.path = entry.at("install_name");
    image.uuid = entry.at("uuid");
    image.file_type = "dylib";
    image.exports = sorted_names(entry.at("exported_symbols"));
    image.locals = sorted_names(entry.at("local_symbols"));
    image.imports = sorted_names(entry.at("undefined_symbols"));
    const Json& names = entry.at("dependencies");
    for (std::size_t i = 0; i < names.size(); ++i) {
        // The versions are the same in every LC_LOAD_DYLIB of the pairs (read off the bytes once, by hand).
        image.dependencies.push_back({names[i], dependency_kind(entry.at("dependency_kinds")[i]), "1.2.3", "1.0.0"});
    }
    for (const auto& name : entry.at("sections")) {
        const auto [segment, section] = split(name, ',');
        image.sections.push_back({segment, section, entry.at("section_sizes").at(name.get<std::string>()), {}, {}, ""});
    }
    return image;
}

/// What only ipsw's reader saw. Where manifest and reader both know a fact they must agree, or the facts are broken.
void add_reader_facts(ExpectedImage& image, const Json& seen) {
    if (seen.at("uuid") != image.uuid) throw std::runtime_error("facts disagree on the uuid of " + image.path);
    image.source_version = seen.at("version");
    image.function_starts = list_or_empty(seen.at("starts")).get<std::vector<std::uint64_t>>();
    image.reader_symbols = sorted_names(list_or_empty(seen.at("symbols")));
    for (const auto& value : list_or_empty(seen.at("cstrings"))) image.strings.push_back({value, ""});
    const Json& sections = seen.at("sections");
    if (sections.size() != image.sections.size()) throw std::runtime_error("facts disagree on sections: " + image.path);
    for (std::size_t i = 0; i < sections.size(); ++i) {
        ExpectedSection& section = image.sections[i];
        if (sections[i].at("name") != section.segment + "." + section.section || sections[i].at("size") != section.size)
            throw std::runtime_error("facts disagree on sections: " + image.path);
        section.literal_digest = sections[i].value("hash", "");
    }
}

ExpectedSection rizin_section(const Json& entry) {
    return {entry.at("seg"),
            entry.at("sect"),
            entry.at("size"),
            hex(entry.at("addr")),
            static_cast<std::uint32_t>(hex(entry.at("flags"))),
            ""};
}

/// All symbols of these sets are external. The symbol table and the trie hold the same, but for two absolute symbols
/// (trie flags 2) that only the trie has; what both have with one name and address is one symbol.
std::vector<ExpectedSymbol> rizin_symbols(const Json& entry) {
    std::vector<ExpectedSymbol> symbols;
    std::set<std::pair<std::string, std::uint64_t>> seen;
    for (const auto& e : entry.at("exports")) {
        symbols.push_back({e.at("name"), hex(e.at("flags")) == 2 ? "absolute" : "export", hex(e.at("address"))});
        seen.emplace(symbols.back().name, symbols.back().address);
    }
    for (const auto& n : entry.at("nlist")) {
        if (n.at("kind") != "Se") throw std::runtime_error("facts: a symbol that is not a defined external one");
        if (seen.emplace(n.at("name"), hex(n.at("value"))).second)
            symbols.push_back({n.at("name"), "export", hex(n.at("value"))});
    }
    return symbols;
}

ExpectedImage from_rizin(const Json& entry) {
    static const std::map<int, std::string> kFileTypes = {{6, "dylib"}, {7, "dylinker"}};
    static const std::map<int, std::string> kPlatforms = {{1, "macOS"}, {2, "iOS"}};
    ExpectedImage image;
    image.path = entry.at("path");
    image.uuid = entry.at("uuid");
    image.address = hex(entry.at("address"));
    image.source_version = entry.at("source_version");
    image.file_type = kFileTypes.at(entry.at("mach_header").at("filetype"));
    const Json& built_for = entry.at("build_versions").at(0);
    image.platform = kPlatforms.at(built_for.at("platform"));
    image.min_os = built_for.at("minos");
    image.sdk = built_for.at("sdk");
    for (const auto& d : entry.at("dependencies"))
        image.dependencies.push_back({d.at("path"), dependency_kind(d.at("kind")), d.at("current"), d.at("compat")});
    for (const auto& s : entry.at("sections")) image.sections.push_back(rizin_section(s));
    image.exports = entry.at("export_names_sorted").get<std::vector<std::string>>();
    image.exact_symbols = rizin_symbols(entry);
    for (const auto& start : entry.at("function_starts")) image.function_starts.push_back(hex(start));
    for (const auto& [section, pieces] : entry.at("cstrings_by_section").items())
        for (const auto& piece : pieces) image.strings.push_back({piece.at(1), section});
    return image;
}

}  // namespace

ExpectedCache read_pair_facts(const PairSet& set, const fs::path& pair_folder, std::string_view side) {
    const fs::path folder = pair_folder / side;
    const Json manifest = Json::parse(read_file(folder / "MANIFEST.json"));
    ExpectedCache cache;
    cache.arch = set.arch;
    cache.platform = set.platform;
    for (const auto& [main, facts] : manifest.at("cache").items()) cache.main_uuids[main] = facts.at("uuid");
    cache.uuid = cache.main_uuids.at(std::string(set.main));
    for (const auto& file : manifest.at("files"))
        cache.locals_are_unmapped |= file.at("name").get<std::string>().ends_with(".symbols");

    const Links links(manifest.at("symlinks"));
    const auto addresses = image_table(folder / set.main);
    const auto segments = segments_of_map_file(folder / (std::string(set.main) + ".map"));
    std::map<std::string, Json> reader;
    for (const auto& line : parse_lines(read_file(pair_folder / (std::string(side) + ".facts.jsonl"))))
        reader[line.at("image")] = line;
    for (const auto& entry : manifest.at("images")) {
        ExpectedImage image = from_manifest(entry);
        image.arch = set.arch;
        image.platform = set.platform;
        image.min_os = image.sdk = set.min_os;
        image.address = addresses.at(image.path);
        image.aliases = links.aliases_of(image.path);
        if (!segments.empty()) image.segments = segments.at(image.path);
        add_reader_facts(image, reader.at(image.path));
        cache.images[image.path] = std::move(image);
    }
    if (reader.size() != cache.images.size() || addresses.size() != cache.images.size())
        throw std::runtime_error("facts disagree on the images of " + folder.string());
    return cache;
}

ExpectedCache read_rizin_facts(const fs::path& folder) {
    const Json facts = Json::parse(read_file(folder / "expected.json"));
    ExpectedCache cache;
    cache.uuid = facts.at("header").at("uuid");
    cache.arch = facts.at("arch");
    cache.platform = "macOS";
    std::vector<std::string> paths;
    for (const auto& entry : facts.at("images")) {
        ExpectedImage image = from_rizin(entry);
        image.arch = cache.arch;
        paths.push_back(image.path);
        cache.images[image.path] = std::move(image);
    }
    // [name, index of the image]: a name that is not the image's own path is an alias.
    for (const auto& entry : facts.at("dylibsTrie")) {
        const std::string& path = paths.at(entry.at(1).get<std::size_t>());
        if (entry.at(0) != path) cache.images[path].aliases.push_back(entry.at(0));
    }
    for (auto& [path, image] : cache.images) std::sort(image.aliases.begin(), image.aliases.end());
    return cache;
}

std::string as_ipsw_reads(const std::string& name) {
    return name.starts_with('_') && name.find('.') != std::string::npos ? name.substr(1) : name;
}

bool is_weak_definition(std::string_view name) {
    constexpr std::array<std::string_view, 3> kPrefixes = {"__ZN3zoo4tmaxI", "__ZNSt3__13vecI",
                                                           "__ZZN6shapes11weak_inlineEiE"};
    return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) { return name.starts_with(prefix); });
}

std::string test_name(std::string_view text) {
    std::string name(text);
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return name;
}

}  // namespace strata::e2e
