// strata for embedders: index sources, list what is indexed, diff, show. Everything the program's main commands do.
//
// Every function opens the store it is given and closes it before returning; any number of readers may work beside one
// writer (index). Failures are thrown as strata::Failure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
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
    std::filesystem::path source;  ///< a cache's main file, one of its sub-caches, or its directory
    std::string name;              ///< empty: made from what the source says about itself
    unsigned jobs = 0;             ///< threads; 0 = all cores
    std::function<void(uint64_t done, uint64_t total)> progress;  ///< called from the calling thread, once an image
};

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

}  // namespace strata
