// Expected facts of the real caches, read from the files that stand beside them (data README: who wrote which).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness.h"

namespace strata::e2e {

struct ExpectedDependency {
    std::string name;
    std::string kind;  ///< load, weak, reexport, upward or lazy
    std::string current_version;
    std::string compatibility_version;
};

struct ExpectedSection {
    std::string segment;
    std::string section;
    std::uint64_t size = 0;
    std::optional<std::uint64_t> address;  ///< only the rizin sets say it
    std::optional<std::uint32_t> flags;    ///< the same
    std::string literal_digest;            ///< ipsw's digest of literal content; "" where it keeps none
};

/// A symbol all of whose facts are known.
struct ExpectedSymbol {
    std::string name;
    std::string kind;
    std::uint64_t address = 0;
};

struct ExpectedString {
    std::string value;
    std::string section;  ///< "" where the facts do not say it
};

/// Unslid address range [begin, end) of a segment.
struct AddressRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct ExpectedImage {
    std::string path;
    std::string uuid;
    std::string source_version;
    std::string platform;
    std::string min_os;
    std::string sdk;
    std::string arch;
    std::string file_type;
    std::uint64_t address = 0;
    std::vector<std::string> aliases;  ///< sorted
    std::vector<ExpectedDependency> dependencies;
    std::vector<ExpectedSection> sections;
    std::map<std::string, AddressRange> segments;  ///< from the builder's .map file; empty without one
    std::vector<std::string> exports;              ///< sorted
    std::vector<std::string> locals;               ///< sorted
    std::vector<std::string> imports;              ///< sorted
    std::vector<std::string> reader_symbols;       ///< every symbol name as ipsw's reader gives it, its quirk included
    std::vector<ExpectedSymbol> exact_symbols;     ///< only the rizin sets
    std::vector<std::uint64_t> function_starts;
    std::vector<ExpectedString> strings;  ///< a value once for each section that holds it
};

struct ExpectedCache {
    std::string uuid;
    std::string arch;
    std::string platform;
    std::map<std::string, ExpectedImage> images;    ///< by path; std::string compares bytewise
    std::map<std::string, std::string> main_uuids;  ///< of every main file, by file name
    bool locals_are_unmapped = false;               ///< the locals are in a .symbols file
};

/// An old and a new cache with facts for both and for the difference.
struct PairSet {
    std::string_view folder;
    std::string_view main;  ///< name of the main file
    std::string_view arch;
    std::string_view platform;
    std::string_view min_os;  ///< and SDK: all images were built for the same one
};

/// min_os is what LC_BUILD_VERSION of every image says (no facts file has it; read off the bytes once, by hand).
inline constexpr PairSet kPairSets[] = {
    {"ios-arm64-dyld1378", "dyld_shared_cache_arm64", "arm64", "iOS", "16.0.0"},
    {"macos-arm64-dyld1286", "dyld_shared_cache_arm64", "arm64", "macOS", "13.0.0"},
    {"macos-x86_64-dyld1378-split", "dyld_shared_cache_x86_64", "x86_64", "macOS", "13.0.0"},
};

inline constexpr std::string_view kRizinSets[] = {"rizin-macos11-arm64", "rizin-macos11-arm64-objc"};

/// Facts of one side ("old" or "new") of a pair. Throws std::runtime_error or nlohmann's errors on unreadable facts.
[[nodiscard]] ExpectedCache read_pair_facts(const PairSet& set, const std::filesystem::path& pair_folder,
                                            std::string_view side);

/// Facts of a rizin set.
[[nodiscard]] ExpectedCache read_rizin_facts(const std::filesystem::path& folder);

/// A symbol name as ipsw's reader gives it when it comes from a symbol table: it drops one leading `_` of a name that
/// contains a '.'. Names from a .symbols file are left as they are.
[[nodiscard]] std::string as_ipsw_reads(const std::string& name);

/// True for the exports that C++ makes weak definitions (vague linkage: template instances, statics of inline
/// functions). No facts file marks them; these are all there are in the sources of the pairs.
[[nodiscard]] bool is_weak_definition(std::string_view name);

/// Text fit for a test's name.
[[nodiscard]] std::string test_name(std::string_view text);

}  // namespace strata::e2e
