// strata for embedders: index sources, list what is indexed, diff, show. Everything the program's main commands do.
//
// Every function opens the store it is given and closes it before returning; any number of readers may work beside one
// writer (index). Failures are thrown as strata::Failure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "strata/version.h"

namespace strata {

/// What went wrong, and how bad it is; the message names file, offset and what was expected where that is known.
class Failure : public std::runtime_error {
  public:
    enum class Kind : uint8_t {
        kUsage,  ///< unknown name, name in use for other content
        kInput,  ///< the source cannot be read as a whole
        kStore,  ///< the store is locked by another writer, damaged, or of a newer schema
    };
    Failure(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

/// A firmware in a store.
struct FirmwareInfo {
    std::string name;
    std::string arch;        ///< "arm64e"
    std::string platform;    ///< "iOS"; empty when the source does not say
    std::string os_version;  ///< "26.0.1"; empty when the source does not say
    std::string uuid;        ///< of the cache's main file
    uint64_t images = 0;
    uint64_t failed = 0;  ///< images that could not be read
    bool complete = false;
};

struct IndexRequest {
    /// A shared cache (its main file, one of its sub-caches, or its directory), a directory tree, or a binary file.
    std::filesystem::path source;
    std::string name;   ///< empty: made from what the source says about itself
    unsigned jobs = 0;  ///< threads; 0 = all cores
    std::function<void(uint64_t done, uint64_t total)> progress;  ///< called from the calling thread, once an image
    /// ELF and PE files are read by a process of its own, so that a hostile one cannot harm this one. It runs this
    /// program: an installed `strata`, or "/proc/self/exe" when main() begins with run_if_worker(). Empty: such files
    /// are failed images.
    std::filesystem::path worker_program = {};
    std::vector<std::filesystem::path> more_sources{};  ///< of the same firmware; then it must have a name
    bool extend = false;  ///< add the sources to the firmware of this name, which is there
};

/// For programs that name themselves as worker_program: call it first in main(), and return from there with what it
/// gives. Does nothing, and gives nothing, unless this process was started as a worker.
std::optional<int> run_if_worker(int argc, const char* const* argv);

/// Indexes a source, or goes on where an interrupted run stopped. Images that cannot be read are counted in `failed`.
FirmwareInfo index_source(const std::filesystem::path& store, const IndexRequest& request);

/// All firmwares, by name.
std::vector<FirmwareInfo> list_firmwares(const std::filesystem::path& store);

/// Receives output piece by piece, in order, from the calling thread.
using Write = std::function<void(std::string_view)>;

enum class Format : uint8_t { kText, kJson, kJsonLines };

/// Totals of a diff, in images.
struct DiffTotals {
    uint64_t added = 0;
    uint64_t removed = 0;
    uint64_t updated = 0;
    uint64_t rebuilt = 0;
    uint64_t unchanged = 0;
    uint64_t failed = 0;
    uint64_t moved = 0;  ///< under another path; in none of the others
};

/// How a diff is made and what of it is shown; the program's options of the same names (docs/cli.md).
struct DiffRequest {
    unsigned jobs = 0;              ///< threads; 0 = all cores
    std::string rules;              ///< switches of noise rules: "+timestamps,-blocks"
    bool no_rules = false;          ///< start from no rule instead of those that are on by default
    bool show_suppressed = false;   ///< list what the rules left out
    bool find_moves = true;         ///< false: a moved image is removed and added
    uint64_t top = 0;               ///< show only so many of the most relevant images; 0 = all
    std::vector<std::string> only;  ///< patterns of fnmatch(3) for paths; empty = all images
    std::vector<std::string> skip;
    std::string sections;  ///< parts to show, joined by commas; empty = all
};

/// Writes what changed from one firmware to another (docs/json.md has the forms). Throws Failure(kUsage) for an unknown
/// firmware, rule or part.
DiffTotals diff_firmwares(const std::filesystem::path& store, const std::string& before, const std::string& after,
                          Format format, const Write& write, const DiffRequest& request);

/// The same with what the program does by default.
DiffTotals diff_firmwares(const std::filesystem::path& store, const std::string& before, const std::string& after,
                          Format format, const Write& write, unsigned jobs = 0);

/// Writes everything known about one image, as one JSON object.
void show_image(const std::filesystem::path& store, const std::string& firmware, const std::string& image,
                const Write& write);

/// How a pattern is meant: the whole text, its beginning, a glob (* ? [a-z] [!a-z], whole text), or a regular
/// expression in RE2's syntax (any part of the text).
enum class PatternKind : uint8_t { kExact, kPrefix, kGlob, kRegex };

struct FindRequest {
    std::string pattern;
    PatternKind kind = PatternKind::kExact;
    /// Some of: images, dependencies, sections, symbols, functions, strings, imports, signature, objc, swift.
    std::vector<std::string> in{"symbols"};
    std::vector<std::string> firmwares;  ///< empty: all
    unsigned jobs = 0;                   ///< threads; 0 = all cores
};

/// One place where something was found; texts live as long as the call that is given it.
struct Found {
    std::string_view firmware;
    std::string_view image;           ///< path
    std::string_view in;              ///< as in FindRequest
    std::string_view text;            ///< the symbol, string, path, ... that matched; of a fact its name
    std::string_view kind;            ///< of a symbol or dependency: "export", "import", "weak", ...
    std::string_view from;            ///< symbol: library it is imported from; string: its section; fact: its owner
    std::string_view value;           ///< of a fact; of a re-exported symbol its name there
    std::optional<uint64_t> address;  ///< unslid
    std::optional<uint64_t> size;     ///< bytes; functions and sections
};

/// Where something is, over all firmwares. Calls `on_found` from the calling thread: firmwares in version order, images
/// by path. Memory does not grow with the number of hits or firmwares.
void find(const std::filesystem::path& store, const FindRequest& request,
          const std::function<void(const Found&)>& on_found);

/// What is at an unslid address. All addresses are unslid, sizes are bytes.
struct AddressInfo {
    uint64_t address = 0;
    std::string image;  ///< path; empty: nothing is there
    uint64_t image_address = 0;
    std::string uuid;
    std::string section;  ///< "__TEXT,__text"; empty in a mach header
    std::string symbol;   ///< nearest at or before the address in that section; empty when there is none
    uint64_t symbol_address = 0;
    std::optional<uint64_t> function_address;  ///< of the function around the address
    uint64_t function_size = 0;
};

/// Calls `on_address` for each address, in the order given, from the calling thread.
void lookup(const std::filesystem::path& store, const std::string& firmware, const std::vector<uint64_t>& addresses,
            const std::function<void(const AddressInfo&)>& on_address);

}  // namespace strata
